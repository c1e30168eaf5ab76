"""Hostile programs, each at each level: what gets through is what the docs say."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nbagents
from nbagents.sandbox import LocalSandbox, Outcome, ProgramLimits
from sandbox.hostile_programs import (
    AMOUNTS,
    BEGIN,
    DEPENDS,
    LEVELS,
    PROGRAMS,
    THROUGH,
    Hostile,
    table,
)
from sandbox.local.here import LEVELS_HERE

ROOT = Path(__file__).resolve().parents[3]
SECRET = "the secret of the house"
KEY = "NBAGENTS_TEST_API_KEY"
LIMITS = ProgramLimits(
    memory=300_000_000,
    cpu_seconds=1,
    file_bytes=5_000_000,
    disk_bytes=20_000_000,
    disk_entries=500,
    processes=20,
    output_bytes=10_000,
    flood_bytes=3_000_000,
)


class World:
    """What a program could reach if nothing held it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.file = self.home / "secret.txt"
        self.file.write_text(SECRET)
        self.file.chmod(0o600)
        self.notebook = folder / "lesson.ipynb"
        self.notebook.write_text(SECRET)
        self.token = uuid.uuid4().hex
        self.left = Path("/tmp") / f"nbagents-left-{self.token}"
        self.others = Path("/tmp") / f"nbagents-others-{self.token}"
        self.others.write_text(SECRET)
        self.left_shared = Path("/dev/shm") / f"nbagents-left-{self.token}"
        self.packages = Path(sysconfig.get_path("purelib"))
        self.mark = f"8{int(self.token[:6], 16)}"
        self.shared_key = int(self.token[:7], 16)
        self.victim = subprocess.Popen(["sleep", "600"])
        self.signalled = threading.Event()
        self.before = signal.signal(signal.SIGURG, lambda *_: self.signalled.set())
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.settimeout(0.3)
        self.socket_file = f"/tmp/nbagents-{self.token[:12]}.sock"
        self.unix = [
            listening(self.socket_file),
            listening(f"\0nbagents-{self.token}"),
        ]

    def names(self) -> str:
        """Return what programs know of it, as source."""
        known = {
            "KERNEL": os.getpid(),
            "VICTIM": self.victim.pid,
            "KEY": KEY,
            "HOME": str(self.home),
            "HOME_FILE": str(self.file),
            "NOTEBOOK": str(self.notebook),
            "OTHERS": str(self.others),
            "LEFT": str(self.left),
            "LEFT_SHARED": str(self.left_shared),
            "PACKAGES": str(self.packages),
            "LAUNCHER": str(
                Path(nbagents.__file__).parent / "sandbox/local/inside/launcher.py"
            ),
            "PORT": self.tcp.getsockname()[1],
            "UDP_PORT": self.udp.getsockname()[1],
            "SOCKET_FILE": self.socket_file,
            "ABSTRACT": f"nbagents-{self.token}",
            "MACHINE": os.uname().nodename,
            "SHARED_KEY": self.shared_key,
            "MARK": self.mark,
            "HOLD": 1.5,
        }
        return "\n".join(f"{name} = {value!r}" for name, value in known.items())

    def close(self) -> None:
        signal.signal(signal.SIGURG, self.before)
        self.victim.kill()
        self.victim.wait()
        for each in (self.tcp, self.udp, *self.unix):
            each.close()
        left = (self.left, self.others, self.left_shared, Path(self.socket_file))
        for path in (*left, self.packages / "nbagents_was_here"):
            path.unlink(missing_ok=True)


def listening(address: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen()
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv(KEY, SECRET)
    made = World(tmp_path)
    yield made
    made.close()


def says(world: World, outcome: Outcome) -> bool:
    return "GOT THROUGH" in outcome.stdout


def is_left(world: World, outcome: Outcome) -> bool:
    mark = f"sleep\0{world.mark}\0".encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It has ended meanwhile.
            if mark in path.read_bytes():
                return True
    return False


def a_datagram_arrived(world: World, outcome: Outcome) -> bool:
    with contextlib.suppress(TimeoutError):
        return world.udp.recv(1) == b"x"
    return False


def handed_back(world: World, outcome: Outcome) -> bool:
    return any(SECRET.encode() in data for data in outcome.files.values())


def no_picture(world: World, outcome: Outcome) -> bool:
    return any(not each.startswith(b"\x89PNG") for each in outcome.figures)


def too_much_kept(world: World, outcome: Outcome) -> bool:
    most = LIMITS.output_bytes + 100
    return max(len(outcome.stdout), len(outcome.stderr)) > most


def shared_memory_left(world: World, outcome: Outcome) -> bool:
    return str(world.shared_key) in Path("/proc/sysvipc/shm").read_text().split()


def mode_changed(world: World, outcome: Outcome) -> bool:
    return world.file.stat().st_mode & 0o777 != 0o600


SIGNS: dict[str, Callable[[World, Outcome], bool]] = {
    "says": says,
    "a signal arrived": lambda world, _: world.signalled.is_set(),
    "a process is left": is_left,
    "a datagram arrived": a_datagram_arrived,
    "the secret is handed back": handed_back,
    "a figure is no picture": no_picture,
    "all of it is kept": too_much_kept,
    "shared memory is left": shared_memory_left,
    "the mode is another": mode_changed,
    "the time is another": lambda world, _: world.file.stat().st_mtime == 1,
    "the victim is dead": lambda world, _: dead(world.victim),
    "it ended by itself": lambda _, outcome: outcome.exit_code == 0,
    "the pipe is handed back": lambda _, outcome: "result.csv" in outcome.files,
    "something is left": lambda world, _: world.left.exists(),
    "something is left in shared memory": lambda world, _: world.left_shared.exists(),
    "the packages are changed": lambda world, _: (
        world.packages / "nbagents_was_here"
    ).exists(),
    "the folder is left": lambda *_: False,  # Looked at when the session is closed.
}


def dead(process: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.2)
    return process.returncode is not None


def name(program: Hostile) -> str:
    return program.tries.replace(" ", "-")


@pytest.mark.skipif(sys.platform != "linux", reason="The programs are for Linux.")
@pytest.mark.parametrize("program", PROGRAMS, ids=name)
@pytest.mark.parametrize("level", LEVELS_HERE)
def test_what_gets_through_is_what_is_documented(
    world: World, level: str, program: Hostile
) -> None:
    session = LocalSandbox(level, allow_plain=True, limits=LIMITS).open("hostile")
    with contextlib.closing(session):
        code = f"{world.names()}\n{BEGIN}\n{program.code}"
        outcome = session.run(code, seconds=program.seconds)
        got = SIGNS[program.sign](world, outcome)
        if program.at(level) != DEPENDS:
            assert got == (program.at(level) == THROUGH), outcome
        if program in AMOUNTS:  # What was too much is no harm to the next.
            assert session.run("print(6 * 7)").stdout == "42\n"
    assert not folder_of(session).exists()
    assert not is_left(world, outcome)


def folder_of(session: object) -> Path:
    return Path(session._folders.base)  # type: ignore[attr-defined]


def test_there_are_at_least_sixty_hostile_programs() -> None:
    assert len(PROGRAMS) >= 60
    assert len({each.tries for each in PROGRAMS}) == len(PROGRAMS)


def test_the_documentation_says_what_the_programs_say() -> None:
    text = (ROOT / "docs" / "sandboxes.md").read_text("utf-8")
    rows = re.findall(r"^\|.*\|$", text, re.MULTILINE)
    begin = rows.index(f"| what a program tries | {' | '.join(LEVELS)} |")
    assert rows[begin : begin + len(table().splitlines())] == table().splitlines()
