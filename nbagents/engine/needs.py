"""Whether a task is needed, once all that it depends on is settled."""

from nbagents.engine.state import RunState
from nbagents.graph import When


def not_needed(state: RunState, id: str) -> str:
    """Return why task `id` is not needed, as a sentence; empty where it is.

    Args:
        state: Where the run stands; all that the task depends on is settled.
        id: The task.
    """
    task = state.plan[id]
    needs = task.dependencies
    # Of most tasks the first of these is met, and no more has to be asked.
    unmet = needs and state.tasks[needs[0]].unmet
    if unmet and all(state.tasks[need].unmet for need in needs):
        listed = ", ".join(map(repr, needs))
        return f"nothing is left of what it depends on ({listed})"
    if task.when is None:
        return ""
    decides = state.tasks[task.when.task]
    if decides.unmet:
        return f"'{task.when.task}', which decides on it, was not needed itself"
    return "" if task.when.holds(decides.result) else _why_not(task.when)


def _why_not(when: When) -> str:
    if when.negate:
        return f"not needed when '{when.task}' {when.words}"
    return f"only {when}"
