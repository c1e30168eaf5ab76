"""Sessions of local sandboxes: what programs get and give back, and what is left."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox import LocalSandbox, ProgramLimits, Sandbox, Session
from nbagents.sandbox.local.program import kill_strays
from sandbox.local.here import LEVELS_HERE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="There is no local level.")
SMALL = ProgramLimits(result_files=3, result_bytes=1000, output_bytes=100, figures=2)


def made(level: str, limits: ProgramLimits | None = None) -> Sandbox:
    return LocalSandbox(level, allow_plain=True, limits=limits)


@pytest.fixture(params=LEVELS_HERE)
def level(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(level: str) -> Iterator[Session]:
    with contextlib.closing(made(level).open("run-1/chart/1")) as opened:
        yield opened


@pytest.fixture
def small(level: str) -> Iterator[Session]:
    with contextlib.closing(made(level, SMALL).open("run-1/chart/1")) as opened:
        yield opened


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("nbagents-sandbox-*"))


def test_a_program_prints_and_its_level_is_named(session: Session, level: str) -> None:
    outcome = session.run("import sys; print('ü'); print('two', file=sys.stderr)")
    assert (outcome.stdout, outcome.stderr) == ("ü\n", "two\n")
    assert (outcome.exit_code, outcome.ok, outcome.notes) == (0, True, ())
    assert outcome.level == session.level
    assert outcome.level.startswith(level)


def test_a_failing_program_shows_its_own_lines_and_none_of_ours(
    session: Session,
) -> None:
    outcome = session.run("def f():\n    return 1 / 0\n\nf()")
    assert outcome.exit_code == 1
    assert "return 1 / 0" in outcome.stderr
    assert 'File "program.py", line 4, in <module>' in outcome.stderr
    assert "launcher" not in outcome.stderr


@pytest.mark.parametrize(
    "code, expected",
    [
        ("raise SystemExit(3)", 3),
        ("import sys; sys.exit('no')", 1),
        ("exit()", 0),
        ("import os; os._exit(5)", 5),
        ("import os; os.abort()", 134),
        ("this is no Python", 1),
    ],
)
def test_exit_codes_are_those_of_python(
    session: Session, code: str, expected: int
) -> None:
    assert session.run(code).exit_code == expected


def test_files_go_in_and_what_is_new_or_changed_comes_back(session: Session) -> None:
    code = """
import os
open('changed.csv', 'a').write('3')
os.makedirs('out/deep', exist_ok=True)
open('out/deep/new.bin', 'wb').write(open('data/in.bin', 'rb').read()[::-1])
"""
    files = {"changed.csv": b"1,2,", "same.txt": b"x", "data/in.bin": bytes(range(256))}
    outcome = session.run(code, files=files)
    assert outcome.ok, outcome
    assert outcome.files == {
        "changed.csv": b"1,2,3",
        "out/deep/new.bin": bytes(range(256))[::-1],
    }
    again = session.run("print(open('out/deep/new.bin', 'rb').read(1))")
    assert again.stdout == "b'\\xff'\n"
    assert again.files == {}


def test_a_module_among_the_files_can_be_imported(session: Session) -> None:
    files = {"helper.py": b"ANSWER = 42"}
    outcome = session.run("import helper; print(helper.ANSWER)", files=files)
    assert outcome.stdout == "42\n"


def test_pandas_and_figures_work(session: Session) -> None:
    code = """
