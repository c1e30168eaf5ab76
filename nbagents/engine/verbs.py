"""What a person may do with a run where it stands: checked, and said.

Pure questions about a state: the run asks them before it acts, and the views show
`legal` as lines to paste.
"""

from collections.abc import Collection, Iterator

from nbagents.engine import approval
from nbagents.engine.lifecycle import (
    WAITING_RUN,
    WAITING_TASK,
    RunStatus,
    TaskStatus,
)
from nbagents.engine.schedule import THE_END, Aim, Target, ready, still_needed
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError

_MOST_STEPS = 3  # tasks that are named; a person who wants another knows its id


def legal(state: RunState) -> list[str]:
    """Return the verbs that may follow now, each as a line one could paste."""
    if state.status is RunStatus.RUNNING:
        return ["run.pause()", "run.wait()", "run.cancel()"]
    if state.status is RunStatus.CANCELLED and state.tasks:
        return ["run.resume()"]
    repairs = [*_repairs(state)]
    if state.status not in WAITING_RUN:
        return repairs
    tasks = ready(state)
    named = tasks[:_MOST_STEPS] if len(tasks) > 1 else []
    steps = [f"run.step({id!r})" for id in named if not approval.is_lacking(state, id)]
    lacking = approval.awaiting(state)[:_MOST_STEPS]
    approve = [f"run.approve({id!r})" for id in lacking]
    more = [*repairs[:1], "run.resume()", "run.cancel()"]
    return [*approve, "run.step()", *steps, *more]


def _repairs(state: RunState) -> Iterator[str]:
    """Yield what may be done about the first task that failed."""
    for id, task in state.tasks.items():
        if task.status is TaskStatus.FAILED:
            yield from (f"run.retry({id!r})", f"run.skip({id!r})")
            return


def refusal(state: RunState, verb: str, *statuses: RunStatus) -> str:
    """Return why the run cannot `verb`; empty where it is in one of `statuses`."""
    if state.status in statuses:
        return ""
    needed = " or ".join(statuses)
    return f"a run that is {state.status} cannot {verb}; it must be {needed}"


def require(state: RunState, verb: str, *statuses: RunStatus) -> None:
    """Raise `RunStateError` unless the run is in one of `statuses`."""
    message = refusal(state, verb, *statuses)
    if not message:
        return
    error = RunStateError(message, verb=verb, status=state.status)
    if lines := legal(state):
        error.add_note(f"Try: {'  '.join(lines)}")
    raise error


def step(task: str | None) -> Aim:
    """Return what goes on by one task: `task`, else the one to start first.

    It raises:
        UnknownTaskError: There is no such task.
        RunStateError: The run cannot step, or the task cannot start now.
    """

    def aim(state: RunState, kept: Collection[str]) -> Target:
        require(state, "step", *CAN_GO_ON)
        if task in kept:
            return _nothing(task)
        if task is None and (message := no_task(state)):
            raise RunStateError(message, verb="step", status=state.status)
        waiting = (
            next_ones(state) if task is None else [_startable(state, task, "step")]
        )
        if not waiting:
            return Target(most=0)  # All that was left came out the same.
        id = waiting[0]
        return Target(within=frozenset([id]), most=1, reason=f"stepped {id!r}")

    return aim


def retry(task: str) -> Aim:
    """Return what executes `task` now; it raises as `step` does."""

    def aim(state: RunState, _: Collection[str]) -> Target:
        id = _startable(state, task, "retry")
        return Target(within=frozenset([id]), most=1, reason=f"retried {id!r}")

    return aim


def resume(until: str | None) -> Aim:
    """Return what goes on: with everything, or with what `until` takes and itself.

    It raises:
        UnknownTaskError: There is no such task.
        RunStateError: The run cannot go on, or the task is finished.
    """

    def aim(state: RunState, kept: Collection[str]) -> Target:
        require(state, "resume", *CAN_GO_ON)
        if until is None:
            return THE_END
        if until in kept:
            return _nothing(until)
        _require_waiting(state, until, "resume")
        within = state.plan.upstream(until) | {until}
        return Target(within=within, reason=f"ran up to {until!r}")

    return aim


def _nothing(task: str | None) -> Target:
    reason = f"{task!r} would be made from the same as before: its result counts again"
    return Target(most=0, reason=reason)


CAN_GO_ON = (*WAITING_RUN, RunStatus.CANCELLED)
"""Run states from which a run can be stepped and resumed."""


def no_task(state: RunState) -> str:
    """Return why no task at all can be stepped; empty where there is one."""
    return "" if state.tasks else "this plan has no task to step"


def not_waiting(state: RunState, task: str) -> str:
    """Return why `task` cannot be started at all; empty where it waits."""
    status = state.tasks[state.plan[task].id].status
    if status in WAITING_TASK:
        return ""
    return f"task '{task}' is {status}; only a waiting task can be started"


def in_need(state: RunState, task: str) -> str:
    """Return what keeps `task` from starting now; empty where nothing does."""
    listed = ", ".join(f"'{need}'" for need in still_needed(state, task))
    return f"task '{task}' still needs {listed}" if listed else ""


def _startable(state: RunState, task: str, verb: str) -> str:
    _require_waiting(state, task, verb)
    if message := in_need(state, task):
        error = RunStateError(message, verb=verb, status=state.tasks[task].status)
        raise error.with_note(f"Try: run.resume(until={task!r})")
    if message := in_want(state, task):
        error = RunStateError(message, verb=verb, status=state.tasks[task].status)
        raise error.with_note(f"Try: run.approve({task!r})")
    return task


def in_want(state: RunState, task: str) -> str:
    """Return that `task` waits for an approval; empty where it does not."""
    lacking = approval.is_lacking(state, task)
    return f"task '{task}' waits for your approval" if lacking else ""


def next_ones(state: RunState) -> list[str]:
    """Return what may be stepped now, the one to start first first."""
    waiting = ready(state)
    free = [id for id in waiting if not approval.is_lacking(state, id)]
    if waiting and not free:
        message = "all that could start waits for your approval"
        error = RunStateError(message, verb="step", status=state.status)
        raise error.with_note(f"Try: run.approve({waiting[0]!r})  run.approve()")
    return free


def _require_waiting(state: RunState, task: str, verb: str) -> None:
    message = not_waiting(state, task)
    if not message:
        return
    status = state.tasks[task].status
    error = RunStateError(message, verb=verb, status=status)
    ended = status in {TaskStatus.COMPLETED, TaskStatus.FAILED}
    again = [f"run.retry({task!r})"] if ended else []
    waiting = [f"run.step({id!r})" for id in ready(state)[:_MOST_STEPS]]
    raise error.with_note(f"Try: {'  '.join([*again, *waiting] or ['run'])}")
