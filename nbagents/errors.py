"""Every exception nbagents raises, in one tree.

Each class also subclasses the built-in that a careful user would catch, keeps
its data on attributes, and can be pickled. The message says what happened and
what would have been valid; what to type next is a note, so `str(error)` stays
short while a traceback shows both.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, Self

from nbagents.redaction import Discreet, redacted

DefectKind = Literal[
    "cycle",
    "duplicate_id",
    "empty_id",
    "missing",
    "no_tasks",
    "not_json",
    "self_dependency",
    "too_many_tasks",
    "unknown_agent",
    "unknown_dependency",
    "wrong_type",
]

AnswerDefect = Literal["content_filter", "empty", "length", "no_completion", "refusal"]


class NbagentsError(Exception):
    """Base class of every error nbagents raises on purpose."""

    def with_note(self, note: str) -> Self:
        """Return this error with `note`, the line to type next, added to it."""
        self.add_note(note)
        return self

    def add_note(self, note: str) -> None:
        """Add `note`, without the keys and passwords in it."""
        super().add_note(redacted(note))

    # Not `super()`: KeyError would show the repr of its argument, in quotes.
    def __str__(self) -> str:
        return redacted(Exception.__str__(self))

    def __repr__(self) -> str:
        return redacted(Exception.__repr__(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes: subclasses have `__init__` signatures of their own."""
        return _rebuild, (type(self), self.args, self.__dict__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect(Discreet):
    """One thing that is wrong with a plan.

    Attributes:
        kind: Which rule is broken, such as `"cycle"` or `"unknown_agent"`.
        message: The rule and the names involved, in one sentence.
        task: Id of the task it was found at; `None` when it has no usable id or
            concerns the whole plan.
        names: The names involved: the closed path of a cycle (first id again at
            the end), the unknown dependency, the unknown agent.
        valid: What would have been valid, sorted; empty where there is no list.
    """

    kind: DefectKind
    message: str
    task: str | None = None
    names: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


class PlanError(NbagentsError, ValueError):
    """A plan that cannot run, with everything that is wrong with it.

    Attributes:
        defects: Every defect found, in the order of the tasks.
    """

    def __init__(self, defects: Iterable[Defect]) -> None:
        self.defects: tuple[Defect, ...] = tuple(defects)
        count = len(self.defects)
        heading = "the plan has a defect" if count == 1 else f"{count} defects"
        lines = "\n".join(f"  - {defect.message}" for defect in self.defects)
        super().__init__(f"{heading}:\n{lines}")


class AgentError(NbagentsError, TypeError):
    """Something that was given as an agent cannot be one."""


class AgentProcessError(NbagentsError, RuntimeError):
    """The process of an isolated agent died, or could not be given its work.

    It also stands for what the agent raised where that cannot be sent: the message
    then begins with the name of its class.

    Attributes:
        agent: Name of the agent.
        exit_code: What the process ended with; `-11` for signal 11, as `subprocess`
            has it. `None` where it did not die.
    """

    def __init__(
        self, message: str, *, agent: str, exit_code: int | None = None
    ) -> None:
        self.agent = agent
        self.exit_code = exit_code
        super().__init__(message)


class UnknownAgentError(NbagentsError, KeyError):
    """The name of an agent that the run does not have.

    Attributes:
        agent: The name that was asked for.
        valid: The names there are, sorted.
    """

    def __init__(self, agent: object, valid: Iterable[str]) -> None:
        self.agent = agent
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(
            f"no agent named {agent!r} in this run {alternatives(agent, self.valid)}"
        )


class UnknownTaskError(NbagentsError, KeyError):
    """A task id that the plan does not have.

    Attributes:
        task: The id that was asked for.
        valid: The ids the plan has, sorted.
    """

    def __init__(self, task: object, valid: Iterable[str]) -> None:
        self.task = task
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(
            f"no task named {task!r} in this plan {alternatives(task, self.valid)}"
        )


class RunStateError(NbagentsError, RuntimeError):
    """A verb that the run cannot follow in the state it is in.

    Attributes:
        verb: What was asked for, such as `"resume"`.
        status: The state the run, or the task, was in.
    """

    def __init__(self, message: str, *, verb: str, status: str) -> None:
        self.verb = verb
        self.status = status
        super().__init__(message)


class TaskTimeout(NbagentsError, TimeoutError):
    """An attempt that took longer than the team's `task_timeout`.

    Attributes:
        task: Id of the task.
        seconds: The limit that was passed, in seconds.
    """

    def __init__(self, task: str, seconds: float) -> None:
        self.task = task
        self.seconds = seconds
        super().__init__(f"task '{task}' did not finish within {seconds:g} s")


class ModelError(NbagentsError, RuntimeError):
    """A model could not be reached, or answered with something unusable.

    Attributes:
        status_code: HTTP status of the server's answer; `None` when there was
            no answer, or when it looked like a success.
    """

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        self.status_code = status_code
        super().__init__(message)


class ModelAnswerError(ModelError):
    """A model was reached, and what it answered cannot be used.

    Attributes:
        reason: `"refusal"`, `"content_filter"`, `"length"` (cut off at its limit
            of tokens), `"empty"`, or `"no_completion"` (not an answer at all).
        text: As much of an answer as there was.
    """

    def __init__(self, message: str, *, reason: AnswerDefect, text: str = "") -> None:
        self.reason: AnswerDefect = reason
        self.text = text
        super().__init__(message)


class ModelNotConfiguredError(ModelError, ValueError):
    """A model is needed, and there is no model, or no key for it."""


class JournalError(NbagentsError, OSError):
    """The runs on disk cannot be read or written."""


class JournalWriteError(JournalError):
    """Nothing of this write was stored; the same write can be tried again."""


class NotAJournalError(JournalError, ValueError):
    """The file is something else than a journal; it was left as it is."""


class JournalVersionError(JournalError):
    """The journal was written by another version of nbagents.

    Attributes:
        version: The version of its format.
        newest: The newest format that this nbagents reads.
    """

    def __init__(self, message: str, *, version: int, newest: int) -> None:
        self.version = version
        self.newest = newest
        super().__init__(message)


class JournalDamagedError(JournalError, ValueError):
    """What is on disk is not what was written there.

    Attributes:
        run: Id of the run concerned; `None` when it is the whole file.
        intact: How many records of that run, from its first on, are as written.
    """

    def __init__(self, message: str, run: str | None = None, intact: int = 0) -> None:
        self.run = run
        self.intact = intact
        super().__init__(message)


class JournalRecordError(JournalError, ValueError):
    """A text that is no record of something that happened in a run.

    Attributes:
        number: Place of the record in its run, from 0; `None` where it is not known.
    """

    def __init__(self, message: str, *, number: int | None = None) -> None:
        self.number = number
        super().__init__(message)


class UnknownRunError(JournalError, KeyError):
    """The id of a run that is not in the journal.

    Attributes:
        run: The id that was asked for.
        valid: The ids there are, sorted.
    """

    def __init__(self, run: str, valid: Iterable[str]) -> None:
        self.run = run
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(f"no run '{run}' here {alternatives(run, self.valid)}")


class RunClaimedError(JournalError, PermissionError):
    """Somebody else writes this run; it can be looked at.

    Attributes:
        run: Id of the run.
        host: Name of the machine where it is written; empty when nobody has it.
        pid: The process there.
        since: When it took the run, in seconds since the epoch.
    """

    def __init__(
        self, message: str, *, run: str, host: str = "", pid: int = 0, since: float = 0
    ) -> None:
        self.run, self.host, self.pid, self.since = run, host, pid, since
        super().__init__(message)


def suggestion(name: object, valid: Collection[str]) -> str | None:
    """Return the valid name that `name` was probably meant to be, or `None`."""
    if len(valid) > _MOST_COMPARED:
        return None
    matches = get_close_matches(str(name), list(valid), n=1)
    return matches[0] if matches else None


def alternatives(name: object, valid: tuple[str, ...]) -> str:
    """Return the valid names, and the one that was probably meant, as a remark."""
    listed = ", ".join(f"'{each}'" for each in valid[:_MOST_LISTED]) or "none"
    if len(valid) > _MOST_LISTED:
        listed += f", and {len(valid) - _MOST_LISTED} more"
    meant = suggestion(name, valid)
    hint = f" Did you mean '{meant}'?" if meant else ""
    return f"(known: {listed}).{hint}"


# A message that lists hundreds of names is not read, and comparing every unknown
# name of a large plan with every id takes minutes.
_MOST_LISTED = 12
_MOST_COMPARED = 1_000


def _rebuild(
    cls: type[NbagentsError], args: tuple[Any, ...], data: dict[str, Any]
) -> NbagentsError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(data)
    return error
