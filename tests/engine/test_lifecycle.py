"""The two tables of legal moves, pair by pair."""

from itertools import product

import pytest

from nbagents import Plan, RunStateError, Task
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import (
    RUN_MOVES,
    TASK_MOVES,
    RunStatus,
    TaskStatus,
)
from nbagents.engine.record import TaskState
from nbagents.engine.state import RunState, apply

PLAN = Plan([Task("a", "Do it", "x")])

# The events that bring a task into a state; how it becomes stale is not in yet.
INTO_TASK: dict[TaskStatus, e.Event] = {
    TaskStatus.PENDING: e.TaskInterrupted(1.0, "a", 1),
    TaskStatus.RUNNING: e.TaskStarted(1.0, "a", 1, "x"),
    TaskStatus.COMPLETED: e.TaskCompleted(1.0, "a", 1, "done"),
    TaskStatus.FAILED: e.TaskFailed(1.0, "a", 1, Failure("ValueError", "no")),
    TaskStatus.SKIPPED: e.TaskSkipped(1.0, "a", "b", "needs 'b', which failed"),
    TaskStatus.CANCELLED: e.TaskCancelled(1.0, "a"),
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
    state.tasks["a"] = TaskState(task, state.tasks["a"].last)
    state.counts.clear()
    state.counts[task] = 1
    state.status = run
    return state


def everything(state: RunState) -> list[object]:
    return [state.status, dict(state.tasks), +state.counts, state.ended, state.reason]


@pytest.mark.parametrize("old, new", list(product(TaskStatus, INTO_TASK)))
def test_a_task_moves_where_the_table_says_and_nowhere_else(
    old: TaskStatus, new: TaskStatus
) -> None:
    state = state_with(old)
    before = everything(state)
    if new in TASK_MOVES[old]:
        apply(state, INTO_TASK[new])
        assert state.tasks["a"].status is new
        assert +state.counts == {new: 1}
    else:
        with pytest.raises(RunStateError, match=f"is {old} and cannot become {new}"):
            apply(state, INTO_TASK[new])
        assert everything(state) == before


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
