"""One place on this machine where programs of one task run, one after the other."""

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.local import collecting, command, folders
from nbagents.sandbox.local.limits import ProgramLimits
from nbagents.sandbox.local.program import Program
from nbagents.sandbox.protocol import Outcome

_NONE: Mapping[str, bytes] = {}
_XCPU = 128 + 24


class LocalSession:
    """A folder, and the programs that run in it; see `Session`.

    Attributes:
        level: What holds the programs.
    """

    def __init__(
        self, level: str, held: str, owner: str, limits: ProgramLimits
    ) -> None:
        self.level = level
        self._held = held
        self._owner = f"{_printable(owner)}#{uuid.uuid4().hex[:12]}"
        self._limits = limits
        self._at_work = threading.Lock()
        self._state = threading.Lock()
        self._closed = False
        self._waking, self._wake = os.pipe()
        self._folders = folders.Folders()

    def run(
        self, code: str, *, files: Mapping[str, bytes] = _NONE, seconds: float = 60
    ) -> Outcome:
        """Run `code`; see `Session.run`."""
        if not self._at_work.acquire(blocking=False):
            raise SandboxError("A program runs here already: one after the other.")
        try:
            self._check_open()
            return self._run(code, files, seconds)
        finally:
            self._at_work.release()

    def close(self) -> None:
        """Kill what runs and remove the folder; see `Session.close`."""
        with self._state:
            if self._closed:
                return
            self._closed = True
            os.write(self._wake, b"x")
        with self._at_work:
            os.close(self._wake)
            os.close(self._waking)
            self._folders.remove()

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("This sandbox is closed.")

    def _run(self, code: str, files: Mapping[str, bytes], seconds: float) -> Outcome:
        for name, data in files.items():
            folders.write(self._folders.work, name, data)
        before = collecting.marks(self._folders.work)
        began = time.monotonic()
        program = self._started(code, seconds)
        told = program.listen(self._waking)
        self._check_open()
        took = time.monotonic() - began
        if not told["ready"] and not told["killed"]:
            said = program.stderr.text.strip()[-500:]
            raise SandboxError(f"{self._held} cannot hold a program here: {said}")
        return self._outcome(code, program, told, before, took)

    def _started(self, code: str, seconds: float) -> Program:
        base, limits = self._folders.base, self._limits
        setup = command.setup(
            self._held, base, self._owner, code, seconds, self._limits
        )
        return Program(setup, limits.output_bytes, limits.flood_bytes)

    def _outcome(
        self,
        code: str,
        program: Program,
        told: dict[str, Any],
        before: dict[str, tuple[int, int, int]],
        seconds: float,
    ) -> Outcome:
        found = collecting.changed(self._folders.work, before, self._limits)
        figures = collecting.figures(self._folders.figures, self._limits)
        if told["disk"]:  # Or every program after it would be killed for that.
            self._folders.empty()
        return Outcome(
            code=code,
            stdout=program.stdout.text,
            stderr=program.stderr.text,
            exit_code=told["exit"],
            files=found.files,
            figures=figures,
            level=self.level,
            seconds=seconds,
            notes=(*_notes(program, told, self._limits), *found.notes),
        )


def _notes(program: Program, told: dict[str, Any], limits: ProgramLimits) -> list[str]:
    notes = []
    if program.flooded:
        notes.append(f"It was killed for printing over {limits.flood_bytes:,} bytes.")
    elif told["killed"]:
        notes.append(f"It was killed {told['killed']}.")
    if told["exit"] == _XCPU and not told["killed"]:
        notes.append("It was killed for the CPU time that it took.")
    if told["survivors"]:
        notes.append(f"Processes that it left were killed: {told['survivors']}.")
    if told["left"]:
        notes.append(f"Processes that could not be killed: {told['left']}.")
    if told["disk"]:
        notes.append(f"Its folder was emptied, {told['disk']}.")
    for name, kept in (("stdout", program.stdout), ("stderr", program.stderr)):
        if kept.left_out:
            notes.append(f"{kept.left_out:,} bytes of {name} were left out.")
    return notes


def _printable(owner: str) -> str:
    """Return `owner` fit for an environment, which takes no NUL and no lone half."""
    return owner.encode("ascii", "backslashreplace").decode().replace("\0", "?")


def tried(level: str, limits: ProgramLimits, seconds: float = 20) -> str:
    """Run a program at `level`; return why that does not work, or nothing."""
    try:
        session = LocalSession(level, level, "probe", limits)
    except OSError as error:
        return str(error)
    with contextlib.closing(session):
        try:
            outcome = session.run("print(6 * 7)", seconds=seconds)
        except SandboxError as error:
            return str(error)
    return "" if outcome.stdout.strip() == "42" else outcome.stderr.strip()[-500:]
