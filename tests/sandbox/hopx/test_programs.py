"""Programs run in a sandbox at HopX, and what comes of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox import Sandbox
from nbagents.sandbox.hopx import packing
from sandbox.hopx.fake_hopx import KEY, FakeHopx
from sandbox.hopx.opened import OWNER, hopx, opened

ALL_BYTES = bytes(range(256)) * 3


def test_a_program_prints_and_ends(fake: FakeHopx) -> None:
    session = opened(fake)
    outcome = session.run("import sys\nprint('6 × 7 =', 6 * 7)\nsys.stderr.write('hm')")
    session.close()
    assert (outcome.stdout, outcome.stderr) == ("6 × 7 = 42\n", "hm")
    assert outcome.ok
    assert outcome.level == session.level == hopx(fake).level == "hopx"
    assert outcome.seconds > 0
    assert outcome.notes == ()
    assert fake.alive == []


def test_it_is_a_sandbox_as_the_protocol_has_it(fake: FakeHopx) -> None:
    assert isinstance(hopx(fake), Sandbox)


def test_what_is_asked_for_has_a_lifetime_and_no_internet(fake: FakeHopx) -> None:
    opened(fake, lifetime=300).close()
    order = fake.bodies[0]
    assert order.pop("timeout_seconds") in range(200, 300)
    assert order == {"template_name": "code-interpreter", "internet_access": False}
    assert fake.headers[0]["X-API-Key"] == KEY


def test_internet_and_another_template_can_be_asked_for(fake: FakeHopx) -> None:
    with pytest.raises(SandboxError, match="no such template"):
        opened(fake, internet=True, template="mine")
    assert fake.bodies[0]["internet_access"] is True
    assert fake.bodies[0]["template_name"] == "mine"


def test_address_and_key_may_come_from_the_environment(
    fake: FakeHopx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOPX_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("HOPX_BASE_URL", fake.url + "/")
    session = hopx(fake, api_key=None, base_url=None).open(OWNER)
    assert fake.alive == [session.name]
    session.close()


@pytest.mark.parametrize(
    "code, error",
    [
        ("def f():\n    return 1 / 0\nf()", "line 2, in f\n    return 1 / 0"),
        ("x = (", "SyntaxError: '(' was never closed"),
        ("raise SystemExit('no such file')", "no such file"),
    ],
)
def test_a_program_that_fails_is_no_error(
    fake: FakeHopx, code: str, error: str
) -> None:
    session = opened(fake)
    outcome = session.run(code)
    session.close()
    assert outcome.exit_code == 1
    assert error in outcome.stderr
    assert "/.nbagents/" not in outcome.stderr
    assert not outcome.ok


def test_the_code_of_its_exit_comes_back(fake: FakeHopx) -> None:
    session = opened(fake)
    assert session.run("import sys; sys.exit(3)").exit_code == 3
    session.close()


def test_a_program_is_the_main_module_in_its_own_folder(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "import sys, helper\nprint(__name__, sys.argv, helper.x)"
    outcome = session.run(code, files={"helper.py": b"x = 5"})
    session.close()
    assert outcome.stdout == "__main__ ['program.py'] 5\n"


def test_files_go_in_and_come_back_as_they_are(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "data = open('d/in.bin', 'rb').read()\nopen('out.bin', 'wb').write(data)"
    outcome = session.run(code, files={"d/in.bin": ALL_BYTES, "same.txt": b"aGk="})
    assert outcome.files == {"out.bin": ALL_BYTES}
    session.close()


def test_what_looks_like_base64_stays_what_it_is(fake: FakeHopx) -> None:
    session = opened(fake)
    outcome = session.run("open('x', 'w').write('aGVsbG8=')")
    session.close()
    assert outcome.files == {"x": b"aGVsbG8="}


def test_files_of_earlier_programs_are_still_there(fake: FakeHopx) -> None:
    session = opened(fake)
    session.run("open('a', 'w').write('1'); open('b', 'w').write('1')")
    outcome = session.run("open('b', 'w').write(open('a').read() + '2')")
    session.close()
    assert outcome.files == {"b": b"12"}


def test_links_and_caches_do_not_come_back(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "import os\nos.symlink('/etc/passwd', 'link')\nos.mkdir('__pycache__')\n"
    code += "open('__pycache__/x', 'w').close()\nos.mkfifo('pipe')"
    outcome = session.run(code)
    session.close()
    assert outcome.ok
    assert outcome.files == {}


def test_a_path_that_leads_elsewhere_is_refused(fake: FakeHopx) -> None:
    session = opened(fake)
    for name in ("../x", "/etc/x", "", ".", "a/../../x", "a\\b", "a//b", "c:x", "\0"):
        with pytest.raises(SandboxError, match="relative"):
            session.run("print(1)", files={name: b""})
    assert session.run("print(1)").ok
    session.close()


def test_figures_come_back_as_pictures_also_after_an_error(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\n1 / 0"
    outcome = session.run(code)
    session.close()
    assert [each[:4] for each in outcome.figures] == [b"\x89PNG"] * 2
    assert outcome.exit_code == 1
    assert outcome.files == {}


def test_too_long_a_program_is_killed_with_all_it_started(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "import os\nprint('on it')\nif not os.fork(): os.setsid()\nwhile True: pass"
    outcome = session.run(code, seconds=0.5)
    assert outcome.exit_code is None
    assert outcome.stdout.startswith("on it\n")
    assert outcome.notes == ("It was killed after 0.5 s, the most it may take.",)
    assert session.run("print('next')").stdout == "next\n"
    session.close()
    assert fake.processes(session.name) == []


def test_what_a_program_leaves_at_work_is_killed_at_its_end(fake: FakeHopx) -> None:
    session = opened(fake)
    code = "import subprocess, sys\n"
    code += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'], "
    code += "start_new_session=True)"
    assert session.run(code).ok
    assert fake.processes(session.name) == []
    session.close()


def test_a_program_that_kills_itself_has_no_exit_code(fake: FakeHopx) -> None:
    session = opened(fake)
    outcome = session.run("import os\nos.kill(os.getpid(), 9)")
    session.close()
    assert outcome.exit_code is None
    assert outcome.notes == ("It was killed by signal 9.",)


def test_a_program_that_kills_its_watch_costs_the_sandbox(fake: FakeHopx) -> None:
    session = opened(fake)
    with pytest.raises(SandboxError, match="what watches over the program has died"):
        session.run("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(99)")
    assert fake.alive == []
    assert fake.processes(session.name) == []


def test_too_much_is_cut_and_said(
    fake: FakeHopx, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in {"TEXT": 100, "FILES": 2, "FILE": 10, "TOTAL": 15}.items():
        monkeypatch.setattr(packing, f"_MOST_{name}", most)
    session = opened(fake)
    outcome = session.run(
        "print('a' * 200, end='b')\n"
        "for name, size in {'1': 20, '2': 9, '3': 9}.items():\n"
        "    open(name, 'w').write('x' * size)"
    )
    assert outcome.stdout == "a" * 50 + "\n[... 101 bytes ...]\n" + "a" * 49 + "b"
    assert outcome.files == {"2": b"x" * 9}
    assert outcome.notes == (
        "101 bytes in the middle of stdout are left out.",
        '"1" is left out: it has more than 10 bytes.',
        "1 files are left out: more than 2 changed.",
    )
    assert (
        "together" in session.run("for n in '45': open(n, 'w').write('x' * 9)").notes[0]
    )
    session.close()


def test_large_files_come_in_parts(fake: FakeHopx) -> None:
    session = opened(fake)
    outcome = session.run("for n in 'abc': open(n, 'w').write(n * 3_000_000)")
    session.close()
    assert {n: len(outcome.files[n]) for n in outcome.files} == dict.fromkeys(
        "abc", 3_000_000
    )
    assert fake.count("part-") == 2


def test_a_longer_program_has_its_sandbox_live_longer(fake: FakeHopx) -> None:
    session = opened(fake, lifetime=60)
    session.run("print(1)", seconds=500)
    assert fake.count("PUT") == 1
    assert fake.boxes[session.name].order["timeout_seconds"] >= 500
    session.close()


def test_where_that_is_not_allowed_what_is_left_has_to_do(fake: FakeHopx) -> None:
    session = opened(fake, lifetime=60)
    fake.fail("PUT", status=403)
    assert session.run("print(1)", seconds=5).ok
    with pytest.raises(SandboxError, match="may not do this"):
        session.run("print(1)", seconds=500)
    assert fake.alive == []


def test_a_time_that_is_none_is_refused(fake: FakeHopx) -> None:
    session = opened(fake)
    for seconds in (0, -1, float("inf"), float("nan"), 100_000):
        with pytest.raises(SandboxError, match="a program has 0 to 72,000 seconds"):
            session.run("print(1)", seconds=seconds)
    session.close()


def test_a_program_that_is_no_text_is_refused(fake: FakeHopx) -> None:
    session = opened(fake)
    with pytest.raises(SandboxError, match="half a character"):
        session.run("print('\ud800')")
    session.close()


def test_files_that_have_no_place_are_said(fake: FakeHopx) -> None:
    session = opened(fake)
    outcome = session.run("print(1)", files={"a": b"", "a/b": b""})
    assert outcome.exit_code is None
    assert "could not be run" in outcome.notes[0]
    assert session.run("print(1)").ok
    session.close()


def test_sessions_are_apart(fake: FakeHopx) -> None:
    first, second = opened(fake), opened(fake)
    first.run("open('mine', 'w').close()")
    assert second.run("import os; print(os.listdir('.'))").stdout == "[]\n"
    first.close()
    assert fake.alive == [second.name]
    second.close()


def test_closing_again_does_nothing_and_a_closed_one_runs_nothing(
    fake: FakeHopx,
) -> None:
    session = opened(fake)
    session.close()
    session.close()
    with pytest.raises(SandboxError, match="closed"):
        session.run("print(1)")
    assert fake.count("DELETE") == 1


def test_closing_from_another_thread_ends_what_runs(fake: FakeHopx) -> None:
    session = opened(fake)
    with ThreadPoolExecutor() as threads:
        running = threads.submit(session.run, "while True: pass")
        fake.wait_for("POST .*/execute")
        session.close()
        with pytest.raises(SandboxError, match="closed while it was at work"):
            running.result(20)
    assert fake.alive == []
    assert fake.processes(session.name) == []


def test_a_sandbox_that_is_over_holds_no_connection(fake: FakeHopx) -> None:
    session = opened(fake)
    session.run("print(1)")
    session.close()
    port = int(fake.url.rpartition(":")[2])
    held = psutil.Process().net_connections("tcp")
    states = [each.status for each in held if each.raddr and each.raddr.port == port]
    assert psutil.CONN_ESTABLISHED not in states


def test_many_are_opened_at_once(fake: FakeHopx) -> None:
    together = threading.Barrier(3)

    def one(number: int) -> str:
        together.wait(20)
        session = opened(fake)
        try:
            return session.run(f"print({number})").stdout
        finally:
            session.close()

    with ThreadPoolExecutor(3) as threads:
        assert [*threads.map(one, range(3))] == ["0\n", "1\n", "2\n"]
    assert len({each.order["timeout_seconds"] for each in fake.boxes.values()}) == 3
    assert fake.alive == []
