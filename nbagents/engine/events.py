"""What happened in a run: frozen records, in the order in which it happened.

Everything that shows, measures, stores or replays a run reads these and nothing
else. `at` is wall-clock time in seconds since the epoch, `task` a task's id and
`attempt` the number of a try, counted from 1.

`Progress` and `BreakpointsChanged` are not kept: they go to whoever is watching and
are gone. A stream of a thousand messages does not fill the history, and where a run is
to stop is nothing that happened in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.limits import UNLIMITED, Limits
from nbagents.engine.record import TaskState
from nbagents.graph import Plan
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class Event(Discreet):
    """One thing that happened, and when."""

    at: float


@dataclass(frozen=True, slots=True)
class RunCreated(Event):
    """A run exists; `plan` has no tasks yet when a goal is still to be planned.

    `model` is the name of the team's model, `None` where it has none, and
    `simulated` says that it is a scripted one. `parent` is the id of the run it was
    forked from, whose events up to then follow. `limits` is the most it may use.
    `notebook` is the name of the notebook it was made in, `None` where that is unknown.
    `within` is the id of the run whose agent began this one, `None` where a person did.
    """

    run: str
    plan: Plan
    model: str | None = None
    simulated: bool = False
    parent: str | None = None
    limits: Limits = UNLIMITED
    notebook: str | None = None
    within: str | None = None


@dataclass(frozen=True, slots=True)
class RunPlanned(Event):
    """The goal became `plan`."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class PlanEdited(Event):
    """A person changed the plan of the run; tasks that are new wait."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class AgentReplaced(Event):
    """From here on `by` does what the agent `name` did.

    `digest` is that of what it executes; see `digests`.
    """

    name: str
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunRewound(Event):
    """The run is again as it was after the first `to` events of its history.

    `plan` and `tasks` are what they were then, but for the attempts: those that were
    made later were made, and stay.
    """

    to: int
    plan: Plan
    tasks: Mapping[str, TaskState]


@dataclass(frozen=True, slots=True)
class LimitsChanged(Event):
    """From here on the run may use what `limits` says."""

    limits: Limits


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
    """`agent` began to work on the task.

    `description` is what it was asked where that is not what the plan says. `digest` is
    that of what the plan's agent executed then, and `lasting` what another kernel would
    find of it; see `digests`.
    """

    agent: str
    description: str | None = None
    digest: str | None = None
    lasting: str | None = None


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
class RunNested(AttemptEvent):
    """The agent began a run of its own, of the id `run`, to do the task."""

    run: str


@dataclass(frozen=True, slots=True)
class TaskCompleted(AttemptEvent):
    """The agent returned `result`.

    `digest` is that of its content when it was returned; `None` for plain text and
    numbers, which cannot change.
    """

    result: Any
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class TaskFailed(AttemptEvent):
    """The agent raised, or ran out of time.

    `abandoned` says that it is still at work somewhere, in a thread that cannot
    be stopped; what it returns later is dropped.
    """

    error: Failure
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskRetried(AttemptEvent):
    """The attempt failed, and the task will be tried again `wait` seconds later.

    Until then it is pending; `abandoned` as for `TaskFailed`.
    """

    error: Failure
    wait: float
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskInterrupted(AttemptEvent):
    """The attempt was taken away; the task waits to be started again."""

    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskSkipped(TaskEvent):
    """The task will not run, because task `because` did not complete.

    `because` is `None` where a person said so.
    """

    because: str | None
    reason: str


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
class TaskKept(TaskEvent):
    """A stale result counts again: what it would be made from is the same."""


@dataclass(frozen=True, slots=True)
class TaskReopened(TaskEvent):
    """The task waits again; a result it had before is stale.

    With `afresh` that result does not count any more: the task will be executed. One
    that waits for its next try has its tries anew, and waits no longer.
    """

    afresh: bool = False


@dataclass(frozen=True, slots=True)
class Progress(AttemptEvent):
    """What a running task says of itself; not kept.

    `fraction` runs from 0 to 1; `None` means that it is not known.
    """

    message: str = ""
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class BreakpointsChanged(Event):
    """A breakpoint was set or removed: `run.breakpoints` has those of now; not kept."""


NOT_KEPT = (Progress, BreakpointsChanged)
"""Events that only whoever is watching is told of; they change no state."""
