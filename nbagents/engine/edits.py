"""What a person may change in a run, each as a function that fills in a draft.

Each returns what the run says it stopped for. None of them knows asyncio, clocks or
threads; whatever is wrong is raised before anything has happened.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.draft import Draft
from nbagents.engine.lifecycle import TaskStatus
from nbagents.errors import PlanError, RunStateError
from nbagents.graph import Plan, Task

_T = TaskStatus


def result(draft: Draft, id: str, value: Any, digest: str | None) -> str:
    """Give task `id` its result by hand; `digest` is that of its content now."""
    _require_known(draft, id, "edit")
    reason = f"you edited {id!r}"
    draft.disturb([id], "edit", reason)
    draft.add(e.TaskEdited(draft.now, id, value, digest))
    return reason


def task(
    draft: Draft,
    id: str,
    description: str | None,
    dependencies: str | Iterable[str] | None,
    **others: Any,
) -> str:
    """Change what task `id` is asked, what it depends on, or `others` of its fields."""
    _require_known(draft, id, "edit")
    plan, reason = draft.after.plan, f"you edited {id!r}"
    if description is not None:
        plan = plan.describe(id, description)
    # Both at once: a condition may look at a dependency that is new, or goes.
    plan = plan.change(id, **dict.fromkeys(others))
    if dependencies is not None:
        plan = _depending(plan, id, dependencies)
    plan = plan.change(id, **others)
    if plan != draft.after.plan:
        draft.doubt(id, reason)
        draft.add(e.PlanEdited(draft.now, plan))
        draft.disturb([id], "edit", reason)
    return reason


def agent(draft: Draft, name: str, by: str, digest: str) -> str:
    """Have another agent do what agent `name` does."""
    reason = f"you replaced {name!r}"
    tasks = require_replaceable(draft, name)
    # First of all: whoever goes back to any moment after it has the new agent.
    draft.add(e.AgentReplaced(draft.now, name, by, digest))
    draft.disturb(tasks, "be replaced", reason)
    plan = draft.after.plan
    for id in tasks:
        if name in plan[id].agents:
            draft.doubt(id, reason)
            plan = _handed_over(plan, id, name, by)
        elif by == name:  # It has only taken over.
            draft.doubt(id, reason)
        elif draft.status(id) is not _T.SKIPPED:
            draft.add(e.TaskReopened(draft.now, id, afresh=True))
    if plan != draft.after.plan:
        draft.add(e.PlanEdited(draft.now, plan))
    return reason


def again(draft: Draft, id: str) -> str:
    """Have task `id` executed again, whatever came of it."""
    _require_known(draft, id, "retry")
    reason = f"you retried {id!r}"
    draft.disturb([id], "retry", reason)
    if draft.status(id) is not _T.PENDING or draft.is_trying(id):
        draft.add(e.TaskReopened(draft.now, id, afresh=True))
    return reason


def skip(draft: Draft, id: str) -> str:
    """Have task `id` and what needs it left out."""
    require_skippable(draft, id)
    if draft.status(id) is _T.SKIPPED:  # Because of another one; now for good.
        draft.add(e.TaskReopened(draft.now, id))
    draft.add(e.TaskSkipped(draft.now, id, None, "you skipped it"))
    return f"you skipped {id!r}"


def add(draft: Draft, tasks: Iterable[Task]) -> str:
    """Put more tasks into the plan."""
    new = tuple(tasks)
    draft.add(e.PlanEdited(draft.now, draft.after.plan.add(*new)))
    return f"you added {', '.join(repr(task.id) for task in new) or 'nothing'}"


def adopt(draft: Draft, plan: Plan) -> str:
    """Go on with another plan: what is the same in both stays as it is."""
    before = draft.after.plan
    reason = "you took on another plan"
    gone = [task.id for task in before if task.id not in plan]
    other = [t.id for t in before if t.id in plan and t != plan[t.id]]
    draft.require_idle([*gone, *other], "change")
    draft.disturb(other, "be changed", reason)
    for id in other:
        draft.doubt(id, reason)
    if plan != before:
        draft.add(e.PlanEdited(draft.now, plan))
    return reason


def remove(draft: Draft, id: str) -> str:
    """Take task `id` out of the plan."""
    _require_known(draft, id, "remove")
    try:
        plan = draft.after.plan.without(id)
    except PlanError as error:
        raise _needed(draft.after.plan, id, error) from None
    draft.add(e.PlanEdited(draft.now, plan))
    return f"you removed {id!r}"


def require_changeable(draft: Draft, id: str, verb: str) -> None:
    """Raise unless there is a task `id`, and neither it nor what uses it is running."""
    _require_known(draft, id, verb)
    draft.require_undisturbed([id], verb)


def require_skippable(draft: Draft, id: str) -> None:
    """Raise unless there is a task `id`, and it is neither running nor completed."""
    _require_known(draft, id, "skip")
    if (status := draft.status(id)) is _T.COMPLETED:
        message = f"task '{id}' is completed: there is nothing to skip"
        error = RunStateError(message, verb="skip", status=status)
        raise error.with_note(f"Try: run.retry({id!r})  run.remove({id!r})")


def require_replaceable(draft: Draft, name: str) -> list[str]:
    """Return the tasks of agent `name`; raise if one, or what uses it, is running.

    Those that it has taken over are among them.
    """
    state = draft.after
    tasks = [t.id for t in state.plan if name in (*t.agents, state.tasks[t.id].by)]
    draft.require_idle(tasks, "be replaced")
    draft.require_undisturbed(tasks, "be replaced")
    return tasks


def _require_known(draft: Draft, id: str, verb: str) -> None:
    """Raise unless there is a task `id` and it is not running."""
    draft.require_idle([draft.after.plan[id].id], verb)


def _handed_over(plan: Plan, id: str, name: str, by: str) -> Plan:
    """Return the plan with `by` in the place of agent `name` in task `id`."""
    task, until = plan[id], plan[id].until
    if until is not None and until.agent == name:
        plan = plan.change(id, until=replace(until, agent=by))
    return plan.reassign(id, by) if task.agent == name else plan


def _depending(plan: Plan, id: str, on: str | Iterable[str]) -> Plan:
    if not isinstance(on, Iterable):
        message = f"dependencies are the ids of tasks, not {type(on).__name__}"
        raise TypeError(f"{message}. Try: run.edit({id!r}, dependencies=[...])")
    needs = [on] if isinstance(on, str) else [*on]
    for need in needs:
        if not isinstance(need, str):
            message = f"a dependency is the id of a task, not {need!r:.60}"
            raise TypeError(f"{message}. Try: run.edit({id!r}, dependencies=['...'])")
    if sorted(needs) == sorted(plan[id].dependencies):
        return plan  # In another order they are what they were.
    try:
        return plan.depend(id, needs, only=True)
    except PlanError as error:
        below = plan.downstream(id) | {id}
        usable = [need for need in needs if need in plan and need not in below]
        if usable != needs:
            error.add_note(f"Try: run.edit({id!r}, dependencies={usable})")
        raise


def _needed(plan: Plan, id: str, error: PlanError) -> PlanError:
    """Return `error` with what to type next in words of a run."""
    clean = PlanError(error.defects)
    for child in plan.dependents[id]:
        rest = [need for need in plan[child].dependencies if need != id]
        clean.add_note(f"Try: run.edit({child!r}, dependencies={rest})")
    return clean
