"""Whether a task is needed, once all that it depends on is settled."""

from nbagents.engine.state import RunState


def not_needed(state: RunState, id: str) -> str:
    """Return why task `id` is not needed, as a sentence; empty where it is.

    Args:
        state: Where the run stands; all that the task depends on is settled.
        id: The task.
    """
    task = state.plan[id]
    needs = task.dependencies
    if needs and all(state.tasks[need].unmet for need in needs):
        listed = ", ".join(map(repr, needs))
        return f"nothing is left of what it depends on ({listed})"
    if task.when is None:
        return ""
    if state.tasks[task.when.task].unmet:
        return f"only {task.when}, which was not needed itself"
    result = state.tasks[task.when.task].result
    return "" if task.when.holds(result) else f"only {task.when}"
