"""The process that serves the model of one file."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from nbagents.errors import ModelError
from nbagents.models.local import trouble

CONTEXT = 8192
"""Tokens that a prompt and its answer may have together, where the model can so many.

Memory for them is taken at the start: of a model with 7 billion parameters 1 GB, while
what it was trained with, often 128,000, would take 16.
"""

_CACHE_MIB = 512  # What was read of earlier prompts; by default up to 8 GB.
_SECONDS_TO_END = 5.0
_PROGRAM = Path(__file__).with_name("inside.py")


class Host:
    """A process that is started by the first who asks, and again where it has died.

    Safe on any thread.

    Attributes:
        path: The file.
        key: What it asks of whoever asks it.
        holders: How many use it; counted by `hosts`.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.key = secrets.token_urlsafe(24)
        self.holders = 0
        self._name = name
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._address = ""
        self._is_over = False

    def ready(self) -> str:
        """Return where it answers, or `""` where it is to be started first."""
        process = self._process
        runs = process is not None and process.poll() is None
        return self._address if runs else ""

    def address(self) -> str:
        """Return where it answers, as soon as the model is loaded.

        Raises:
            ModelError: It cannot be loaded.
        """
        with self._starting:
            if not (address := self.ready()):
                self._clear()
                address = self._address = self._started()
            return address

    def died(self) -> ModelError | None:
        """Return that its process has ended by itself, if it has; waits for that."""
        process = self._process
        if process is None or self._is_over:
            return None
        try:
            # Its connections break a moment before it is known to have ended.
            code = process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return None
        return trouble.died(self.path, code, self._logged())

    def stop(self) -> None:
        """End the process, also one that still loads, and wait until it has ended."""
        self._is_over = True
        if self._process is not None:
            self._process.kill()
        with self._starting:
            self._clear()

    def _started(self) -> str:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_clear`
        process = self._process = subprocess.Popen(
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        if self._is_over:  # `stop` came before there was anything to kill.
            process.kill()
        told = self._told(process)
        if "address" in told:
            return str(told["address"])
        process.kill()
        code, log = process.wait(), self._logged()
        self._clear()
        raise trouble.not_loaded(self.path, told.get("error"), code, log)

    def _told(self, process: "subprocess.Popen[bytes]") -> dict[str, Any]:
        """Return what the process says when it is ready; nothing where it has died."""
        assert process.stdin is not None  # noqa: S101 - for mypy
        assert process.stdout is not None  # noqa: S101
        with suppress(OSError, ValueError):
            process.stdin.write(json.dumps(self._orders()).encode() + b"\n")
            process.stdin.flush()
            told = json.loads(process.stdout.readline())
            return told if isinstance(told, dict) else {}
        return {}

    def _orders(self) -> dict[str, Any]:
        return {
            "path": sys.path,
            "file": str(self.path),
            "name": self._name,
            "key": self.key,
            "context": CONTEXT,
            "cache": _CACHE_MIB,
            "threads": max(1, _cores() - 1),  # One is left for the notebook.
        }

    def _logged(self) -> str:
        if self._log is None or self._log.closed:
            return ""
        with suppress(OSError, ValueError):
            self._log.seek(0)
            return self._log.read().decode(errors="replace")
        return ""

    def _clear(self) -> None:
        """Let go of what a process has left, and of the process."""
        process, self._process, self._address = self._process, None, ""
        if process is not None:
            process.kill()
            process.wait()
        held = [] if process is None else [process.stdin, process.stdout]
        for each in (*held, self._log):
            if each is not None:
                with suppress(OSError):  # The other end of the pipe is gone.
                    each.close()


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
