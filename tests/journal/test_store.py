"""The journal keeps what it was given, tells what it has, and refuses the rest."""

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

import nbagents
from journal_cases import files
from nbagents.engine.lifecycle import RunStatus
from nbagents.errors import (
    JournalDamagedError,
    JournalError,
    JournalVersionError,
    JournalWriteError,
    NotAJournalError,
    UnknownRunError,
)
from nbagents.journal import Journal, Summary

ROOT = Path(nbagents.__file__).parents[1]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / ".nbagents" / "journal.sqlite")


def change(journal: Journal, sql: str, *values: object) -> None:
    with sqlite3.connect(journal.path) as connection:
        connection.execute(sql, values)
    connection.close()


def test_records_come_back_in_order_also_while_they_are_written(
    journal: Journal,
) -> None:
    with journal.begin("r") as ledger:
        ledger.write(["a", "b"])
        assert journal.read("r") == ["a", "b"]
        ledger.write(["ünï – “c”"])
        ledger.write([])
        assert journal.read("r") == ["a", "b", "ünï – “c”"]
        assert ledger.number == 3
    with journal.take_up("r") as ledger:
        ledger.write(["d"])
    assert journal.read("r") == ["a", "b", "ünï – “c”", "d"]


def test_a_write_is_on_disk_before_it_returns(journal: Journal) -> None:
    with journal.begin("r"), sqlite3.connect(journal.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    ledger = journal.take_up("r")
    own = ledger._line._connection
    assert own is not None
    assert own.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    ledger.close()


def test_looking_where_there_is_no_journal_makes_none(journal: Journal) -> None:
    assert journal.runs() == []
    with pytest.raises(UnknownRunError, match="no run 'r': there are no"):
        journal.read("r")
    with pytest.raises(UnknownRunError):
        journal.take_up("r")
    assert not journal.path.parent.exists()


def test_the_default_place_hides_itself_from_git(notebook_folder: Path) -> None:
    Journal().begin("r").close()
    folder = notebook_folder / ".nbagents"
    assert sorted(each.name for each in folder.iterdir()) == [
        ".gitignore",
        "journal.sqlite",
    ]
    assert (folder / ".gitignore").read_text("utf-8") == "*\n"


def test_a_folder_of_ones_own_is_left_as_it_is(tmp_path: Path) -> None:
    Journal(tmp_path / "j.sqlite").begin("r").close()
    assert [each.name for each in tmp_path.iterdir()] == ["j.sqlite"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(JournalWriteError, match="cannot be made") as raised:
        Journal(tmp_path / "file" / "j.sqlite").begin("r")
    assert "Try: Orchestrator(..., journal=path)" in raised.value.__notes__[0]


def test_a_run_can_begin_only_once(journal: Journal) -> None:
    with journal.begin("r"), pytest.raises(JournalError, match="a run 'r' already"):
        journal.begin("r")


def test_a_closed_ledger_writes_no_more(journal: Journal) -> None:
    ledger = journal.begin("r")
    journal.close()
    assert not ledger.is_open
    with pytest.raises(JournalWriteError, match="'r' was closed") as raised:
        ledger.write(["a"])
    assert raised.value.__notes__ == ["Try: journal.take_up('r')"]
    ledger.close()
    assert journal.read("r") == []


def test_threads_write_their_runs_at_the_same_time(journal: Journal) -> None:
    ledgers = [journal.begin(f"r{n}") for n in range(4)]

    def write(n: int) -> None:
        for k in range(10):
            ledgers[n].write([f"{n} {k}"])

    threads = [threading.Thread(target=write, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(4):
        assert journal.read(f"r{n}") == [f"{n} {k}" for k in range(10)]
    journal.close()


# --- the list of runs ---


def test_the_runs_are_listed_newest_first_with_what_is_known(journal: Journal) -> None:
    old = Summary(id="old", goal="“g”", created=1.0, cost=None, tokens=5, parent="p")
    with journal.begin("old", old), journal.begin("new") as ledger:
        new = Summary(id="new", created=2.0, status=RunStatus.PAUSED, reason="why")
        ledger.write(["a"], new)
        both = journal.runs()
        assert [each.id for each in both] == ["new", "old"]
        assert [each.held_by and each.held_by.pid for each in both] == [os.getpid()] * 2
    assert journal.runs() == [new, old]


@pytest.mark.parametrize(
    "column, value",
    [
        ("summary", '{"id":"b"}'),
        ("summary", "{"),
        ("summary", "é"),
        ("checksum", b""),
        ("summary", "[" * 10_000),
    ],
)
def test_a_damaged_summary_shows_as_such_among_the_others(
    journal: Journal, column: str, value: object
) -> None:
    for id in "abc":
        journal.begin(id, Summary(id=id, created=1.0)).close()
    change(journal, f"UPDATE runs SET {column} = ? WHERE id = 'b'", value)
    found = {each.id: each.damaged for each in journal.runs()}
    assert found == {"a": False, "b": True, "c": False}


def test_the_list_of_runs_holds_no_secrets(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    journal = Journal(path, redact=lambda text: text.replace("sk-1", "[hidden]"))
    with journal.begin("r", Summary(id="r", goal="use sk-1")) as ledger:
        assert journal.runs()[0].goal == "use [hidden]"
        ledger.write([], Summary(id="r", reason="sk-1 is wrong"))
    assert journal.runs()[0].reason == "[hidden] is wrong"
    assert b"sk-1" not in path.read_bytes()


# --- damage ---


@pytest.mark.parametrize(
    "sql, intact",
    [
        ("UPDATE records SET body = 'x' WHERE number = 2", 2),
        ("UPDATE records SET checksum = x'00' WHERE number = 2", 2),
        ("DELETE FROM records WHERE number = 1", 1),
        ("DELETE FROM records WHERE number = 0", 0),
        ("UPDATE records SET number = -1 WHERE number = 3", 0),
        ("UPDATE records SET run = 's' WHERE number = 2", 2),
        ("INSERT INTO records VALUES ('r', 9, 'x', x'00')", 5),
        ("UPDATE records SET body = CAST(x'ff' AS TEXT) WHERE number = 2", 2),
        ("INSERT INTO records SELECT 'r', 5, body, checksum FROM records LIMIT 1", 5),
    ],
)
def test_a_record_that_is_not_as_written_is_noticed(
    journal: Journal, sql: str, intact: int
) -> None:
    with journal.begin("r") as ledger:
        ledger.write(list("abcde"))
    change(journal, sql)
    with pytest.raises(JournalDamagedError, match=f"first {intact} records") as raised:
        journal.read("r")
    assert (raised.value.run, raised.value.intact) == ("r", intact)
    assert journal.read("r", intact=True) == list("abcde")[:intact]
    with pytest.raises(JournalDamagedError):
        journal.take_up("r")


def test_a_record_of_another_run_is_noticed(journal: Journal) -> None:
    for id in "rs":
        with journal.begin(id) as ledger:
            ledger.write(["a", "b"])
    change(journal, "DELETE FROM records WHERE run = 's'")
    change(journal, "UPDATE records SET run = 's'")
    with pytest.raises(JournalDamagedError):
        journal.read("s")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE claims",
        "ALTER TABLE runs ADD COLUMN more TEXT",
    ],
)
def test_a_file_with_more_in_it_than_a_journal_is_refused(
    journal: Journal, sql: str
) -> None:
    journal.begin("r").close()
    change(journal, sql)
    for use in (journal.runs, lambda: journal.begin("s"), lambda: journal.read("r")):
        with pytest.raises(JournalDamagedError, match="not as they were made"):
            use()


# --- other files ---


def _database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("text", ["my notes", "\0" * 5000, "SQLite format 3\0", ""])
def test_a_file_that_is_something_else_is_left_as_it_is(
    journal: Journal, text: str
) -> None:
    journal.path.parent.mkdir()
    if text:
        journal.path.write_text(text, "utf-8")
    else:
        _database(journal.path)
    before = journal.path.read_bytes()
    uses = (journal.runs, lambda: journal.begin("r"), lambda: journal.take_up("r"))
    for use in uses:
        with pytest.raises(NotAJournalError, match="is not a journal of nbagents"):
            use()
    assert journal.path.read_bytes() == before
    assert [each.name for each in journal.path.parent.iterdir()] == ["journal.sqlite"]


def test_an_empty_file_becomes_a_journal(journal: Journal) -> None:
    journal.path.parent.mkdir()
    journal.path.touch()
    assert journal.runs() == []
    journal.begin("r").close()
    assert [each.id for each in journal.runs()] == ["r"]


def test_a_journal_of_a_newer_nbagents_is_left_to_that(journal: Journal) -> None:
    journal.begin("r").close()
    change(journal, "PRAGMA user_version = 7")
    for use in (journal.runs, lambda: journal.begin("s")):
        with pytest.raises(JournalVersionError, match="format 7") as raised:
            use()
        assert (raised.value.version, raised.value.newest) == (7, 1)
        assert raised.value.__notes__ == ["Try: pip install --upgrade nbagents"]


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="directory"):
        Journal(tmp_path).runs()
    with pytest.raises(JournalWriteError, match="directory"):
        Journal(tmp_path).begin("r")


def test_a_text_that_is_no_id_is_refused(journal: Journal) -> None:
    with pytest.raises(JournalWriteError):
        journal.begin("\ud800")
    journal.begin("r").close()
    with pytest.raises(JournalError):
        journal.read("\ud800")


# --- a place where nobody can write ---

LOOK = """
import os, sqlite3, sys
from nbagents.journal import Journal
if os.getuid() == 0:  # Root may write anywhere.
    os.setuid(65534)
journal = Journal(sys.argv[1])
print(journal.read("r"), [each.id for each in journal.runs()])
"""


@pytest.mark.parametrize("is_left_open", [False, True])
def test_a_journal_is_read_where_nobody_can_write(
    journal: Journal, is_left_open: bool
) -> None:
    ledger = journal.begin("r")
    ledger.write(["a", "b"])
    if not is_left_open:
        ledger.close()
    medium = Path(tempfile.mkdtemp())
    for file in files(journal.path):
        shutil.copy(file, medium)
    ledger.close()
    medium.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", LOOK, medium / "journal.sqlite"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    medium.chmod(0o755)
    shutil.rmtree(medium)
    assert done.stdout.strip() == "['a', 'b'] ['r']", done.stderr


def test_nothing_is_imported_before_a_journal_is_used() -> None:
    code = """
    import sys, nbagents.journal
    nbagents.journal.Journal("x")
    print(sorted({"sqlite3", "psutil"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_a_ledger_that_is_forgotten_gives_its_run_back(journal: Journal) -> None:
    ledger = journal.begin("r")
    ledger.write(["a"])
    del ledger
    gc.collect()
    assert journal.runs()[0].held_by is None
    with journal.take_up("r") as ledger:
        assert ledger.number == 1
