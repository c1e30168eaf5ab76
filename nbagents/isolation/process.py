"""A process with a group of its own: started, killed and reaped, each once."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

_NO_PROCESSES = ("emscripten", "wasi")


StartedProcess = subprocess.Popen[bytes]


class StoppedError(Exception):
    """The process was to be killed before it was started."""


def missing() -> str | None:
    """Return why processes cannot be had on this system; `None` where they can."""
    if sys.platform in _NO_PROCESSES:
        return "Python in a browser has no processes"
    if os.name != "posix":
        return "it takes process groups, which Linux and macOS have"
    if not sys.executable:
        return "this interpreter does not say where its program is"
    return None


class ChildProcess:
    """One process and whatever it starts. Safe to be killed from any thread."""

    def __init__(self) -> None:
        # Between reaping and killing: a number that was reaped may belong to another.
        self._lock = threading.Lock()
        self._popen: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def start(self, command: Sequence[str], keep: Sequence[int]) -> StartedProcess:
        """Start it, with these file descriptors, and return it.

        Raises:
            StoppedError: It was killed before.
            OSError: The system starts no more processes.
        """
        with self._lock:
            if self._stopped:
                raise StoppedError
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                pass_fds=keep,
                start_new_session=True,
            )
            return self._popen

    def kill(self) -> None:
        """Kill it and all that it has started, or never start it."""
        with self._lock:
            self._stopped = True
            if self._popen is not None and self._popen.returncode is None:
                _kill_family(self._popen.pid)

    def ended(self) -> bool:
        """Return whether it has ended; if so it is reaped, and its group killed."""
        with self._lock:
            if self._popen is None or self._popen.returncode is not None:
                return True
            if self._popen.poll() is None:
                return False
            # The number of a group is not given away while somebody is in it, and
            # when nobody is, not so soon.
            _kill_group(self._popen.pid)
            return True

    def watch(self) -> int:
        """Return a file descriptor that can be read when it has ended (Linux)."""
        if self._popen is None:
            raise StoppedError
        return os.pidfd_open(self._popen.pid)

    def finish(self) -> int | None:
        """Kill what is left of it, reap it, and return what it ended with."""
        self.kill()
        if self._popen is None:
            return None
        return self._popen.wait()


def _kill_family(pid: int) -> None:
    """Kill a process, its group, and those of its children that left the group."""
    import psutil

    children: list[psutil.Process] = []
    with suppress(psutil.Error):
        children = psutil.Process(pid).children(recursive=True)
    _kill_group(pid)
    for child in children:
        with suppress(psutil.Error):
            child.kill()


def _kill_group(pid: int) -> None:
    # macOS says of a group of which only zombies are left that it is not allowed.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
