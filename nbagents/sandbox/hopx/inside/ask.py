"""ask.py ID SECONDS: have a program run once, wait for it, and say how it stands.

Whoever asks may ask twice, because a library sends a request again when the answer got
lost. The first to make the folder of the program starts it, under a watch that goes on
by itself; everybody else waits for what comes of it.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def asked(folder: Path, seconds: float) -> str:
    """Return "done", "running" after so many seconds, or "lost"."""
    try:
        folder.mkdir()
    except FileExistsError:
        pass
    else:
        start(folder)
    until = time.monotonic() + seconds
    state = standing(folder)
    while state == "running" and time.monotonic() < until:
        time.sleep(0.02)
        state = standing(folder)
    return state


def start(folder: Path) -> None:
    """Start the watch, which outlives whoever started it."""
    # The lock is on the open file, which the watch inherits: it is free when the watch
    # is dead, whatever killed it. Its name comes last, so nobody sees it unlocked.
    unnamed = folder / "lock.new"
    lock = os.open(unnamed, os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    null = subprocess.DEVNULL
    command = [sys.executable, "-S", str(HERE / "watch.py"), folder.name]
    subprocess.Popen(
        command,
        stdin=null,
        stdout=null,
        stderr=null,
        pass_fds=[lock],
        start_new_session=True,
    )
    os.close(lock)
    unnamed.rename(folder / "lock")


def standing(folder: Path) -> str:
    """Return how the program stands now."""
    lost = not held(folder / "lock")  # Looked at first: it may end in between.
    if (folder / "outcome.json").exists():
        return "done"
    return "lost" if lost else "running"


def held(path: Path) -> bool:
    """Return whether the watch lives, or is about to."""
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:  # Locked, or not there yet.
        return True
    return False


if __name__ == "__main__":
    said = asked(HERE / sys.argv[1], float(sys.argv[2]))
    sys.stdout.write(json.dumps({"state": said}) + "\n")
