"""What happened to a task beside its attempts."""

from dataclasses import dataclass
from typing import Any

from nbagents.engine.events.base import TaskEvent


@dataclass(frozen=True, slots=True)
class TaskSkipped(TaskEvent):
    """The task will not run, because task `because` did not complete.

    `because` is `None` where a person said so, and where its condition is `unmet`: then
    what depends on it goes on without it.
    """

    because: str | None
    reason: str
    unmet: bool = False


@dataclass(frozen=True, slots=True)
class TaskCancelled(TaskEvent):
    """The run was cancelled before the task was done.

    `abandoned` says that its agent is still at work, in a thread.
    """

    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskEdited(TaskEvent):
    """A person gave the task its result; `digest` as for `TaskCompleted`."""

    result: Any
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class TaskStale(TaskEvent):
    """Something the result was made from has changed, at task `because`.

    `key` is the digest of what it was made from.
    """

    because: str
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class TaskApproved(TaskEvent):
    """A person approved that the task starts.

    Without `approved` that is over: what it is made of has changed. `refused` is why a
    call of a tool is not to be made; `None` where nothing is refused.
    """

    approved: bool = True
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class TaskKept(TaskEvent):
    """A stale result counts again: what it would be made from is the same."""


@dataclass(frozen=True, slots=True)
class TaskReopened(TaskEvent):
    """The task waits again; a result it had before is stale.

    With `afresh` that result does not count any more: the task will be executed. One
    that waits for its next try has its tries anew, and waits no longer.
    """

    afresh: bool = False
