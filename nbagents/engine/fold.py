"""What an event means: the fold of a run's events into its state.

`apply` is the only thing that changes a state, and `replay` builds the same state from
the events alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.asking import answered, asked, called, last_attempt, returned
from nbagents.engine.failure import Failure
from nbagents.engine.fold_runs import OF_RUNS, told
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import Attempt, TaskState
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError


def apply(state: RunState, event: e.Event) -> None:
    """Bring `state` up to date with `event`.

    One that is not kept changes nothing.

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


def _task_started(state: RunState, event: e.TaskStarted) -> None:
    old = state.tasks[event.task]
    attempt = Attempt(
        event.attempt,
        event.agent,
        event.at,
        description=event.description,
        agent_digest=event.digest,
        by_digest=event.by_digest,
    )
    # By position, as in `_completed`: these two are on the path of every task.
    running = TaskState(
        _T.RUNNING,
        attempt,
        old.attempts,
        None,
        None,
        "",
        None,
        None,
        False,  # noqa: FBT003
        None,
        old.failures,
        # What is stale is made anew, by the plan's agent first.
        old.by if old.status is _T.PENDING else None,
        old.approved,
    )
    state.move(event.task, running)
    state.spent = state.spent.started()


def _close(
    state: RunState,
    event: e.TaskEvent,
    status: TaskStatus,
    error: Failure | None = None,
    abandoned: bool = False,  # noqa: FBT001, FBT002 - as the event has it
) -> Attempt:
    """Return the task's last attempt, ended."""
    task = state.tasks[event.task]
    last = last_attempt(task, event)
    if task.status is not _T.RUNNING:
        message = f"task '{event.task}' is {task.status} and cannot become {status}"
        raise RunStateError(message, verb=status, status=task.status)
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
        last.description,
        last.agent_digest,
        None,
        last.runs,
        last.by_digest,
        last.tools,
    )


def _nested(state: RunState, event: e.RunNested) -> None:
    task = state.tasks[event.task]
    last = last_attempt(task, event)
    with_run = replace(last, runs=(*last.runs, event.run))
    state.tasks[event.task] = replace(task, last=with_run)


def _completed(state: RunState, event: e.TaskCompleted) -> None:
    last = _close(state, event, _T.COMPLETED)
    task = state.tasks[event.task]
    done = TaskState(
        _T.COMPLETED,
        last,
        task.earlier,
        event.result,
        None,
        "",
        event.digest,
        None,
        False,  # noqa: FBT003
        None,
        0,
        task.by,
        task.approved,
    )
    state.move(event.task, done)


def _failed(state: RunState, event: e.TaskFailed) -> None:
    last = _close(state, event, _T.FAILED, event.error, event.abandoned)
    task = state.tasks[event.task]
    failed = TaskState(_T.FAILED, last, task.earlier, approved=task.approved)
    state.move(event.task, failed)


def _retried(state: RunState, event: e.TaskRetried) -> None:
    failed = _close(state, event, _T.FAILED, event.error, event.abandoned)
    task = state.tasks[event.task]
    waiting = TaskState(
        _T.PENDING,
        replace(failed, wait=event.wait),
        task.earlier,
        not_before=event.at + event.wait,
        # Who takes over begins to count.
        failures=0 if event.by else task.failures + 1,
        by=event.by or task.by,
        approved=task.approved,
    )
    state.move(event.task, waiting)


def _interrupted(state: RunState, event: e.TaskInterrupted) -> None:
    last = _close(state, event, _T.CANCELLED, None, event.abandoned)
    task = state.tasks[event.task]
    failures, by = task.failures, task.by
    waiting = TaskState(
        _T.PENDING,
        last,
        task.earlier,
        failures=failures,
        by=by,
        approved=task.approved and not event.awaits,
        awaits=event.awaits,
    )
    state.move(event.task, waiting)


def _skipped(state: RunState, event: e.TaskSkipped) -> None:
    # With the result of a task that was stale: it may count again later.
    because, reason = event.because, event.reason
    task = _at_once(state.tasks[event.task])
    skipped = replace(
        task,
        status=_T.SKIPPED,
        because=because,
        reason=reason,
        approved=False,
        unmet=event.unmet,
    )
    state.move(event.task, skipped)


def _cancelled(state: RunState, event: e.TaskCancelled) -> None:
    task = _at_once(state.tasks[event.task])
    last = task.last
    if task.status is _T.RUNNING:
        last = _close(state, event, _T.CANCELLED, None, event.abandoned)
    cancelled = replace(task, status=_T.CANCELLED, last=last, because=None, reason="")
    state.move(event.task, cancelled)


def _edited(state: RunState, event: e.TaskEdited) -> None:
    task = state.tasks[event.task]
    result, digest = event.result, event.digest
    edited = TaskState(
        _T.COMPLETED, task.last, task.earlier, result, digest=digest, edited=True
    )
    state.touched |= {event.task}
    state.move(event.task, edited)


def _stale(state: RunState, event: e.TaskStale) -> None:
    task = state.tasks[event.task]
    stale = replace(
        task,
        status=_T.STALE,
        because=event.because,
        reason=event.reason,
        key=event.key,
        approved=False,
    )
    state.move(event.task, stale)


def _kept(state: RunState, event: e.TaskKept) -> None:
    task = state.tasks[event.task]
    if task.status is not _T.STALE:
        message = f"task '{event.task}' is {task.status}: there is nothing to keep"
        raise RunStateError(message, verb="keep", status=task.status)
    kept = replace(task, status=_T.COMPLETED, because=None, reason="", key=None)
    state.move(event.task, kept)


def _approved(state: RunState, event: e.TaskApproved) -> None:
    task = state.tasks[event.task]
    state.tasks[event.task] = replace(
        task,
        approved=event.approved,
        refused=event.refused,
        awaits=task.awaits if event.approved else "",
    )


def _reopened(state: RunState, event: e.TaskReopened) -> None:
    task = state.tasks[event.task]
    if task.key is None or event.afresh:
        # The same, once more; else something of it has changed.
        same = event.afresh or task.status is _T.CANCELLED
        approved = task.approved and same
        waiting = TaskState(_T.PENDING, task.last, task.earlier, approved=approved)
    else:
        waiting = replace(task, status=_T.STALE, because=None, reason="", unmet=False)
    state.move(event.task, waiting)


def _at_once(task: TaskState) -> TaskState:
    """Return `task` as it is without the tries it made, and a wait for the next."""
    if not task.is_trying:
        return task
    return replace(task, not_before=None, failures=0, by=None)


_T = TaskStatus

_HANDLERS: dict[type[e.Event], Callable[[RunState, Any], None]] = {
    **OF_RUNS,
    e.TaskStarted: _task_started,
    e.ModelAsked: asked,
    e.ModelAnswered: answered,
    e.ToolCalled: called,
    e.ToolReturned: returned,
    e.RunNested: _nested,
    e.TaskCompleted: _completed,
    e.TaskFailed: _failed,
    e.TaskRetried: _retried,
    e.TaskInterrupted: _interrupted,
    e.TaskSkipped: _skipped,
    e.TaskCancelled: _cancelled,
    e.TaskEdited: _edited,
    e.TaskStale: _stale,
    e.TaskApproved: _approved,
    e.TaskKept: _kept,
    e.TaskReopened: _reopened,
    **dict.fromkeys(e.NOT_KEPT, told),
}
