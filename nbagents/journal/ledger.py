"""The ledger: writes the records of one run, for as long as it holds the run."""

import atexit
import os
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nbagents.errors import JournalDamagedError, JournalWriteError
from nbagents.journal import claims, database, records, schema, summary
from nbagents.journal.chain import Link
from nbagents.journal.summary import Summary
from nbagents.journal.values import Redact, unchanged

if TYPE_CHECKING:
    from sqlite3 import Connection

_NO_TIME = 0.5
"""Seconds to wait when a claim is given back: an exit is not to take longer."""


class Ledger:
    """Writes the records of one run, one transaction at a time.

    A write that fails has stored nothing, and can be tried again. It may be used from
    any thread, but not from a process that was forked off.

    Attributes:
        run: Id of the run.
        path: The file of the journal.
    """

    def __init__(
        self, path: Path, end: Link, line: "Line", redact: Redact = unchanged
    ) -> None:
        self.run = end.run
        self.path = path
        self._end = end
        self._line = line
        self._redact = redact
        self._lock = threading.Lock()
        # Python may collect it in the middle of a transaction of somebody else.
        self._let_go = weakref.finalize(self, line.abandon)
        self._let_go.atexit = False
        _OPEN.add(self)

    @property
    def number(self) -> int:
        """How many records of the run are stored."""
        return self._end.number

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return self._let_go.alive

    def write(self, bodies: Sequence[str], told: Summary | None = None) -> None:
        """Store `bodies` after those that are stored, all of them or none.

        Args:
            bodies: Records, as `encode` gives them.
            told: What the list of runs shows from now on; `None` leaves that as it is.

        Raises:
            JournalWriteError: Nothing was stored; the same can be tried again.
            RunClaimedError: The run was taken over by somebody else.
        """
        with self._lock:
            self._require_open()
            with database.writing(self.path):
                self._end = self._line.commit(self._end, bodies, self._row(told))

    def rest(self) -> None:
        """Close the file until the next write; the run stays claimed."""
        with self._lock:
            self._line.rest()

    def close(self) -> None:
        """Give the run back, for others to write."""
        with self._lock:
            if self._let_go.detach() is not None:
                self._line.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require_open(self) -> None:
        if not self.is_open:
            message = f"run '{self.run}' was closed: it is not written any more"
            note = f"Try: journal.take_up('{self.run}')"
            raise JournalWriteError(message).with_note(note)

    def _row(self, told: Summary | None) -> str | None:
        return None if told is None else summary.written(told, self._redact)


_OPEN: weakref.WeakSet[Ledger] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Give back what this process holds: another machine cannot tell that it ended."""
    for ledger in list(_OPEN):
        ledger.close()


class Line:
    """The connection of a ledger: opened again after a failure, and once let go.

    It knows nothing of the ledger, so that it can end with it.
    """

    def __init__(
        self, path: Path, run: str, token: str, connection: "Connection"
    ) -> None:
        self._path = path
        self._run = run
        self._token = token
        self._connection: Connection | None = connection
        self._file = _identity(path)
        self._pid = os.getpid()
        self._is_doubtful = False

    def commit(self, end: Link, bodies: Sequence[str], told: str | None) -> Link:
        """Store `bodies` after `end`, in one transaction; return where that ends."""
        self._require_own()
        connection = self._opened()
        try:
            connection.execute("BEGIN IMMEDIATE")
            claims.check(connection, self._run, self._token)
            claims.sweep(connection)
            self._resolve(connection, end)
            end = store(connection, end, bodies, told)
            connection.execute("COMMIT")
        except BaseException:
            self._drop()
            raise
        self._is_doubtful = False
        return end

    def rest(self) -> None:
        """Close the connection; the next write opens another."""
        import sqlite3

        if os.getpid() == self._pid:
            connection, self._connection = self._connection, None
            with suppress(sqlite3.Error):
                if connection is not None:
                    connection.close()

    def abandon(self) -> None:
        """Give the claim back with the next write of anybody in this process."""
        import sqlite3

        if os.getpid() != self._pid:
            _INHERITED.append(self._connection)
            return
        claims.forget(self._token)
        with suppress(sqlite3.Error):
            self._drop()

    def release(self) -> None:
        """Give the claim back, and close the connection."""
        import sqlite3

        if os.getpid() != self._pid:
            _INHERITED.append(self._connection)
            return
        with suppress(sqlite3.Error, OSError):
            if _identity(self._path) == self._file:
                connection = self._opened()
                connection.execute(f"PRAGMA busy_timeout = {int(_NO_TIME * 1000)}")
                claims.drop(connection, self._run, self._token)
        claims.forget(self._token)
        with suppress(sqlite3.Error):
            self._drop()

    def _opened(self) -> "Connection":
        if self._connection is None:
            self._connection = database.reopen(self._path)
        return self._connection

    def _drop(self) -> None:
        # Closing undoes what is half-written. Whether a COMMIT that failed has reached
        # the disk nobody can know: the next write looks.
        self._is_doubtful = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _resolve(self, connection: "Connection", end: Link) -> None:
        """Take away what a write that failed has stored after all."""
        if not self._is_doubtful:
            return
        _require_end(connection, end)
        sql = "DELETE FROM records WHERE run = ? AND number >= ?"
        connection.execute(sql, (self._run, end.number))

    def _require_own(self) -> None:
        if os.getpid() != self._pid:
            message = f"run '{self._run}' is written by the process this one came from"
            raise JournalWriteError(message).with_note("Try: run.fork()")
        if _identity(self._path) != self._file:
            message = f"the journal '{self._path}' was moved or deleted"
            raise JournalWriteError(message).with_note("Try: put the file back")


_INHERITED: list[object] = []
"""Connections of a process this one was forked from: never used, and never closed."""


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells the file from another one of that name."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def _require_end(connection: "Connection", end: Link) -> None:
    if not end.number:
        return
    sql = "SELECT checksum FROM records WHERE run = ? AND number = ?"
    row = connection.execute(sql, (end.run, end.number - 1)).fetchone()
    if row != (end.checksum,):
        message = f"run '{end.run}' is not on disk as it was written"
        error = JournalDamagedError(message, end.run)
        raise error.with_note(schema.MOVE_ASIDE)


def store(
    connection: "Connection", end: Link, bodies: Sequence[str], told: str | None
) -> Link:
    """Store `bodies` after `end` in the open transaction; return where that ends."""
    links = [end, *end.through(bodies)]
    rows = [
        (end.run, before.number, body, after.checksum)
        for before, body, after in zip(links, bodies, links[1:], strict=False)
    ]
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", rows)
    if told is not None:
        _put_summary(connection, end.run, told)
    return links[-1]


def _put_summary(connection: "Connection", run: str, told: str) -> None:
    """Store what the list of runs shows of `run`."""
    row = (run, told, records.summary_row(told, run))
    connection.execute("REPLACE INTO runs VALUES (?, ?, ?)", row)
