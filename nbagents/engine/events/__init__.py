"""What happened in a run: frozen records, in the order in which it happened.

Everything that shows, measures, stores or replays a run reads these and nothing
else. `at` is wall-clock time in seconds since the epoch, `task` a task's id and
`attempt` the number of a try, counted from 1.

`Progress` and `BreakpointsChanged` are not kept: they go to whoever is watching and
are gone. A stream of a thousand messages does not fill the history, and where a run is
to stop is nothing that happened in it.
"""

from nbagents.engine.events.base import (
    AttemptEvent,
    Event,
    TaskEvent,
)
from nbagents.engine.events.of_attempts import (
    ModelAnswered,
    ModelAsked,
    Progress,
    RunNested,
    TaskCompleted,
    TaskFailed,
    TaskInterrupted,
    TaskRetried,
    TaskStarted,
    ToolCalled,
    ToolReturned,
)
from nbagents.engine.events.of_runs import (
    AgentReplaced,
    BreakpointsChanged,
    LimitsChanged,
    PlanEdited,
    RunCreated,
    RunEnded,
    RunPaused,
    RunPlanned,
    RunRewound,
    RunStarted,
    StepDown,
)
from nbagents.engine.events.of_tasks import (
    TaskApproved,
    TaskCancelled,
    TaskEdited,
    TaskKept,
    TaskReopened,
    TaskSkipped,
    TaskStale,
)

__all__ = [
    "NOT_KEPT",
    "AgentReplaced",
    "AttemptEvent",
    "BreakpointsChanged",
    "Event",
    "LimitsChanged",
    "ModelAnswered",
    "ModelAsked",
    "PlanEdited",
    "Progress",
    "RunCreated",
    "RunEnded",
    "RunNested",
    "RunPaused",
    "RunPlanned",
    "RunRewound",
    "RunStarted",
    "StepDown",
    "TaskApproved",
    "TaskCancelled",
    "TaskCompleted",
    "TaskEdited",
    "TaskEvent",
    "TaskFailed",
    "TaskInterrupted",
    "TaskKept",
    "TaskReopened",
    "TaskRetried",
    "TaskSkipped",
    "TaskStale",
    "TaskStarted",
    "ToolCalled",
    "ToolReturned",
]

NOT_KEPT = (Progress, BreakpointsChanged)
"""Events that only whoever is watching is told of; they change no state."""
