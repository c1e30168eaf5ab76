"""Where a run stands: a fold over its events.

`apply` is the only thing that changes a state. What it puts in is frozen, so a
reader on another thread sees each task either before or after an event, never
in between; `replay` builds the same state from the events alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import (
    RUN_MOVES,
    TASK_MOVES,
    RunStatus,
    TaskStatus,
)
from nbagents.engine.record import Attempt, ModelCall, TaskState
from nbagents.errors import RunStateError
from nbagents.graph import Plan

_PENDING = TaskState()


class RunState:
    """Where a run stands. Only `apply` changes it.

    Attributes:
        run: The id of the run.
        model: Name of the team's model; `None` where it has none.
        simulated: Whether that model is a scripted one.
        plan: The plan; without tasks while a goal is still being planned.
        status: The state of the run as a whole.
        reason: Why it stopped, as a sentence; empty while it runs.
        error: Why its goal could not be planned; `None` otherwise.
        tasks: The state of each task, by id, in the order of the plan.
        counts: How many tasks are in each state.
        started: When it first started, in seconds since the epoch.
        ended: When it ended; `None` while it has not.
    """

    __slots__ = (
        "counts",
        "ended",
        "error",
        "model",
        "plan",
        "reason",
        "run",
        "simulated",
        "started",
        "status",
        "tasks",
    )

    def __init__(self, created: e.RunCreated) -> None:
        self.run = created.run
        self.model = created.model
        self.simulated = created.simulated
        self.status = RunStatus.PLANNED
        self.reason = ""
        self.error: Failure | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self._adopt(created.plan)

    def _adopt(self, plan: Plan) -> None:
        self.plan = plan
        self.tasks: dict[str, TaskState] = dict.fromkeys(
            (task.id for task in plan), _PENDING
        )
        self.counts = Counter({TaskStatus.PENDING: len(plan)})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunState):
            return NotImplemented
        return all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    __hash__ = None  # type: ignore[assignment]


def apply(state: RunState, event: e.Event) -> None:
    """Bring `state` up to date with `event`.

    Raises:
        RunStateError: The event is no legal move from here; nothing changed.
    """
    _HANDLERS[type(event)](state, event)


def replay(history: Iterable[e.Event]) -> RunState:
    """Return the state that `history` leads to; it begins with `RunCreated`."""
    remaining = iter(history)
    first = next(remaining)
    if not isinstance(first, e.RunCreated):
        message = f"a history begins with RunCreated, not {type(first).__name__}"
        raise TypeError(message)
    state = RunState(first)
    for event in remaining:
        apply(state, event)
    return state


def _move(state: RunState, task: str, new: TaskState) -> None:
    old = state.tasks[task].status
    if new.status not in TASK_MOVES[old]:
        message = f"task '{task}' is {old} and cannot become {new.status}"
        raise RunStateError(message, verb=new.status, status=old)
    state.tasks[task] = new
    state.counts[old] -= 1
    state.counts[new.status] += 1


def _move_run(state: RunState, new: RunStatus, reason: str = "") -> None:
    if new not in RUN_MOVES[state.status]:
        message = f"the run is {state.status} and cannot become {new}"
        raise RunStateError(message, verb=new, status=state.status)
    state.status = new
    state.reason = reason


def _created(state: RunState, event: e.RunCreated) -> None:
    message = f"run '{state.run}' exists already; '{event.run}' needs its own history"
    raise RunStateError(message, verb="create", status=state.status)


def _planned(state: RunState, event: e.RunPlanned) -> None:
    state._adopt(event.plan)  # noqa: SLF001 - one subject, two halves


def _started(state: RunState, event: e.RunStarted) -> None:
    _move_run(state, RunStatus.RUNNING)
    state.ended = None
    state.error = None
    if state.started is None:
        state.started = event.at


def _paused(state: RunState, event: e.RunPaused) -> None:
    _move_run(state, RunStatus.PAUSED, event.reason)


def _ended(state: RunState, event: e.RunEnded) -> None:
    _move_run(state, event.status, event.reason)
    state.ended = event.at
    state.error = event.error


def _task_started(state: RunState, event: e.TaskStarted) -> None:
    earlier = state.tasks[event.task].attempts
    attempt = Attempt(event.attempt, event.agent, event.at)
    _move(state, event.task, TaskState(TaskStatus.RUNNING, attempt, earlier))


def _asked(state: RunState, event: e.ModelAsked) -> None:
    call = ModelCall(event.model, event.messages, event.simulated)
    _amend(state, event, lambda calls: (*calls, call))


def _answered(state: RunState, event: e.ModelAnswered) -> None:
    def answered(calls: tuple[ModelCall, ...]) -> tuple[ModelCall, ...]:
        # An agent that does not tell its prompts may still tell its tokens.
        *before, asked = calls or (ModelCall(event.model),)
        if asked.seconds is not None:
            before, asked = [*before, asked], ModelCall(event.model)
        answer = replace(
            asked,
            model=event.model,
            input_tokens=event.input_tokens,
            output_tokens=event.output_tokens,
            seconds=event.seconds,
            cost=event.cost,
        )
        return (*before, answer)

    _amend(state, event, answered)


def _amend(
    state: RunState,
    event: e.AttemptEvent,
    change: Callable[[tuple[ModelCall, ...]], tuple[ModelCall, ...]],
) -> None:
    """Change the model calls of the task's last attempt."""
    task = state.tasks[event.task]
    last = _last(task, event)
    amended = replace(last, calls=change(last.calls))
    state.tasks[event.task] = replace(task, last=amended)


