"""The partial answer of a run that failed: a last task, made of what was completed.

It is a task like any other, of an agent of a name of its own, and stands in the plan
for as long as another task has failed.
"""

from typing import Any

from nbagents.engine.lifecycle import WAITING_TASK, TaskStatus
from nbagents.engine.state import RunState

WRITER = "partial answer"
"""Name of the agent that words what a failed run did complete."""

_MOST_NAMED = 3


def task_of(state: RunState) -> str | None:
    """Return the id of the partial answer; `None` where the plan has none."""
    return next((task.id for task in state.plan if task.agent == WRITER), None)


def answer(state: RunState) -> Any:
    """Return the partial answer; `None` where there is none."""
    id = task_of(state)
    done = id is not None and state.tasks[id].status is TaskStatus.COMPLETED
    return state.tasks[id].result if id is not None and done else None


def is_wanted(state: RunState) -> bool:
    """Return whether one is to be made: all is done, and only a part well."""
    waiting = any(state.counts[status] for status in WAITING_TASK)
    some = state.counts[TaskStatus.FAILED] and state.counts[TaskStatus.COMPLETED]
    return bool(some) and not waiting and task_of(state) is None


def outdated(state: RunState) -> str | None:
    """Return the id of a partial answer that is none any more; else `None`."""
    id = task_of(state)
    if id is None or state.plan.dependents[id] or _is_running(state, id):
        return None
    return None if failed(state) else id


def in_the_way(state: RunState) -> str | None:
    """Return the id of a partial answer to which other tasks may still contribute."""
    id = task_of(state)
    if id is None or state.plan.dependents[id] or _is_running(state, id):
        return None
    others = (task.status for other, task in state.tasks.items() if other != id)
    return id if WAITING_TASK.intersection(others) else None


def failed(state: RunState) -> list[str]:
    """Return the ids of the tasks that failed, without the partial answer."""
    if not state.counts[TaskStatus.FAILED]:
        return []
    tasks, own = state.tasks, task_of(state)
    return [
        id for id, t in tasks.items() if t.status is TaskStatus.FAILED and id != own
    ]


def note(state: RunState) -> str:
    """Return how much of the plan failed, as a sentence."""
    ids = failed(state)
    total = len(state.plan) - (task_of(state) is not None)
    named = ", ".join(f"'{id}'" for id in ids[:_MOST_NAMED])
    more = len(ids) - _MOST_NAMED
    named += f" and {more:,} more" if more > 0 else ""
    return f"{len(ids):,} of {total:,} task{'' if total == 1 else 's'} failed: {named}"


def _is_running(state: RunState, id: str) -> bool:
    return state.tasks[id].status is TaskStatus.RUNNING
