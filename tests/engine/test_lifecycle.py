"""The two tables of legal moves, pair by pair."""

from itertools import product

import pytest

from nbagents import Plan, RunStateError, Task
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.fold import apply
from nbagents.engine.lifecycle import (
    RUN_MOVES,
    TASK_MOVES,
    RunStatus,
    TaskStatus,
)
from nbagents.engine.record import TaskState
from nbagents.engine.state import RunState

PLAN = Plan([Task("a", "Do it", "x")])

FAILURE = Failure("ValueError", "no")

# For each state, every event that brings a task into it from some other.
INTO_TASK: dict[TaskStatus, list[e.Event]] = {
    TaskStatus.PENDING: [
        e.TaskInterrupted(1.0, "a", 1),
        e.TaskReopened(1.0, "a", afresh=True),
        e.TaskRetried(1.0, "a", 1, FAILURE, 2.0),
    ],
    TaskStatus.RUNNING: [e.TaskStarted(1.0, "a", 1, "x")],
    TaskStatus.COMPLETED: [
        e.TaskCompleted(1.0, "a", 1, "done"),
        e.TaskEdited(1.0, "a", "done"),
        e.TaskKept(1.0, "a"),
    ],
    TaskStatus.FAILED: [e.TaskFailed(1.0, "a", 1, FAILURE)],
    TaskStatus.SKIPPED: [e.TaskSkipped(1.0, "a", "b", "needs 'b', which failed")],
    TaskStatus.STALE: [
        e.TaskStale(1.0, "a", "b", "you edited 'b'", "key"),
        e.TaskReopened(1.0, "a"),
    ],
    TaskStatus.CANCELLED: [e.TaskCancelled(1.0, "a")],
}
INTO_RUN: dict[RunStatus, e.Event] = {
    RunStatus.RUNNING: e.RunStarted(1.0),
    RunStatus.PAUSED: e.RunPaused(1.0, "you paused it"),
    RunStatus.COMPLETED: e.RunEnded(1.0, RunStatus.COMPLETED),
    RunStatus.FAILED: e.RunEnded(1.0, RunStatus.FAILED),
    RunStatus.CANCELLED: e.RunEnded(1.0, RunStatus.CANCELLED),
}


def state_with(task: TaskStatus, run: RunStatus = RunStatus.RUNNING) -> RunState:
    state = RunState(e.RunCreated(0.0, "r", PLAN))
    apply(state, e.RunStarted(0.0))
    apply(state, e.TaskStarted(0.0, "a", 1, "x"))
    # With a key: a result it had may count again.
    state.tasks["a"] = TaskState(task, state.tasks["a"].last, key="key")
    state.counts.clear()
    state.counts[task] = 1
    state.status = run
    return state


def everything(state: RunState) -> list[object]:
    return [state.status, dict(state.tasks), +state.counts, state.ended, state.reason]


def moved(old: TaskStatus, event: e.Event) -> TaskStatus | None:
    """Return where `event` brings a task; `None` where it is refused."""
    state = state_with(old)
    before = everything(state)
    refusal = None
    try:
        apply(state, event)
    except RunStateError as error:
        refusal = error
    if refusal is not None:
        assert refusal.status == old
        assert f"is {old}" in str(refusal)
        assert everything(state) == before
        return None
    status = state.tasks["a"].status
    assert +state.counts == {status: 1}
    return status


@pytest.mark.parametrize("old, new", list(product(TaskStatus, TaskStatus)))
def test_a_task_moves_where_the_table_says_and_nowhere_else(
    old: TaskStatus, new: TaskStatus
) -> None:
    reached = {moved(old, event) for event in INTO_TASK[new]}
    assert (new in reached) == (new in TASK_MOVES[old])


@pytest.mark.parametrize("old", [s for s in TaskStatus if s != TaskStatus.RUNNING])
def test_only_a_running_task_ends_an_attempt(old: TaskStatus) -> None:
    ends = [
        e.TaskCompleted(1.0, "a", 1, "done"),
        e.TaskFailed(1.0, "a", 1, FAILURE),
        e.TaskRetried(1.0, "a", 1, FAILURE, 2.0),
        e.TaskInterrupted(1.0, "a", 1),
    ]
    assert {moved(old, event) for event in ends} == {None}


@pytest.mark.parametrize("old, new", list(product(RunStatus, INTO_RUN)))
def test_a_run_moves_where_the_table_says_and_nowhere_else(
    old: RunStatus, new: RunStatus
) -> None:
    state = state_with(TaskStatus.PENDING, old)
    before = everything(state)
    if new in RUN_MOVES[old]:
        apply(state, INTO_RUN[new])
        assert state.status is new
    else:
        with pytest.raises(RunStateError, match=f"is {old} and cannot become {new}"):
            apply(state, INTO_RUN[new])
        assert everything(state) == before


def test_every_state_is_in_its_table() -> None:
    assert set(TASK_MOVES) == set(TaskStatus)
    assert set(RUN_MOVES) == set(RunStatus)
