"""What every sandbox is: a place that is opened for one task, and runs its programs.

`Sandbox` is the kind of place and how it is set up; `Session` is one such place, made
for one attempt of one task and gone after it. Both are used from a worker thread; only
`Session.close` may be called from another one, also while a program runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

_NONE: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one program.

    Attributes:
        code: The Python source that was run.
        stdout: What it printed, cut at the most that the sandbox keeps.
        stderr: What it printed there, with the traceback of what it did not catch.
        exit_code: 0 where all went well; `None` where it was killed before its end.
        files: What it left in its working directory or changed there, by relative
            path; no links, nothing above the sandbox's limits.
        figures: The figures of matplotlib that were open at its end, as PNG.
        level: What held it, such as "bubblewrap", "landlock" or "hopx".
        seconds: How long it took.
        notes: What was cut, left out or killed, a sentence each.
    """

    code: str
    stdout: str
    stderr: str
    exit_code: int | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    figures: tuple[bytes, ...] = ()
    level: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it ended by itself and well."""
        return self.exit_code == 0


class Session(Protocol):
    """One place where programs of one task run, one after the other.

    Attributes:
        level: What holds it, such as "bubblewrap", "landlock" or "hopx".
    """

    level: str

    def run(
        self, code: str, *, files: Mapping[str, bytes] = _NONE, seconds: float = 60
    ) -> Outcome:
        """Run `code` and return what came of it; a failing program is no error.

        Files of earlier programs of the session are still there.

        Args:
            code: Python source.
            files: Written into the working directory first, by relative path.
            seconds: When it is killed, with all that it started.

        Raises:
            SandboxError: The sandbox itself failed, or was closed meanwhile.
        """

    def close(self) -> None:
        """Kill what still runs and remove what it left; again does nothing.

        Raises:
            SandboxError: Something is left behind that costs or acts; it is named.
        """


@runtime_checkable
class Sandbox(Protocol):
    """A kind of place where generated code runs.

    It may have a method `check()` as well, which raises `SandboxError` where it is
    known without a trial that none can be opened: a key is missing, say. Code agents
    call it before they ask a model.

    Attributes:
        level: What holds the code, as in `Outcome`; known before one is opened.
    """

    level: str

    def open(self, owner: str) -> Session:
        """Return a fresh place that nothing else uses.

        Args:
            owner: Whose it is: the id of the run, the task and the attempt, as
                `"run/task/attempt"`; what is left behind is found by it.

        Raises:
            SandboxError: There is none to be had; the message says what to do.
        """
