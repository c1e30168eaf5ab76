"""What happened to a run as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbagents.engine.events.base import Event
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.limits import UNLIMITED, Limits
from nbagents.engine.record import TaskState
from nbagents.graph import Plan
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class StepDown(Discreet):
    """A run went on with something simpler: `to` what, and `because` of what."""

    to: str
    because: str


@dataclass(frozen=True, slots=True)
class RunCreated(Event):
    """A run exists; `plan` has no tasks yet when a goal is still to be planned.

    `model` is the name of the team's model, `None` where it has none, and
    `simulated` says that it is a scripted one. `parent` is the id of the run it was
    forked from, whose events up to then follow. `limits` is the most it may use.
    `notebook` is the name of the notebook it was made in, `None` where that is unknown.
    `within` is the id of the run whose agent began this one, `None` where a person did.
    `approve` has the ids of tasks, and the names of agents whose tasks, wait for a
    person before they start. `metadata` is what the team says of its runs.
    """

    run: str
    plan: Plan
    model: str | None = None
    simulated: bool = False
    parent: str | None = None
    limits: Limits = UNLIMITED
    notebook: str | None = None
    within: str | None = None
    approve: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunPlanned(Event):
    """The goal became `plan`.

    `step` says that this is something simpler, because it could not be planned.
    """

    plan: Plan
    step: StepDown | None = None


@dataclass(frozen=True, slots=True)
class PlanEdited(Event):
    """A person changed the plan of the run, or the run did; tasks that are new wait.

    `step` says that this is something simpler, because the plan had failed.
    """

    plan: Plan
    step: StepDown | None = None


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

    `plan`, `tasks` and `degraded` are what they were then, but for the attempts: those
    that were made later were made, and stay.
    """

    to: int
    plan: Plan
    tasks: Mapping[str, TaskState]
    degraded: tuple[StepDown, ...] = ()


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
class BreakpointsChanged(Event):
    """A breakpoint was set or removed: `run.breakpoints` has those of now; not kept."""
