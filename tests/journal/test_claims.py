"""One process writes a run; who else wants to is told by whom."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import nbagents
from nbagents.errors import JournalWriteError, RunClaimedError
from nbagents.journal import Journal, place

ROOT = Path(nbagents.__file__).parents[1]

HOLD = """
import sys
from nbagents.journal import Journal
ledger = Journal(sys.argv[1]).begin("r")
ledger.write(["theirs"])
print("held", flush=True)
for line in sys.stdin:
    try:
        ledger.write([line.strip()])
        print("written", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "j.sqlite")


@contextmanager
def other_process(journal: Journal) -> Iterator[Any]:
    """Have another process hold run 'r'; killed at the end if it is still there."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, journal.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def claim(journal: Journal, **changes: object) -> None:
    """Change who holds the run, as another machine would have written it."""
    connection = sqlite3.connect(journal.path)
    for name, value in changes.items():
        connection.execute(f"UPDATE claims SET {name} = ?", (value,))
    connection.commit()
    connection.close()


def test_a_second_process_is_refused_and_told_by_whom(journal: Journal) -> None:
    with other_process(journal) as child:
        with pytest.raises(RunClaimedError) as raised:
            journal.take_up("r")
        error = raised.value
        assert (error.run, error.pid) == ("r", child.pid)
        assert error.host == socket.gethostname()
        assert f"process {child.pid} on '{error.host}', since 20" in str(error)
        (look,) = error.__notes__
        assert look.startswith("Try: nbagents.load_run('r') to look at it; to go on")
        with pytest.raises(RunClaimedError):
            journal.take_up("r", take_over=True)
        assert journal.read("r") == ["theirs"]
        (summary,) = journal.runs()
        assert summary.held_by is not None
        assert summary.held_by.pid == child.pid
        assert summary.held_by.alive


def test_the_run_of_a_process_that_was_killed_is_taken_up(journal: Journal) -> None:
    with other_process(journal) as child:
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert journal.runs()[0].held_by is None
        with journal.take_up("r") as ledger:
            ledger.write(["ours"])
    assert journal.read("r") == ["theirs", "ours"]


def test_a_process_that_is_dead_and_not_yet_buried_holds_nothing(
    journal: Journal,
) -> None:
    with other_process(journal) as child:
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        journal.take_up("r").close()


def test_a_process_that_ends_gives_its_run_back(journal: Journal) -> None:
    with other_process(journal) as child:
        child.stdin.close()
        child.wait()
        connection = sqlite3.connect(journal.path)
        assert connection.execute("SELECT * FROM claims").fetchall() == []
        connection.close()


def test_a_number_of_a_process_that_was_given_out_again_holds_nothing(
    journal: Journal,
) -> None:
    journal.begin("r").close()
    with other_process(Journal(journal.path.with_name("k"))) as child:
        ledger = journal.take_up("r")
        claim(journal, pid=child.pid, born=place.born(child.pid), token="x")
        with pytest.raises(RunClaimedError, match=f"process {child.pid}"):
            journal.take_up("r")
        claim(journal, born=1.0)
        journal.take_up("r").close()
        ledger.close()


def test_after_a_restart_of_the_machine_nobody_holds_anything(journal: Journal) -> None:
    ledger = journal.begin("r")
    claim(journal, boot="an earlier one", token="x")
    journal.take_up("r").close()
    ledger.close()


@pytest.mark.parametrize("column", ["host", "machine", "space"])
def test_a_process_out_of_sight_is_taken_over_only_when_asked_to(
    journal: Journal, column: str
) -> None:
    theirs = journal.begin("r")
    theirs.write(["a"])
    claim(journal, **{column: "elsewhere"})
    with pytest.raises(RunClaimedError) as raised:
        journal.take_up("r")
    unseen, live = raised.value.__notes__
    assert "team.load_run('r', take_over=True)" in unseen
    assert "shut down the notebook that has it" in live
    with journal.take_up("r", take_over=True) as ours:
        ours.write(["b"])
        with pytest.raises(RunClaimedError, match="'r' is being written"):
            theirs.write(["c"])
        assert theirs.number == 1
    with pytest.raises(RunClaimedError, match="not ours to write any more"):
        theirs.write(["c"])
    theirs.close()
    assert journal.read("r") == ["a", "b"]


def test_the_same_process_holds_a_run_only_once(journal: Journal) -> None:
    with journal.begin("r"), pytest.raises(RunClaimedError, match=str(os.getpid())):
        journal.take_up("r")
    journal.take_up("r").close()


def test_a_process_that_was_forked_off_neither_writes_nor_gives_back(
    journal: Journal,
) -> None:
    ledger = journal.begin("r")
    ledger.write(["a"])
    child = os.fork()
    if child == 0:  # What it finds, it tells by how it ends.
        os._exit(_child(journal, ledger))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ledger.write(["b"])
    assert journal.read("r") == ["a", "b"]
    ledger.close()


def _child(journal: Journal, ledger: Any) -> int:
    try:
        ledger.write(["from the child"])
        return 1
    except JournalWriteError as error:
        if "the process this one came from" not in str(error):
            return 2
    ledger.close()
    try:
        journal.take_up("r")
        return 3
    except RunClaimedError:
        return 0 if journal.read("r") == ["a"] else 4


@pytest.mark.parametrize("pid", [os.getpid(), os.getppid()], ids=["self", "parent"])
def test_a_process_began_once_wherever_that_is_asked(pid: int) -> None:
    assert place.born(pid) == place.born(pid)
    assert place.born(2**22 + 1) is None


def test_where_there_is_no_proc_psutil_says_when_a_process_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    psutil = pytest.importorskip("psutil")
    monkeypatch.setattr(place.Path, "exists", lambda self: False)
    assert place.born(os.getpid()) == psutil.Process().create_time()
    assert place.born(2**22 + 1) is None


def test_where_nothing_says_that_nobody_can_tell_who_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place.Path, "exists", lambda self: False)
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert place.is_alive(place.here()) is None


def test_who_holds_a_run_may_be_unreadable(journal: Journal) -> None:
    ledger = journal.begin("r")
    claim(journal, since=1e300)
    with pytest.raises(JournalWriteError):
        journal.take_up("r")
    assert [each.id for each in journal.runs()] == ["r"]
    ledger.close()
