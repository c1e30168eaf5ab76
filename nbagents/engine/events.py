"""What happened in a run: frozen records, in the order in which it happened.

Everything that shows, measures, stores or replays a run reads these and nothing
else. `at` is wall-clock time in seconds since the epoch, `task` a task's id and
`attempt` the number of a try, counted from 1.

`Progress` is the one event that is not kept: it goes to whoever is watching and
is gone, so a stream of a thousand messages does not fill the history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import RunStatus
from nbagents.graph import Plan


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, and when."""

    at: float


@dataclass(frozen=True, slots=True)
class RunCreated(Event):
    """A run exists; `plan` has no tasks yet when a goal is still to be planned.

    `model` is the name of the team's model, `None` where it has none, and
    `simulated` says that it is a scripted one.
    """

    run: str
    plan: Plan
    model: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class RunPlanned(Event):
    """The goal became `plan`."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """Tasks may start from here on: the first time, or again after a stop."""


@dataclass(frozen=True, slots=True)
class RunPaused(Event):
    """Nothing is running and nothing will start until somebody says so."""

    reason: str


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """Every task is finished, or the run was cancelled, or there is no plan.

    `error` says why the goal could not be planned; it is `None` otherwise.
    """

    status: RunStatus
    reason: str = ""
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class TaskEvent(Event):
    """Something that happened to one task."""

    task: str


@dataclass(frozen=True, slots=True)
class AttemptEvent(TaskEvent):
    """Something that happened in one try of one task."""

    attempt: int


@dataclass(frozen=True, slots=True)
class TaskStarted(AttemptEvent):
    """`agent` began to work on the task."""

    agent: str


@dataclass(frozen=True, slots=True)
class ModelAsked(AttemptEvent):
    """A prompt went out: the messages as sent, to the model of that name."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class ModelAnswered(AttemptEvent):
    """The answer came back; token counts are `None` when the server gave none.

    `cost` is in US dollars; `None` means that it is not known.
    """

    model: str
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class TaskCompleted(AttemptEvent):
    """The agent returned `result`."""

    result: Any


@dataclass(frozen=True, slots=True)
class TaskFailed(AttemptEvent):
    """The agent raised, or ran out of time.

    `abandoned` says that it is still at work somewhere, in a thread that cannot
    be stopped; what it returns later is dropped.
    """

    error: Failure
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskInterrupted(AttemptEvent):
    """The attempt was taken away; the task waits to be started again."""

    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskSkipped(TaskEvent):
    """The task will not run, because task `because` did not complete."""

    because: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskCancelled(TaskEvent):
    """The run was cancelled before the task was done.

    `abandoned` says that its agent is still at work, in a thread.
    """

    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Progress(AttemptEvent):
    """What a running task says of itself; not kept.

    `fraction` runs from 0 to 1; `None` means that it is not known.
    """

    message: str = ""
    fraction: float | None = None