def _last(task: TaskState, event: e.TaskEvent) -> Attempt:
    if task.last is None:
        message = f"task '{event.task}' has not been started"
        raise RunStateError(message, verb="report", status=task.status)
    return task.last


def _close(
    state: RunState,
    event: e.TaskEvent,
    status: TaskStatus,
    error: Failure | None = None,
    abandoned: bool = False,  # noqa: FBT001, FBT002 - as the event has it
) -> Attempt:
    """Return the task's last attempt, ended."""
    last = _last(state.tasks[event.task], event)
    # Not replace(): this is on the path of every task, and three times as quick.
    return Attempt(
        last.number,
        last.agent,
        last.started,
        event.at,
        status,
        error,
        abandoned,
        last.calls,
    )


def _completed(state: RunState, event: e.TaskCompleted) -> None:
    last = _close(state, event, _T.COMPLETED)
    earlier = state.tasks[event.task].earlier
    _move(state, event.task, TaskState(_T.COMPLETED, last, earlier, event.result))


def _failed(state: RunState, event: e.TaskFailed) -> None:
    last = _close(state, event, _T.FAILED, event.error, event.abandoned)
    earlier = state.tasks[event.task].earlier
    _move(state, event.task, TaskState(_T.FAILED, last, earlier))


def _interrupted(state: RunState, event: e.TaskInterrupted) -> None:
    last = _close(state, event, _T.CANCELLED, None, event.abandoned)
    earlier = state.tasks[event.task].earlier
    _move(state, event.task, TaskState(_T.PENDING, last, earlier))


def _skipped(state: RunState, event: e.TaskSkipped) -> None:
    task = state.tasks[event.task]
    skipped = TaskState(
        _T.SKIPPED,
        task.last,
        task.earlier,
        because=event.because,
        reason=event.reason,
    )
    _move(state, event.task, skipped)


def _cancelled(state: RunState, event: e.TaskCancelled) -> None:
    task = state.tasks[event.task]
    running = task.status is _T.RUNNING
    last = task.last
    if running:
        last = _close(state, event, _T.CANCELLED, None, event.abandoned)
    _move(state, event.task, TaskState(_T.CANCELLED, last, task.earlier))


_T = TaskStatus

_HANDLERS: dict[type[e.Event], Callable[[RunState, Any], None]] = {
    e.RunCreated: _created,
    e.RunPlanned: _planned,
    e.RunStarted: _started,
    e.RunPaused: _paused,
    e.RunEnded: _ended,
    e.TaskStarted: _task_started,
    e.ModelAsked: _asked,
    e.ModelAnswered: _answered,
    e.TaskCompleted: _completed,
    e.TaskFailed: _failed,
    e.TaskInterrupted: _interrupted,
    e.TaskSkipped: _skipped,
    e.TaskCancelled: _cancelled,
}
