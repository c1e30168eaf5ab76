"""Tasks that wait for a person before they start.

That one has been approved is a fact of the run, recorded and replayed. It holds for all
tries of the task, and no longer than what it is made of stays what it was.
"""

from collections.abc import Iterator, Sequence

from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.schedule import ready, still_needed
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError
from nbagents.redaction import clipped

_SAID = "for your approval: run.approve("
_MOST_NAMED = 3
_MOST_OF_CALL = 300  # characters
NONE_WAITS = "no task waits for an approval"
_NEXT_TRY = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED})


def is_lacking(state: RunState, id: str) -> bool:
    """Return whether task `id` may not start before a person has approved it."""
    if not state.approve and not state.tasks[id].awaits:
        return False
    return concerns(state, id) and not state.tasks[id].approved


def concerns(state: RunState, id: str) -> bool:
    """Return whether task `id`, or whoever does it next, is one to approve."""
    if state.tasks[id].awaits:
        return True
    if not state.approve:
        return False
    task, agent = state.tasks[id], state.plan[id].agent
    by = task.by if task.status is TaskStatus.PENDING else None
    return not state.approve.isdisjoint({id, agent, by or agent})


def is_used(state: RunState) -> bool:
    """Return whether anything of the run is for a person to approve."""
    return bool(state.approve) or any(task.awaits for task in state.tasks.values())


def awaiting(state: RunState) -> list[str]:
    """Return the ids of the tasks that wait for nothing but an approval."""
    if not is_used(state):
        return []
    return [id for id in ready(state) if is_lacking(state, id)]


def reason(ids: Sequence[str], awaits: str = "") -> str:
    """Return what a run says that stopped for approvals; empty without one.

    Args:
        ids: The tasks that wait.
        awaits: The call of a tool that the first of them waits for, if it does.
    """
    if not ids:
        return ""
    if len(ids) == 1:
        said = f"task {ids[0]!r} waits {_SAID}{ids[0]!r})"
        if not awaits:
            return said
        call = clipped(awaits, _MOST_OF_CALL)
        return f"{said} or run.refuse({ids[0]!r}, why); the call is {call}"
    named = ", ".join(map(repr, ids[:_MOST_NAMED]))
    more = len(ids) - _MOST_NAMED
    return f"tasks {named}{f' and {more:,} more' if more > 0 else ''} wait {_SAID})"


def paused_for_one(state: RunState) -> bool:
    """Return whether the run is paused for approvals, and for nothing else."""
    said = state.reason.startswith(("task ", "tasks ")) and _SAID in state.reason
    return state.status is RunStatus.PAUSED and said


def why_not(state: RunState, id: str) -> str:
    """Return why task `id` cannot be approved; empty where it can."""
    task = state.tasks[state.plan[id].id]
    if not concerns(state, id):
        return f"task '{id}' needs no approval"
    if task.status in _NEXT_TRY:
        return ""  # Its next try.
    if task.status not in {TaskStatus.PENDING, TaskStatus.STALE}:
        return f"task '{id}' is {task.status}: there is nothing to approve now"
    listed = ", ".join(f"'{need}'" for need in still_needed(state, id))
    return f"task '{id}' still needs {listed}" if listed else ""


def chosen(state: RunState, id: str | None) -> Iterator[str]:
    """Yield the ids of what is approved with `id`; `None` stands for all that waits.

    Raises:
        UnknownTaskError: There is no such task.
        RunStateError: It cannot be approved, or nothing waits for it.
    """
    ids = awaiting(state) if id is None else [id]
    message = NONE_WAITS if id is None else why_not(state, id)
    if message and (id is not None or not ids):
        raise RunStateError(message, verb="approve", status=state.status)
    yield from (each for each in ids if not state.tasks[each].approved)


def why_not_refused(state: RunState, id: str) -> str:
    """Return why no call of task `id` can be refused; empty where one can."""
    task = state.tasks[id]
    waits = task.awaits and not task.approved
    return "" if waits else f"task '{id}' waits for no approval of a tool"
