"""What settles a task without running it: it is not needed, or its result stands."""

from nbagents.engine import events as e
from nbagents.engine import keys
from nbagents.engine.assignments import Assignments
from nbagents.engine.needs import not_needed
from nbagents.engine.state import RunState


def settled(
    state: RunState, id: str, assignments: Assignments, now: float
) -> e.TaskEvent | None:
    """Return what settles task `id` without running it; `None` where it has to run.

    It is skipped where it is not needed, but for one that a person wants done; and the
    result of a stale one counts again where it would come out the same.
    """
    said = id in assignments.once
    if not said and (why := not_needed(state, id)):
        return e.TaskSkipped(now, id, None, why, unmet=True)
    if keys.unchanged(state, id, assignments.digest):
        return e.TaskKept(now, id)
    return None
