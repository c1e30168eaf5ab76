"""The file of a journal: what is in it, and how one is told from other files.

The format carries its version in the header of the file, so that it can be told before
SQLite is let near it: a file that is something else is left as it is.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents.errors import (
    JournalDamagedError,
    JournalVersionError,
    NotAJournalError,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

VERSION = 1
"""The newest format, which is the one that is written."""

APPLICATION = 0x6E_62_61_67
"""Stands in the header of every journal: "nbag"."""

_MAGIC = b"SQLite format 3\0"
_VERSION_AT, _APPLICATION_AT, _HEADER = 60, 68, 100

# STRICT, so that a text stays a text; WITHOUT ROWID, so that there is one tree a table
# and no index that could disagree with it.
TABLES = {
    "claims": """CREATE TABLE claims (
    run TEXT PRIMARY KEY NOT NULL,
    host TEXT NOT NULL,
    machine TEXT NOT NULL,
    boot TEXT NOT NULL,
    space TEXT NOT NULL,
    pid INTEGER NOT NULL,
    born REAL NOT NULL,
    token TEXT NOT NULL,
    since REAL NOT NULL
) STRICT, WITHOUT ROWID""",
    "records": """CREATE TABLE records (
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    body TEXT NOT NULL,
    checksum BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID""",
    "runs": """CREATE TABLE runs (
    id TEXT PRIMARY KEY NOT NULL,
    summary TEXT NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID""",
}


def is_there(path: Path) -> bool:
    """Return whether there is a journal at `path`; an empty file counts as none.

    Raises:
        NotAJournalError: There is something else.
        JournalVersionError: It was written by a newer nbagents.
        OSError: The file cannot be read.
    """
    header = _header(path)
    if not header:
        return False
    if _is_half_written(path):
        return True  # SQLite undoes what was interrupted; `check` looks then.
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise _not_a_journal(path)
    if _number(header, _APPLICATION_AT) != APPLICATION:
        raise _not_a_journal(path)
    _check_version(path, _number(header, _VERSION_AT))
    return True


def create(connection: "Connection") -> None:
    """Make the tables of an empty file, unless somebody else just has."""
    connection.execute("BEGIN EXCLUSIVE")
    if not _tables(connection):
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for sql in TABLES.values():
            connection.execute(sql)
    connection.execute("COMMIT")


def check(connection: "Connection", path: Path) -> None:
    """Refuse a file that is no journal, or has more in it than one.

    A view in the place of a table could keep a reader busy for ever, and a trigger
    could change what is written.
    """
    if _pragma(connection, "application_id") != APPLICATION:
        raise _not_a_journal(path)
    _check_version(path, _pragma(connection, "user_version"))
    if _tables(connection) != TABLES:
        message = f"the tables of the journal '{path}' are not as they were made"
        raise JournalDamagedError(message).with_note(MOVE_ASIDE)


MOVE_ASIDE = "Try: move the file elsewhere; the next run begins a new journal"


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER)
    except FileNotFoundError:
        return b""


def _is_half_written(path: Path) -> bool:
    return os.path.exists(f"{path}-journal")  # noqa: PTH110 - beside, not below


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], "big")


def _pragma(connection: "Connection", name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _tables(connection: "Connection") -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master LIMIT 9")
    return dict(rows.fetchall())


def _not_a_journal(path: Path) -> NotAJournalError:
    error = NotAJournalError(f"'{path}' is not a journal of nbagents")
    return error.with_note("It was left as it is. Try: another place for the journal")


def _check_version(path: Path, version: int) -> None:
    if version == VERSION:
        return
    if version < VERSION:
        message = f"the journal '{path}' says that its format is {version}"
        raise JournalDamagedError(message).with_note(MOVE_ASIDE)
    message = (
        f"the journal '{path}' has format {version}; this nbagents reads up to "
        f"format {VERSION}"
    )
    error = JournalVersionError(message, version=version, newest=VERSION)
    raise error.with_note("Try: pip install --upgrade nbagents")
