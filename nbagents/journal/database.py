"""Connections to the file of a journal, and what its errors mean in plain words."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbagents.errors import JournalDamagedError, JournalError, JournalWriteError
from nbagents.journal import schema

if TYPE_CHECKING:
    from sqlite3 import Connection

PATIENCE = 5.0
"""Seconds to wait for somebody else who is writing."""

# In words, and what to type or do next, by the primary code of SQLite.
_FULL, _BUSY, _LOCKED, _READONLY, _IO, _CORRUPT, _NOTADB = 13, 5, 6, 8, 10, 11, 26
_DAMAGED = frozenset({_CORRUPT, _NOTADB})
_WORDS = {
    _FULL: ("the disk is full", "Try: make room on the disk, then go on"),
    _BUSY: ("another program is writing to it", "Try: the same again"),
    _LOCKED: ("another program is writing to it", "Try: the same again"),
    _READONLY: ("it can only be read", "Try: another place for the journal"),
    _IO: ("the disk could not be read or written", "Try: check the disk, then go on"),
    _CORRUPT: ("the file is damaged", schema.MOVE_ASIDE),
    _NOTADB: ("the file is damaged", schema.MOVE_ASIDE),
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise what goes wrong at a write as `JournalWriteError`."""
    import sqlite3

    try:
        yield
    except JournalError:
        raise
    except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
        why, remedy = _words(error)
        message = f"the journal '{path}' could not be written: {why}"
        raise JournalWriteError(message).with_note(remedy) from error


@contextmanager
def reading(path: Path) -> Iterator["Connection | None"]:
    """Give a connection that can only read; `None` where there is no journal yet."""
    import sqlite3

    try:
        with _reader(path) as connection:
            yield connection
    except JournalError:
        raise
    except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
        raise read_error(path, error) from error


def read_error(path: Path, error: Exception) -> JournalError:
    """Return the error that says why `path` cannot be read."""
    why, remedy = _words(error)
    message = f"the journal '{path}' could not be read: {why}"
    damaged = is_damage(error)
    found = JournalDamagedError(message) if damaged else JournalError(message)
    return found.with_note(remedy)


def is_damage(error: Exception) -> bool:
    """Return whether `error` of SQLite speaks of the content of the file."""
    # A text that is no Unicode has no code: it is Python that could not read it.
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, (OSError, UnicodeEncodeError)):
        return False
    return code is None or code & 255 in _DAMAGED


def _words(error: Exception) -> tuple[str, str]:
    code = getattr(error, "sqlite_errorcode", 0) & 255
    why, remedy = _WORDS.get(code, (str(error), "Try: another place for the journal"))
    return why, remedy


def open_to_write(path: Path, *, patience: float = PATIENCE) -> "Connection":
    """Return a connection that writes to the journal at `path`, made where missing.

    Raises:
        JournalError: The file is no journal, or of a newer format.
        sqlite3.Error: It cannot be opened.
        OSError: The same.
    """
    if not schema.is_there(path):
        _create(path, patience)
    return reopen(path, patience=patience)


def reopen(path: Path, *, patience: float = PATIENCE) -> "Connection":
    """Return a connection that writes to a journal that is there."""
    connection = _connect(path, "mode=rw", patience)
    try:
        schema.check(connection, path)
        _be_durable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _create(path: Path, patience: float) -> None:
    # Not yet with a write-ahead log: the header, which says what the file is, is to be
    # in the file itself.
    connection = _connect(path, "mode=rwc", patience)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        schema.create(connection)
    finally:
        connection.close()


def _be_durable(connection: "Connection") -> None:
    import sqlite3

    # Some network file systems cannot have a write-ahead log: slower, and as safe.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS flushes the disk only so.


def _connect(path: Path, query: str, patience: float) -> "Connection":
    import sqlite3

    address = f"{path.absolute().as_uri()}?{query}"
    connection = sqlite3.connect(
        address,
        uri=True,
        timeout=patience,
        isolation_level=None,  # A transaction begins where we say so.
        check_same_thread=False,  # Whoever uses one has a lock of its own.
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


@contextmanager
def _reader(path: Path) -> Iterator["Connection | None"]:
    if not schema.is_there(path):
        yield None
        return
    with _opened(path) as connection:
        schema.check(connection, path)
        yield connection


@contextmanager
def _opened(path: Path) -> Iterator["Connection"]:
    """Give a connection that reads `path`, wherever that lies."""
    connection = _readable(path, "mode=ro")
    if connection is None and not _has_log(path):
        # Nobody can write there, so nobody has to be minded.
        connection = _readable(path, "mode=ro&immutable=1")
    if connection is not None:
        try:
            yield connection
        finally:
            connection.close()
        return
    with tempfile.TemporaryDirectory() as folder, _opened(_copied(path, folder)) as it:
        yield it


def _readable(path: Path, query: str) -> "Connection | None":
    """Return a connection; `None` where SQLite needs to write beside the file."""
    import sqlite3

    connection = _connect(path, query, PATIENCE)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 255 in {sqlite3.SQLITE_CANTOPEN, _READONLY}:
            return None
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _has_log(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.stat(f"{path}-wal").st_size > 0  # noqa: PTH116 - beside, not below
    return False


def _copied(path: Path, folder: str) -> Path:
    # What was written last is in the log, which can only be read where a file can be
    # made beside it.
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{path}{suffix}", Path(folder) / f"journal{suffix}")
    return Path(folder) / "journal"
