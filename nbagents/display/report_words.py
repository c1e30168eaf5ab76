"""What happened in a run, in a few words for each event."""

from collections.abc import Callable, Mapping
from typing import Any

from nbagents.display import safe
from nbagents.engine import events as e

_MOST = 60  # characters of a name


def happened(event: e.Event) -> str:
    """Return what `event` says, without keys or passwords."""
    words = _OF_RUNS.get(type(event))
    if words is not None:
        return words(event)
    verb = _OF_TASKS.get(type(event), "changed")
    task = event.task if isinstance(event, e.TaskEvent) else "the run"
    return f"{_named(task)} {verb}"


def _named(text: str) -> str:
    return safe.one_line(text, _MOST)


_OF_TASKS: Mapping[type[e.Event], str] = {
    e.TaskStarted: "started",
    e.ModelAsked: "asked a model",
    e.ModelAnswered: "got an answer",
    e.ToolCalled: "called a tool",
    e.ToolReturned: "heard from a tool",
    e.RunNested: "began a run",
    e.TaskCompleted: "completed",
    e.TaskFailed: "failed",
    e.TaskRetried: "failed, and is tried again",
    e.TaskInterrupted: "was interrupted",
    e.TaskSkipped: "is skipped",
    e.TaskCancelled: "is cancelled",
    e.TaskEdited: "was given a result",
    e.TaskStale: "is stale",
    e.TaskKept: "came out the same",
    e.TaskReopened: "waits again",
}

_OF_RUNS: Mapping[type[e.Event], Callable[[Any], str]] = {
    e.RunPlanned: lambda _: "the goal became a plan",
    e.PlanEdited: lambda _: "the plan was changed",
    e.AgentReplaced: lambda event: f"{_named(event.name)} is another agent",
    e.RunRewound: lambda _: "the run was rewound",
    e.LimitsChanged: lambda _: "the limits were changed",
    e.RunStarted: lambda _: "the run started",
    e.RunPaused: lambda _: "the run paused",
    e.RunEnded: lambda event: f"the run is {event.status}",
}
