"""What others print while a table is kept current in a terminal: it stands above it."""

import io
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO


class Beside:
    """Has what is printed meanwhile stand on lines of its own."""

    def __init__(
        self, stream: TextIO, make_room: Callable[[], None], lock: threading.RLock
    ) -> None:
        """Be ready.

        Args:
            stream: The terminal.
            make_room: Takes the table away.
            lock: Held while anybody writes.
        """
        self._stream = stream
        self._make_room = make_room
        self._lock = lock
        self._replaced: dict[str, tuple[Any, Any]] = {}

    def begin(self) -> None:
        """Stand between the terminal and what prints to it."""
        for name in ("stdout", "stderr"):
            real = getattr(sys, name)
            if real is self._stream or _is_terminal(real):
                ours = _Passing(real, self._make_room, self._lock)
                self._replaced[name] = (real, ours)
                setattr(sys, name, ours)

    def end(self) -> None:
        """Stand there no more; what somebody else put there since stays."""
        for name, (real, ours) in self._replaced.items():
            ours.end_line()
            if getattr(sys, name) is ours:
                setattr(sys, name, real)
            ours.is_over = True
        self._replaced = {}


class _Passing(io.TextIOBase):
    """Passes everything on to a stream, once there is room."""

    def __init__(
        self, real: Any, make_room: Callable[[], None], lock: threading.RLock
    ) -> None:
        self.is_over = False
        self._real = real
        self._make_room = make_room
        self._lock = lock
        self._kept = ""

    def write(self, text: str) -> int:
        """Write whole lines at once; the beginning of one waits for its end."""
        if self.is_over:
            return int(self._real.write(text))
        with self._lock:
            lines, newline, rest = (self._kept + text).rpartition("\n")
            self._kept = rest
            if newline:
                self._pass(lines + newline)
        return len(text)

    def end_line(self) -> None:
        """Write what is left of a line."""
        with self._lock:
            if self._kept:
                self._pass(self._kept + "\n")
                self._kept = ""

    def flush(self) -> None:
        """Flush what has been passed on."""
        self._real.flush()

    def isatty(self) -> bool:
        """Return what the stream says."""
        return bool(self._real.isatty())

    def fileno(self) -> int:
        """Return that of the stream."""
        return int(self._real.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def _pass(self, text: str) -> None:
        self._make_room()
        self._real.write(text)
        self._real.flush()


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False
