"""Disks fill up and fail, files are torn, processes die: nothing changes in silence."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbagents
from journal_cases import files
from nbagents.errors import JournalDamagedError, JournalError, JournalWriteError
from nbagents.journal import Journal, Summary

ROOT = Path(nbagents.__file__).parents[1]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}

# As a run of 20 tasks has it: two records when one starts and ends, of 0 to 3 pages.
WRITES = [[f"start {n}", f"end {n} " + "x" * (n * 617)] for n in range(20)]
ALL = [body for bodies in WRITES for body in bodies]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "j.sqlite")


def summary(n: int) -> Summary:
    return Summary(id="r", tasks_done=n, tasks_total=20)


def failure_of(ledger: Any, *what: Any) -> JournalWriteError | None:
    try:
        ledger.write(*what)
    except JournalWriteError as error:
        return error
    return None


def bound(ledger: Any, spare: int) -> None:
    """Let the file grow by `spare` pages and no more: then its disk is full."""
    connection = ledger._line._opened()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + spare}")


# --- the disk is full ---


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_a_write_for_which_there_is_no_room_is_tried_again_later(
    journal: Journal, spare: int
) -> None:
    """At every step of a run: refused, nothing half-written, then the same again."""
    refused = 0
    with journal.begin("r") as ledger:
        for n, bodies in enumerate(WRITES):
            bound(ledger, spare)
            if (error := failure_of(ledger, bodies, summary(n))) is not None:
                refused += 1
                assert "the disk is full" in str(error)
                assert error.__notes__ == ["Try: make room on the disk, then go on"]
                assert ledger.number == 2 * n
                assert journal.read("r") == ALL[: 2 * n]
                assert journal.runs()[0].tasks_done == max(0, n - 1)
                ledger.write(bodies, summary(n))
            assert journal.read("r") == ALL[: 2 * n + 2]
    assert refused >= 3
    assert journal.read("r") == ALL


LIMITED = """
import resource, signal, sys
from nbagents.errors import JournalWriteError
from nbagents.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(sys.argv[1])
ledger = journal.begin("r")
bodies = [str(n) + "x" * 700 for n in range(60)]
soft, refused = 60_000, 0
for n, body in enumerate(bodies):
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
    try:
        ledger.write([body])
    except JournalWriteError as error:
        refused += 1
        soft += 3_001
        assert journal.read("r") == bodies[:n], n
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        ledger.write([body])
    assert ledger.number == n + 1
ledger.close()
assert journal.read("r") == bodies
print(refused > 5)
"""


def test_a_disk_that_refuses_a_write_in_the_middle_loses_nothing(
    journal: Journal,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, journal.path],
        capture_output=True,
        text=True,
        env=ENV,
        check=False,
    )
    assert done.stdout.strip() == "True", done.stderr


class Failing:
    """A connection on which one statement fails, or only seems to."""

    def __init__(self, connection: sqlite3.Connection, at: int, *, done: bool) -> None:
        self._connection = connection
        self._left = at
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *args: Any) -> Any:
        return self._try(self._connection.execute, args)

    def executemany(self, *args: Any) -> Any:
        return self._try(self._connection.executemany, args)

    def _try(self, what: Any, args: Any) -> Any:
        self._left -= 1
        if self._left != 0:
            return what(*args)
        if self._done:
            what(*args)
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(1, 7))
def test_a_statement_that_fails_or_only_seems_to_is_tried_again(
    journal: Journal, at: int, done: bool
) -> None:
    """A COMMIT that failed may be on disk all the same; it is not written twice."""
    ledger = journal.begin("r")
    ledger.write(["a"])
    line = ledger._line
    line._connection = Failing(line._connection, at, done=done)
    try:
        ledger.write(["b", "c"], summary(1))
    except JournalWriteError:
        assert ledger.number == 1
        ledger.write(["b", "d"], summary(2))
        assert journal.read("r") == ["a", "b", "d"]
    else:
        assert at > 5
        assert journal.read("r") == ["a", "b", "c"]
    ledger.close()


def test_another_writer_is_waited_for_and_then_told_of(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = journal.begin("r")
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger._line._opened().execute("PRAGMA busy_timeout = 1")
    with pytest.raises(JournalWriteError, match="another program is writing"):
        ledger.write(["a"])
    other.execute("ROLLBACK")
    other.close()
    ledger.write(["a"])
    ledger.close()
    assert journal.read("r") == ["a"]


def test_a_journal_that_was_moved_away_is_told_and_taken_up_when_it_is_back(
    journal: Journal,
) -> None:
    ledger = journal.begin("r")
    ledger.write(["a"])
    moved = journal.path.with_name("elsewhere")
    journal.path.rename(moved)
    with pytest.raises(JournalWriteError, match="moved or deleted"):
        ledger.write(["b"])
    assert not journal.path.exists()
    moved.rename(journal.path)
    ledger.write(["b"])
    ledger.close()
    assert journal.read("r") == ["a", "b"]


# --- the file is torn ---


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A journal as a process that was killed leaves it, and what it has written."""
    folder = tmp_path_factory.mktemp("left")
    journal = Journal(folder / "j.sqlite")
    journal.begin("r").close()
    ledger = journal.take_up("r")
    for bodies in WRITES[:6]:
        ledger.write(bodies, summary(1))
    connection = ledger._line._opened()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for bodies in (*WRITES[6:8], WRITES[1]):
        ledger.write(bodies, summary(2))
    copy = folder / "copy"
    copy.mkdir()
    for file in files(journal.path):
        shutil.copy(file, copy)
    ledger.close()
    return copy / "j.sqlite", [*ALL[:16], *WRITES[1]]


