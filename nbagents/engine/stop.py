"""Stopping at a failure: what had not started then is left out."""

from nbagents.engine.lifecycle import WAITING_TASK, TaskStatus
from nbagents.engine.record import TaskState
from nbagents.engine.state import RunState


def cause(state: RunState) -> str | None:
    """Return the id of the first task that is failed; `None` without one."""
    if not state.counts[TaskStatus.FAILED]:
        return None
    tasks = state.tasks.items()
    return next(id for id, task in tasks if task.status is TaskStatus.FAILED)


def holds(task: TaskState) -> bool:
    """Return whether `task` had not started: one that was taken away finishes yet."""
    last = task.last
    return last is None or last.status is not TaskStatus.CANCELLED


def left_out(state: RunState) -> list[str]:
    """Return the ids of the tasks that a failure keeps from starting."""
    return [
        id for id, t in state.tasks.items() if t.status in WAITING_TASK and holds(t)
    ]


def reason(id: str) -> str:
    """Return why a task is left out that does not need `id`, which failed."""
    return f"'{id}' failed, and this run stops at a failure"
