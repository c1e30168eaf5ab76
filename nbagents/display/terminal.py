"""A run in a terminal: its table, kept current in place until the run stops.

Where nothing can be written in place (a file, a pipe, a dumb terminal) the table is
written once. All text comes from `plain`, in which no control character is left: the
only escape sequences are those made here.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol, TextIO

from nbagents.display import look, plain, safe
from nbagents.display.source import Source, look_at
from nbagents.display.terminal_output import Beside
from nbagents.engine import events as e
from nbagents.engine.lifecycle import STOPPED_RUN

log = logging.getLogger("nbagents")

INTERVAL = 0.1
"""Seconds from one table to the next, at least."""

_TICK = 0.5  # seconds after which times are written anew, though nothing happened
_USUAL = os.terminal_size((80, 24))
_HEAD = 6  # lines that are no rows of tasks, and one below them, at most
_LEAST = 3  # rows
# The usual eight colours, which each terminal has tuned to its own ground.
_CODES = {
    "failed": 31,
    "completed": 32,
    "paused": 33,
    "stale": 33,
    "running": 34,
    "skipped": 35,
}
_COLOURS = {
    how.symbol: f"\x1b[{_CODES[how.label]}m{how.symbol}\x1b[0m"
    for how in (*look.TASK.values(), *look.RUN.values())
    if how.label in _CODES
}


class View(Protocol):
    """What `Run` completes when it has stopped."""

    def refresh(self) -> None:
        """Write the last table, if that is still to be done."""


def show(run: Source, stream: TextIO | None = None) -> View | None:
    """Write the table of `run` to a terminal, and keep it current until `run` stops.

    Args:
        run: The run.
        stream: Where to; `None` is the standard output of now.

    Returns:
        What keeps it current; `None` where it was written once.
    """
    for other in _SHOWN[:]:
        other.end()  # Two tables cannot both be the last thing in a terminal.
    _SHOWN.clear()
    to = sys.stdout if stream is None else stream
    if not _can_go_back(to):
        _write(to, plain.lines(look_at(run)) + "\n")
        return None
    screen = Screen(run, to)
    _SHOWN.append(screen)
    screen.begin()
    return screen


class Screen:
    """The table of one run in a terminal."""

    def __init__(self, run: Source, stream: TextIO) -> None:
        self._run = run
        self._stream = stream
        self._news, self._ended = threading.Event(), threading.Event()
        self._lock = threading.RLock()
        self._drawn: list[str] = []
        self._coloured = not os.environ.get("NO_COLOR")
        self._beside = Beside(stream, self._make_room, self._lock)

    def begin(self) -> None:
        """Write the first table; where the run is running, more will follow."""
        unsubscribe = self._run.subscribe(self._hear)
        with self._lock:
            if self._run.state.status in STOPPED_RUN:
                self.end()
                unsubscribe()
                return
            self._beside.begin()
            self._draw()
        args = (unsubscribe,)
        name = "nbagents-terminal"
        threading.Thread(target=self._keep, args=args, name=name, daemon=True).start()

    def refresh(self) -> None:
        """Write the last table, if that is still to be done."""
        if self._run.state.status in STOPPED_RUN:
            self.end()

    def end(self) -> None:
        """Write the table as it is now, and no other one after it."""
        with self._lock:
            if not self._ended.is_set():
                self._leave()
                self._draw(last=True)

    def _hear(self, _: e.Event) -> None:
        # On the engine's thread, which must not wait for a terminal.
        self._news.set()

    def _keep(self, unsubscribe: Callable[[], None]) -> None:
        try:
            while not self._ended.wait(INTERVAL):
                self._news.wait(_TICK)
                self._news.clear()
                if self._run.state.status in STOPPED_RUN:
                    self.end()
                else:
                    self._draw()
        except Exception:
            log.exception("run %s could not be shown", self._run.id)
            self._leave()
        finally:
            unsubscribe()

    def _leave(self) -> None:
        with self._lock:
            self._ended.set()
            self._beside.end()
        self._news.set()

    def _draw(self, *, last: bool = False) -> None:
        size = _size(self._stream)
        # The last one may be longer than the screen: nobody goes back in it any more.
        rows = plain.MOST_LINES if last else size.lines - _HEAD
        lines = _lines(self._run, max(_LEAST, rows), size.columns - 1)
        with self._lock:
            if lines == self._drawn or (self._ended.is_set() and not last):
                return
            back = _back(self._drawn, size.columns)
            fresh = "".join(f"{self._painted(line)}\x1b[K\n" for line in lines)
            self._drawn = lines
            _write(self._stream, f"{back}{fresh}\x1b[J")

    def _make_room(self) -> None:
        """Take the table away: somebody else writes, and it comes again below that."""
        with self._lock:
            back = _back(self._drawn, _size(self._stream).columns)
            self._drawn = []
            self._news.set()
            _write(self._stream, f"{back}\x1b[J")

    def _painted(self, line: str) -> str:
        painted = _COLOURS.get(line[:1]) if self._coloured else None
        return line if painted is None else painted + line[1:]


_SHOWN: list[Screen] = []
"""The table that is kept current, or was last; one at most."""


def _lines(run: Source, rows: int, columns: int) -> list[str]:
    said = plain.lines(look_at(run), min(rows, plain.MOST_LINES)).splitlines()
    if safe.columns(said[0]) > columns:
        # How far it is says more than its id.
        said[0] = said[0].split(" · ", 1)[-1]
    return [_fitted(line, columns) for line in said]


def _fitted(line: str, most: int) -> str:
    """Return `line` as far as it fits into `most` columns, its blanks as they are."""
    if safe.columns(line) <= most:
        return line
    taken, width = [], 1  # of the ellipsis
    for character in line:
        width += safe.columns(character)
        if width > most:
            break
        taken.append(character)
    return "".join(taken) + safe.ELLIPSIS


def _back(drawn: list[str], columns: int) -> str:
    """Return what brings the cursor to the first line of what was drawn."""
    # A terminal that was made narrower has broken lines, each into several.
    rows = sum(max(1, -(-safe.columns(line) // columns)) for line in drawn)
    return f"\x1b[{rows}A\r" if rows else ""


def _can_go_back(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal in which the cursor can go up."""
    try:
        is_terminal = stream.isatty()
    except (AttributeError, ValueError):  # one of somebody's own, or a closed one
        return False
    old = os.name == "nt" and "WT_SESSION" not in os.environ
    return is_terminal and os.environ.get("TERM", "") not in {"dumb", ""} and not old


def _size(stream: TextIO) -> os.terminal_size:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return _USUAL
    return size if size.columns > 1 and size.lines > 1 else _USUAL


def _write(stream: TextIO, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