def prefix(path: Path, written: list[str]) -> int | None:
    """Return how many records can be read; `None` where the file is refused."""
    journal = Journal(path)
    intact = None
    try:
        read = journal.read("r")
    except JournalDamagedError as error:
        if error.run is None:
            return None
        intact, read = error.intact, journal.read("r", intact=True)
    except JournalError:
        return None
    assert intact in {None, len(read)}
    assert read == written[: len(read)]
    return len(read)


def clean(path: Path) -> None:
    Path(f"{path}-shm").unlink(missing_ok=True)


def cut(path: Path, torn: Path, at: Iterator[int], written: list[str]) -> list[Any]:
    """Return what can be read after `torn` was cut off, shorter each time."""
    found = []
    for size in at:
        os.truncate(torn, size)
        clean(path)
        found.append(prefix(path, written))
    return found


def copied(left: Path, tmp_path: Path) -> Path:
    for file in files(left):
        shutil.copy(file, tmp_path)
    return tmp_path / left.name


def test_a_log_that_breaks_off_anywhere_gives_what_was_committed_before(
    left_behind: tuple[Path, list[str]], tmp_path: Path
) -> None:
    left, written = left_behind
    path = copied(left, tmp_path)
    log = Path(f"{path}-wal")
    size = log.stat().st_size
    last = size - _last_transaction(log)
    found = cut(path, log, iter(range(size, last - 1, -1)), written)
    assert found[0] == 18
    assert set(found[1:]) == {16}


def _last_transaction(log: Path) -> int:
    """Return how many bytes the frames of the last transaction take."""
    data = log.read_bytes()
    frame = 24 + int.from_bytes(data[8:12], "big")
    starts = range(32, len(data), frame)
    # Only the last frame of a transaction says how large the file is after it.
    commits = [at for at in starts if data[at + 4 : at + 8] != b"\0\0\0\0"]
    return commits[-1] - commits[-2]


def test_a_file_that_breaks_off_is_refused_or_gives_its_beginning(
    left_behind: tuple[Path, list[str]], tmp_path: Path
) -> None:
    left, written = left_behind
    path = copied(left, tmp_path)
    _settle(path)
    size = path.stat().st_size
    found = cut(path, path, iter(range(size, 0, -61)), written)
    assert found[0] == 18
    assert found[-1] is None


def _settle(path: Path) -> None:
    """Bring all that is in the log into the file."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_a_bit_that_flips_anywhere_is_harmless_or_noticed(
    left_behind: tuple[Path, list[str]], tmp_path: Path
) -> None:
    left, written = left_behind
    originals = {file.name: file.read_bytes() for file in files(left)}
    sizes = [(name, len(data)) for name, data in originals.items()]
    path = tmp_path / left.name
    draw = random.Random(7)
    found = []
    for _ in range(1_000):
        for name, data in originals.items():
            (tmp_path / name).write_bytes(data)
        (name,) = draw.choices([n for n, _ in sizes], [size for _, size in sizes])
        flip(tmp_path / name, draw.randrange(len(originals[name])), draw.randrange(8))
        clean(path)
        found.append(prefix(path, written))
        assert all(each.id == "r" or each.damaged for each in listed(path))
    assert found.count(18) > 100
    assert len(set(found)) > 5


def flip(path: Path, at: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def listed(path: Path) -> list[Summary]:
    try:
        return Journal(path).runs()
    except JournalError:
        return []


# --- the process dies ---

WRITER = """
import sys
from nbagents.journal import Journal
ledger = Journal(sys.argv[1]).begin("r")
for n in range(100_000):
    ledger.write([f"{n} " + "x" * (n * 37 % 3000)])
    sys.stdout.write(f"{n + 1}\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("after", [1, 7, 60, 350])
def test_what_was_acknowledged_survives_a_kill(journal: Journal, after: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, journal.path],
        stdout=subprocess.PIPE,
        text=True,
        env=ENV,
    ) as child:
        assert child.stdout is not None
        for _ in range(after):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        acknowledged = [after, *map(int, child.stdout.read().splitlines())][-1]
    read = journal.read("r")
    assert read == [f"{n} " + "x" * (n * 37 % 3000) for n in range(len(read))]
    assert len(read) in {acknowledged, acknowledged + 1}
    with journal.take_up("r") as ledger:
        assert ledger.number == len(read)
