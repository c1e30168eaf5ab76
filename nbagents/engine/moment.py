"""A run as it was at one moment of its history."""

from collections.abc import Mapping, Sequence
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.fold import replay
from nbagents.engine.run_view import RunView
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError
from nbagents.graph import Plan
from nbagents.redaction import clipped

ENDS = (
    e.TaskCompleted,
    e.TaskFailed,
    e.TaskSkipped,
    e.TaskCancelled,
    e.TaskEdited,
)
"""The events with which a task ends, or is given its end."""


class Moment(RunView):
    """A run as it was; it can be read like the run itself, and not be changed.

    Attributes:
        event: The last event that had happened.
    """

    def __init__(self, history: Sequence[e.Event]) -> None:
        self.event = history[-1]
        self._history = tuple(history)
        self._state = replay(history)

    @property
    def id(self) -> str:
        """The id of the run."""
        return self._state.run

    @property
    def state(self) -> RunState:
        """Where the run stood."""
        return self._state

    @property
    def history(self) -> tuple[e.Event, ...]:
        """Everything that had happened, in order."""
        return self._history

    @property
    def progress(self) -> Mapping[str, e.Progress]:
        """Nothing: what tasks say while they work is not kept."""
        return {}


def moment(history: Sequence[e.Event], plan: Plan, at: Any) -> Moment:
    """Return the run as it was right after `at`; raises as `position` does."""
    return Moment(history[: position(history, plan, at) + 1])


def position(history: Sequence[e.Event], plan: Plan, at: Any) -> int:
    """Return the place in `history` of `at`, a task's end or an event.

    Raises:
        UnknownTaskError: `at` is the id of no task.
        RunStateError: The task has not ended yet.
        ValueError: `at` is an event of another run.
        TypeError: `at` is neither.
    """
    if isinstance(at, str):
        return _end_of(history, plan, at)
    if not isinstance(at, e.Event):
        message = f"a moment is the id of a task or an event, not {clipped(at, 60)}"
        raise TypeError(message)
    for index, event in enumerate(history):
        if event == at:
            return index
    message = "this event did not happen in this run; its events are in run.history"
    raise ValueError(message)


def _end_of(history: Sequence[e.Event], plan: Plan, task: str) -> int:
    for index in range(len(history) - 1, -1, -1):
        event = history[index]
        if isinstance(event, ENDS) and event.task == task:
            return index
    # Only now: a task that was removed since has ended, too.
    message = f"task '{plan[task].id}' has not ended yet, so there is no such moment"
    raise RunStateError(message, verb="at", status="pending")
