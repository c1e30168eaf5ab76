"""The journal: every run of a notebook, in one file beside it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from nbagents.errors import JournalError, UnknownRunError
from nbagents.journal import claims, database, folder, records, summary
from nbagents.journal.chain import Link
from nbagents.journal.ledger import Ledger, Line, store
from nbagents.journal.summary import Summary
from nbagents.journal.values import Redact, unchanged
from nbagents.redaction import redacted

if TYPE_CHECKING:
    from sqlite3 import Connection

_Claim = Callable[["Connection"], tuple[Link, str]]
"""Claims a run in an open transaction; returns where it ends, and the token."""


class Journal:
    """The runs in one file; made when the first one is written.

    It may be used from any thread, and by several kernels at once.

    Attributes:
        path: The file.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, redact: Redact = unchanged
    ) -> None:
        """Return the journal at `path`.

        Args:
            path: The file; `None` means `.nbagents/journal.sqlite` in the folder of
                the notebook.
            redact: Takes the secrets out of what the list of runs shows.
        """
        self.path = folder.default_path() if path is None else Path(path)
        self._redact = redact
        self._ledgers: WeakSet[Ledger] = WeakSet()

    def begin(
        self, run: str, told: Summary | None = None, bodies: Sequence[str] = ()
    ) -> Ledger:
        """Return what writes the new run `run`, held by this process.

        Args:
            run: Id of the run.
            told: What the list of runs shows of it.
            bodies: Its first records: they are stored with it, or neither is.

        Raises:
            JournalError: There is a run of that id already.
            JournalWriteError: It cannot be written.
        """
        folder.make(self.path.parent)

        def first(connection: "Connection") -> tuple[Link, str]:
            _require_new(connection, run)
            line = summary.written(told or Summary(id=run), self._redact)
            end = store(connection, Link.first(run), bodies, line)
            return end, claims.take(connection, run)

        return self._ledger(run, first)

    def take_up(self, run: str, *, take_over: bool = False) -> Ledger:
        """Return what writes on at the run `run`, held by this process.

        Args:
            run: Id of a run that is here.
            take_over: Take it as well from a process of which nobody can tell from
                here whether it still runs, as one on another machine.

        Raises:
            RunClaimedError: Another process is writing it.
            UnknownRunError: There is no such run.
            JournalDamagedError: A record of it is not what was written.
            JournalWriteError: It cannot be written.
        """
        if not self._is_there():
            raise UnknownRunError(run, ())

        def on(connection: "Connection") -> tuple[Link, str]:
            token = claims.take(connection, run, over=take_over)
            return records.end(connection, run), token

        return self._ledger(run, on)

    def read(self, run: str, *, intact: bool = False) -> list[str]:
        """Return the records of `run`, for `decode_all`.

        Args:
            run: Id of the run.
            intact: Return those before the first that is damaged, instead of raising.

        Raises:
            JournalDamagedError: A record is not what was written.
            UnknownRunError: There is no such run.
            JournalError: The file cannot be read, or is no journal.
        """
        with database.reading(self.path) as connection:
            if connection is None:
                raise UnknownRunError(run, ())
            return records.read(connection, run, intact=intact)

    def runs(self) -> list[Summary]:
        """Return what is known of each run, the newest first.

        Raises:
            JournalError: The file cannot be read, or is no journal.
        """
        with database.reading(self.path) as connection:
            return [] if connection is None else records.runs(connection)

    def close(self) -> None:
        """Close every ledger that came from here."""
        for ledger in list(self._ledgers):
            ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_there(self) -> bool:
        with database.reading(self.path) as connection:
            return connection is not None

    def _ledger(self, run: str, claim: _Claim) -> Ledger:
        with database.writing(self.path):
            connection = database.open_to_write(self.path)
            try:
                connection.execute("BEGIN IMMEDIATE")
                link, token = claim(connection)
                claims.sweep(connection)
                connection.execute("COMMIT")
                claims.use(token)
            except BaseException:
                connection.close()
                raise
            line = Line(self.path, run, token, connection)
        ledger = Ledger(self.path, link, line, self._redact)
        self._ledgers.add(ledger)
        return ledger


def _require_new(connection: "Connection", run: str) -> None:
    sql = "SELECT 1 FROM runs WHERE id = ?1 UNION SELECT 1 FROM records WHERE run = ?1"
    if connection.execute(sql, (run,)).fetchone():
        message = f"there is a run '{run}' already"
        raise JournalError(message).with_note(f"Try: journal.take_up('{run}')")


def open_journal(where: Any) -> Journal | None:
    """Return the journal that a user means: by its path, or `None` for none.

    Raises:
        TypeError: It is neither a path nor a journal.
    """
    if where is None or isinstance(where, Journal):
        return where
    if not isinstance(where, str | os.PathLike) or not str(where):
        message = f"journal must be a path or None, not {where!r:.60}"
        raise TypeError(message)
    own = where != folder.DEFAULT
    return Journal(Path(os.path.realpath(where)) if own else None, redact=redacted)