import matplotlib.pyplot as plt
import pandas
table = pandas.read_csv('sales.csv')
table.plot()
plt.figure()
print(int(table['b'].sum()))
raise ValueError('after the figures')
"""
    outcome = session.run(code, files={"sales.csv": b"a,b\n1,2\n3,40\n"})
    assert outcome.stdout == "42\n", outcome.stderr
    assert outcome.exit_code == 1
    assert len(outcome.figures) == 2
    assert all(each.startswith(b"\x89PNG") for each in outcome.figures)
    assert session.run("print(1)").figures == ()


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio; asyncio.run(asyncio.sleep(0))",
        "import asyncio; asyncio.run(asyncio.to_thread(print))",
        "from concurrent.futures import ThreadPoolExecutor as P; P().submit(print)",
        "import subprocess as s; s.run(['sh', '-c', 'echo hi > f; cat f'], check=True)",
        "import os, sys; os.execv(sys.executable, [sys.executable, '-c', 'print(2)'])",
        "import sqlite3; sqlite3.connect('db').execute('create table t (x)')",
        "import shutil; open('a', 'w'); shutil.copy2('a', 'b'); shutil.move('b', 'c')",
        "import zipfile; zipfile.ZipFile('z', 'w').writestr('a', 'b')",
        "import tempfile; tempfile.TemporaryFile().write(b'x')",
        "import zoneinfo; zoneinfo.ZoneInfo('Europe/Berlin')",
        "import secrets, uuid; secrets.token_hex(); uuid.uuid4()",
        "import ssl; ssl.create_default_context()",
        "import os; pid = os.fork(); os._exit(0) if not pid else os.waitpid(pid, 0)",
        "import numpy; numpy.linalg.inv(numpy.eye(300))",
        "import signal; signal.alarm(0); signal.raise_signal(signal.SIGURG)",
    ],
)
def test_ordinary_programs_work(session: Session, code: str) -> None:
    outcome = session.run(code)
    assert (outcome.exit_code, outcome.stderr, outcome.notes) == (0, "", ())


def test_an_interrupt_of_the_cell_kills_the_program(session: Session) -> None:
    begun = Path(session._folders.base, "work", "begun")  # type: ignore[attr-defined]

    def interrupt() -> None:
        wait_until(begun.exists)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        session.run("open('begun', 'w')\nwhile True: pass")
    thread.join()
    assert not strays(session._owner)  # type: ignore[attr-defined]
    assert session.run("print(1)").stdout == "1\n"


def test_a_program_has_an_environment_and_folders_of_its_own(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    code = """
import os, tempfile
from pathlib import Path
print(sorted(set(os.environ) - {'PWD'}))
(Path.home() / 'x').write_text('x')
print(tempfile.NamedTemporaryFile().name.startswith(os.environ['TMPDIR']))
print(os.environ['MPLBACKEND'], os.environ['NBAGENTS_SANDBOX'].split('#')[0])
"""
    names, inside, told = session.run(code).stdout.splitlines()
    assert "KEY" not in names
    assert (inside, told) == ("True", "Agg run-1/chart/1")


def test_it_cannot_ask_for_input(session: Session) -> None:
    assert "EOFError" in session.run("input()").stderr


def test_odd_names_survive_and_what_is_no_text_is_noted(session: Session) -> None:
    code = r"""
for name in ('a b.txt', 'ümlaut\n.txt', '<b>.txt', "'$(x).txt"):
    open(name, 'w').write(name)
open(b'\xff\xfe.txt', 'w').write('x')
"""
    outcome = session.run(code)
    assert set(outcome.files) == {"a b.txt", "ümlaut\n.txt", "<b>.txt", "'$(x).txt"}
    (note,) = outcome.notes
    assert note.startswith("Left out, because its name is no text")
    assert note.isascii()


def test_links_and_pipes_are_left_out_and_noted(session: Session) -> None:
    code = "import os; os.symlink('/etc/passwd', 'l'); os.mkfifo('p'); open('f', 'w')"
    outcome = session.run(code)
    assert outcome.files == {"f": b""}
    assert outcome.notes == (
        "Left out, because it is a link: 'l'.",
        "Left out, because it is no regular file: 'p'.",
    )


def test_what_is_too_much_is_left_out_and_noted(small: Session) -> None:
    code = """
