"""What a person may do with a run where it stands: checked, and said.

Pure questions about a state: the run asks them before it acts, and the views show
`legal` as lines to paste.
"""

from nbagents.engine.lifecycle import WAITING_RUN, WAITING_TASK, RunStatus
from nbagents.engine.schedule import THE_END, Target, ready, still_needed
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError

_MOST_STEPS = 3  # tasks that are named; a person who wants another knows its id


def legal(state: RunState) -> list[str]:
    """Return the verbs that may follow now, each as a line one could paste."""
    if state.status is RunStatus.RUNNING:
        return ["run.pause()", "run.wait()", "run.cancel()"]
    if state.status not in WAITING_RUN:
        return []
    tasks = ready(state)
    named = tasks[:_MOST_STEPS] if len(tasks) > 1 else []
    steps = [f"run.step({id!r})" for id in named]
    return ["run.step()", *steps, "run.resume()", "run.cancel()"]


def require(state: RunState, verb: str, *statuses: RunStatus) -> None:
    """Raise `RunStateError` unless the run is in one of `statuses`."""
    if state.status in statuses:
        return
    needed = " or ".join(statuses)
    message = f"a run that is {state.status} cannot {verb}; it must be {needed}"
    error = RunStateError(message, verb=verb, status=state.status)
    if lines := legal(state):
        error.add_note(f"Try: {'  '.join(lines)}")
    raise error


def next_step(state: RunState, task: str | None) -> str:
    """Return the task that a step executes: `task`, else the one to start first.

    Raises:
        UnknownTaskError: There is no such task.
        RunStateError: The run cannot step, or the task cannot start now.
    """
    require(state, "step", *WAITING_RUN)
    if task is None:
        if not (waiting := ready(state)):
            message = "this plan has no task to step"
            raise RunStateError(message, verb="step", status=state.status)
        return waiting[0]
    _require_waiting(state, task, "step")
    if needs := still_needed(state, task):
        listed = ", ".join(f"'{need}'" for need in needs)
        message = f"task '{task}' still needs {listed}"
        error = RunStateError(message, verb="step", status=state.tasks[task].status)
        raise error.with_note(f"Try: run.resume(until={task!r})")
    return task


def step_target(state: RunState, task: str | None) -> Target:
    """Return the target of a step; raises as `next_step` does."""
    id = next_step(state, task)
    return Target(within=frozenset([id]), most=1, reason=f"stepped {id!r}")


def resume_target(state: RunState, until: str | None) -> Target:
    """Return the target of going on: everything, or what `until` takes and itself.

    Raises:
        UnknownTaskError: There is no such task.
        RunStateError: The run cannot go on, or the task is finished.
    """
    require(state, "resume", *WAITING_RUN)
    if until is None:
        return THE_END
    _require_waiting(state, until, "resume")
    within = state.plan.upstream(until) | {until}
    return Target(within=within, reason=f"ran up to {until!r}")


def _require_waiting(state: RunState, task: str, verb: str) -> None:
    status = state.tasks[state.plan[task].id].status
    if status not in WAITING_TASK:
        message = f"task '{task}' is {status}; only a waiting task can be started"
        error = RunStateError(message, verb=verb, status=status)
        waiting = [f"run.step({id!r})" for id in ready(state)[:_MOST_STEPS]]
        raise error.with_note(f"Try: {'  '.join(waiting or ['run'])}")
