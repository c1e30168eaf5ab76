"""Reading what is in a journal: its runs, and the records of one."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbagents.errors import JournalDamagedError, JournalRecordError, UnknownRunError
from nbagents.journal import claims, database, summary
from nbagents.journal.chain import Link, checksum
from nbagents.journal.summary import Summary

if TYPE_CHECKING:
    from sqlite3 import Connection


def read(connection: "Connection", run: str, *, intact: bool = False) -> list[str]:
    """Return the records of `run`, each one checked.

    Args:
        connection: Reads the journal.
        run: Id of the run.
        intact: Return those before the first that is damaged, instead of raising.

    Raises:
        JournalDamagedError: A record is not what was written.
        UnknownRunError: There is no such run.
    """
    bodies: list[str] = []
    try:
        for body in _checked(connection, run):
            bodies.append(body)  # noqa: PERF402 - those before a damaged one count
    except JournalDamagedError:
        if not intact:
            raise
    if not bodies and not _is_known(connection, run):
        raise UnknownRunError(run, _ids(connection))
    return bodies


def end(connection: "Connection", run: str) -> Link:
    """Return where the records of `run` end, each one checked; raises as `read`."""
    *_, last = Link.first(run), *Link.first(run).through(read(connection, run))
    return last


def runs(connection: "Connection") -> list[Summary]:
    """Return what is known of each run, the newest first.

    Raises:
        sqlite3.Error: The list itself cannot be read.
    """
    # As bytes: one text that is no Unicode is not to hide all other runs.
    sql = "SELECT CAST(id AS BLOB), CAST(summary AS BLOB), checksum FROM runs"
    found = [_summary(connection, *row) for row in connection.execute(sql)]
    return sorted(found, key=lambda each: (each.created, each.id), reverse=True)


def summary_row(told: str, run: str) -> bytes:
    """Return the checksum of a summary."""
    return checksum("summary", run, told)


def _checked(connection: "Connection", run: str) -> Iterator[str]:
    link = Link.first(run)
    for number, body, found in _rows(connection, link):
        after = link.next(body) if isinstance(body, str) else link
        if number != link.number or found != after.checksum or after is link:
            raise _damaged(run, link.number)
        yield body
        link = after


def _rows(connection: "Connection", link: Link) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a run; a file that breaks off has `_damaged` raised."""
    import sqlite3

    sql = "SELECT number, body, checksum FROM records WHERE run = ? ORDER BY number"
    read = 0
    try:
        for row in connection.execute(sql, (link.run,)):
            yield row
            read += 1
    except (sqlite3.Error, UnicodeError) as error:
        if not database.is_damage(error):
            raise
        raise _damaged(link.run, read) from error


def _damaged(run: str, intact: int) -> JournalDamagedError:
    message = f"run '{run}' is damaged: only its first {intact} records can be trusted"
    error = JournalDamagedError(message, run, intact)
    return error.with_note(f"Try: journal.read('{run}', intact=True) for those")


def _is_known(connection: "Connection", run: str) -> bool:
    sql = "SELECT 1 FROM runs WHERE id = ?"
    return connection.execute(sql, (run,)).fetchone() is not None


def _ids(connection: "Connection") -> list[str]:
    return [each.id for each in runs(connection)]


def _summary(connection: "Connection", id: Any, told: Any, found: Any) -> Summary:
    run = _text(id)
    with suppress(JournalDamagedError, JournalRecordError):
        if found == summary_row(_text(told), run) and (known := _read(told, run)):
            return replace(known, held_by=claims.holder(connection, run))
    return Summary(id=run, cost=None, reason="its summary is damaged", damaged=True)


def _read(told: Any, run: str) -> Summary | None:
    known = summary.read(_text(told))
    return known if known.id == run else None


def _text(data: Any) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
