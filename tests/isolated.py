"""Agents for the tests of isolation: in a module that the other process can import."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def told(folder: Path, *numbers: int) -> None:
    """Leave the numbers of processes where the test finds them, whole or not at all."""
    draft = folder / "draft"
    draft.write_text(" ".join(map(str, numbers)))
    draft.rename(folder / "pids")


def forever(task: str, context: dict[str, Any]) -> None:
    """Never end; tell the test that it has begun by way of the folder in `task`."""
    told(Path(task), os.getpid())
    while True:
        time.sleep(60)


def with_family(task: str, context: dict[str, Any]) -> None:
    """Never end, with a child in the group and one that has left it."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    near = subprocess.Popen(command)
    far = subprocess.Popen(command, start_new_session=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    told(Path(task), os.getpid(), near.pid, far.pid)
    while True:
        time.sleep(60)


def leaves_a_child(task: str, context: dict[str, Any]) -> int:
    """Return the number of a process that goes on and holds the streams open."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    return subprocess.Popen(command).pid


def slices(task: str, context: dict[str, Any]) -> str:
    """Sleep for as many seconds as `task` says."""
    end = time.monotonic() + float(task)
    while time.monotonic() < end:
        time.sleep(0.01)
    return task
