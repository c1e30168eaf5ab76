"""Sandboxes for tests: one that really runs programs, and one with gates."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from nbagents.errors import SandboxError
from nbagents.sandbox import Outcome

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)

PATIENCE = 20.0


class Plain:
    """Runs programs in a subprocess, and counts what is open.

    Attributes:
        owners: Of each session that was opened.
        opened: How many were.
        closed: How many were closed.
    """

    level = "plain"

    def __init__(self, figures: tuple[bytes, ...] = ()) -> None:
        self.figures = figures
        self.owners: list[str] = []
        self.opened = self.closed = 0

    def open(self, owner: str) -> "PlainSession":
        self.owners.append(owner)
        self.opened += 1
        return PlainSession(self)


class PlainSession:
    def __init__(self, sandbox: Plain) -> None:
        self.level = sandbox.level
        self._sandbox = sandbox
        self._folder = tempfile.TemporaryDirectory()

    def run(
        self, code: str, *, files: Mapping[str, bytes] = {}, seconds: float = 60
    ) -> Outcome:
        folder = Path(self._folder.name)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        left = [each for each in folder.rglob("*") if each.is_file()]
        return Outcome(
            code=code,
            stdout=done.stdout,
            stderr=done.stderr,
            exit_code=done.returncode,
            files={str(each.relative_to(folder)): each.read_bytes() for each in left},
            figures=self._sandbox.figures,
            level=self.level,
            seconds=0.1,
        )

    def close(self) -> None:
        self._sandbox.closed += 1
        self._folder.cleanup()


class Gated:
    """A sandbox whose every step waits for a gate, and says when it is there.

    Attributes:
        at: Set when `open`, `run` or `close` has begun.
        go: Lets it go on.
        closed: How many sessions were closed.
        killed: Whether a program was killed by closing.
    """

    level = "gated"

    def __init__(self, *held: str) -> None:
        steps = ("open", "run", "close")
        self.at = {step: threading.Event() for step in steps}
        self.go = {step: threading.Event() for step in steps}
        for step in set(steps) - set(held):
            self.go[step].set()
        self.opened = self.closed = 0
        self.killed = False
        self.runs: Callable[[str], Outcome] = said
        self.closes: Callable[[], None] = lambda: None

    def open(self, owner: str) -> "GatedSession":
        self.pass_("open")
        self.opened += 1
        return GatedSession(self)

    def pass_(self, step: str) -> None:
        self.at[step].set()
        assert self.go[step].wait(PATIENCE)

    def wait_until_all_is_closed(self) -> None:
        """Wait for what threads still do; that is what a leak would outlast."""
        end = time.monotonic() + PATIENCE
        while self.closed < self.opened or sandbox_threads():
            assert time.monotonic() < end, "a sandbox was left open"
            time.sleep(0.005)


class GatedSession:
    def __init__(self, sandbox: Gated) -> None:
        self.level = sandbox.level
        self._sandbox = sandbox
        self._over = threading.Event()

    def run(
        self, code: str, *, files: Mapping[str, bytes] = {}, seconds: float = 60
    ) -> Outcome:
        self._sandbox.at["run"].set()
        end = time.monotonic() + PATIENCE
        while not self._sandbox.go["run"].wait(0.005):
            if self._over.is_set():
                self._sandbox.killed = True
                raise SandboxError("it was closed meanwhile")
            assert time.monotonic() < end
        return self._sandbox.runs(code)

    def close(self) -> None:
        self._over.set()
        self._sandbox.pass_("close")
        self._sandbox.closed += 1
        self._sandbox.closes()


def said(code: str, stdout: str = "done\n", **more: object) -> Outcome:
    """Return the outcome of a program that went well."""
    about: dict[str, object] = {
        "stderr": "",
        "exit_code": 0,
        "level": "gated",
        "seconds": 0.1,
    }
    return Outcome(code=code, stdout=stdout, **{**about, **more})  # type: ignore[arg-type]


def sandbox_threads() -> list[threading.Thread]:
    """Return the threads on which something is done for a sandbox."""
    return [each for each in threading.enumerate() if each.name == "nbagents-sandbox"]