for number in range(9): open(f'{number}.txt', 'w').write('x')
open('large.txt', 'w').write('x' * 2000)
print('a' * 300 + 'b' * 300)
import matplotlib.pyplot as plt
for _ in range(3): plt.figure(figsize=(0.1, 0.1))
"""
    outcome = small.run(code)
    assert list(outcome.files) == ["0.txt", "1.txt", "2.txt"]
    assert outcome.stdout.startswith("a" * 50 + "\n[")
    assert outcome.stdout.endswith("]\n" + "b" * 49 + "\n")
    assert outcome.notes == (
        "501 bytes of stdout were left out.",
        "Left out, because they are too many: '3.txt', '4.txt', '5.txt' and 3 more.",
        "Left out, because together they are too large: 'large.txt'.",
    )
    assert len(outcome.figures) <= 2


def test_a_file_is_never_written_through_a_link_of_a_program(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    code = f"import os; os.symlink({str(tmp_path)!r}, 'd'); os.symlink('d/mine', 'f')"
    session.run(code)
    session.run("pass", files={"f": b"taken"})
    with pytest.raises(SandboxError, match="'d/mine' cannot be written"):
        session.run("pass", files={"d/mine": b"taken"})
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", "a//b", "x\0"])
def test_a_file_outside_is_refused_before_anything_runs(
    session: Session, name: str
) -> None:
    with pytest.raises(SandboxError, match="relative path"):
        session.run("print(1)", files={name: b""})


def test_a_program_that_takes_too_long_is_killed_with_what_it_printed(
    session: Session,
) -> None:
    outcome = session.run("print('so far')\nwhile True: pass", seconds=3)
    assert outcome.exit_code is None
    assert outcome.stdout == "so far\n"
    assert outcome.notes == ("It was killed after 3 seconds.",)


def test_processes_that_are_left_are_killed_and_counted(
    session: Session, level: str
) -> None:
    code = (
        "import subprocess; subprocess.Popen(['sleep', '99'], start_new_session=True)"
    )
    outcome = session.run(code)
    assert outcome.exit_code == 0
    # A namespace takes them along by itself, and nobody counts.
    expected = "Processes that it left were killed: 1."
    assert outcome.notes == (() if level == "bubblewrap" else (expected,))


def at_work(session: Session) -> tuple[threading.Thread, list[BaseException]]:
    """Return a thread that runs an endless program, once that has begun."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            session.run("open('begun', 'w')\nwhile True: pass")
        except SandboxError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    begun = Path(session._folders.base, "work", "begun")  # type: ignore[attr-defined]
    while not begun.exists():
        assert thread.is_alive()
    return thread, errors


def test_closing_kills_the_program_at_work(level: str) -> None:
    session = made(level).open("run-1/chart/1")
    thread, errors = at_work(session)
    session.close()
    thread.join()
    assert [str(error) for error in errors] == ["This sandbox is closed."]
    with pytest.raises(SandboxError, match="closed"):
        session.run("print(1)")


def test_a_second_program_at_the_same_time_is_refused(level: str) -> None:
    session = made(level).open("run-1/chart/1")
    thread, _ = at_work(session)
    with pytest.raises(SandboxError, match="one after the other"):
        session.run("print(1)")
    session.close()
    thread.join()


def test_nothing_is_left_of_a_session(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made(level)  # The first time it is tried out.
    before = open_files(), threading.enumerate(), folders()
    session = made(level).open("run-1/chart/1")
    session.run("import os; os.makedirs('a/b'); os.chmod('a', 0)")
    session.run("while True: pass", seconds=0.3)
    session.close()
    session.close()
    assert (open_files(), threading.enumerate(), folders()) == before
    assert not strays(session._owner)  # type: ignore[attr-defined]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_killed_kernel_takes_program_and_folder_along(level: str) -> None:
    code = f"""
        from nbagents.sandbox import LocalSandbox
        session = LocalSandbox({level!r}, allow_plain=True).open("orphan")
        print(session._folders.base, flush=True)
        session.run('open("begun", "w"); \\nwhile True: pass')
    """
    kernel = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert kernel.stdout is not None
    base = Path(kernel.stdout.readline().strip())
    wait_until((base / "work" / "begun").exists)
    kernel.send_signal(signal.SIGKILL)
    kernel.communicate()
    wait_until(lambda: not base.exists())
    wait_until(lambda: not strays("orphan#"))


def wait_until(done: Callable[[], bool]) -> None:
    for _ in range(500):
        if done():
            return
        threading.Event().wait(0.02)
    pytest.fail("it never came")


def strays(owner: str) -> list[str]:
    mark = f"NBAGENTS_SANDBOX={owner}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in path.read_bytes():
                found.append(path.parent.name)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells whose it is.")
def test_what_a_killed_supervisor_left_is_found_by_its_owner() -> None:
    environment = {**os.environ, "NBAGENTS_SANDBOX": "run-9/x/1#abc"}
    stray = subprocess.Popen(["sleep", "99"], env=environment)
    kill_strays("run-9/x/1#abc")
    assert stray.wait(10) == -signal.SIGKILL


def test_what_a_killed_kernel_left_goes_when_another_session_opens(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, young = tmp_path / "nbagents-sandbox-old", tmp_path / "nbagents-sandbox-new"
    for each in (left, young):
        each.mkdir()
    os.utime(left, (1, 1))
    session = made(level).open("run-1/chart/1")
    os.utime(session._folders.base, (1, 1))  # type: ignore[attr-defined]
    made(level).open("run-1/chart/2").close()
    assert not left.exists()
    assert young.exists()
    assert session.run("print(1)").ok
    session.close()
