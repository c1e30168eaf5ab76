"""Changes of a run that a person asks for, carried out on the engine's thread."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context as Variables
from dataclasses import replace
from typing import Any

from nbagents.digests import Fingerprint
from nbagents.engine import approval, edits, verbs
from nbagents.engine import events as e
from nbagents.engine.approval import NONE_WAITS
from nbagents.engine.assignments import Once
from nbagents.engine.attempt import Worker
from nbagents.engine.draft import Draft
from nbagents.engine.fold import replay
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.loop import Engine
from nbagents.engine.record import at_rest
from nbagents.engine.recovery import mend
from nbagents.engine.staff import Staff
from nbagents.errors import (
    AgentError,
    JournalError,
    RunStateError,
    UnknownAgentError,
)
from nbagents.graph import Plan, Task

Edit = Callable[[Draft], str]
"""Fills in a draft, and returns why the run stops there."""


def change(engine: Engine, edit: Edit, verb: str) -> None:
    """Carry out `edit`; whatever it raises, nothing has changed then."""
    draft = draft_of(engine, verb)
    draft.take_up()
    reason = edit(draft)
    if draft.events:
        draft.close(reason)
        engine.commit(draft)


def retry(engine: Engine, id: str, once: Once) -> None:
    """Execute task `id` again: now, or as soon as it is its turn in a run that runs."""
    draft = taken_up(engine, "retry")
    reason = edits.again(draft, id)
    if engine.books.is_running:
        draft.close(reason, id)
        engine.assignments.once[id] = once
        try:
            engine.commit(draft)
        except JournalError:
            del engine.assignments.once[id]
            raise
        return
    require_room(engine)
    aim = verbs.retry(id)
    aim(draft.after, ())  # It raises, if it must, before anything has happened.
    draft.close(reason, id)
    engine.commit(draft)
    engine.assignments.once[id] = once
    engine.go(aim)


def approve(engine: Engine, id: str | None) -> None:
    """Let task `id` start; a run that paused for that alone goes on.

    Args:
        engine: Of the run.
        id: The task; `None` stands for all that wait for it.
    """
    if id is None and not engine.state.tasks:
        raise RunStateError(NONE_WAITS, verb="approve", status=engine.state.status)
    draft = draft_of(engine, "approve a task")
    draft.take_up()
    if not engine.books.is_running:
        draft.keep()
    goes_on = approval.paused_for_one(engine.state)
    chosen = [*approval.chosen(draft.after, id)]
    for each in chosen:
        draft.add(e.TaskApproved(draft.now, each))
    if chosen:
        draft.close(engine.state.reason)
        engine.commit(draft)
    if chosen and goes_on:
        engine.go_on()


def refuse(engine: Engine, id: str, why: str) -> None:
    """Have the call of a tool that task `id` waits for be refused, and go on.

    Args:
        engine: Of the run.
        id: The task.
        why: What the model is told.
    """
    draft = draft_of(engine, "refuse a call")
    draft.take_up()
    task = draft.after.tasks[engine.state.plan[id].id]
    if message := approval.why_not_refused(draft.after, id):
        error = RunStateError(message, verb="refuse", status=task.status)
        raise error.with_note(f"To leave the task out: run.skip({id!r})")
    goes_on = approval.paused_for_one(engine.state)
    draft.add(e.TaskApproved(draft.now, id, refused=why or "no reason was given"))
    draft.close(engine.state.reason)
    engine.commit(draft)
    if goes_on:
        engine.go_on()


def draft_of(engine: Engine, verb: str) -> Draft:
    """Return a draft of where the run stands; `verb` is what it is for.

    Raises:
        RunStateError: The goal is still being planned.
    """
    if engine.is_planning:
        message = f"the goal is still being planned: it cannot {verb} yet"
        error = RunStateError(message, verb=verb, status=RunStatus.RUNNING)
        raise error.with_note("Try: run.cancel()")
    return engine.draft(time.time())


def taken_up(engine: Engine, verb: str) -> Draft:
    """Return a draft of where the run stands as soon as it goes on."""
    draft = draft_of(engine, verb)
    draft.take_up()
    if not engine.books.is_running:
        draft.keep()
    return draft


def require_room(engine: Engine) -> None:
    """Raise `RunStateError` where a limit keeps a task from being retried now."""
    if (wall := engine.wall()) is not None:
        message = f"{wall.said}: nothing more can be started"
        error = RunStateError(message, verb="retry", status=engine.state.status)
        raise error.with_note(f"Try: {wall.remedy}")


def hand_over(engine: Engine, name: str, worker: Worker, taken: Fingerprint) -> None:
    """Have `worker`, of which a fingerprint was taken, do what agent `name` does.

    Raises:
        UnknownAgentError: There is no agent `name`.
        AgentError: Another agent has the name of `worker`.
        RunStateError: One of its tasks, or one that uses them, is running.
    """
    assignments = engine.assignments
    require_agent(engine, name)
    if worker.name != name:
        _require_free(assignments.staff, worker)
    assignments.digest(name)  # Whoever comes is compared with who was there.
    staff = assignments.staff.joined({worker.name: worker}, {worker.name: taken})
    staff.rename(name, worker.name)
    draft = draft_of(engine, "replace an agent")
    draft.take_up()
    before = len(engine.books.history) + len(draft.events)
    reason = edits.agent(draft, name, worker.name, staff.digest(worker.name))
    draft.close(reason)
    engine.commit(draft, staff, before)


def limit(engine: Engine, changes: Mapping[str, Any]) -> None:
    """Have these limits hold, by name; the others stay what they are.

    Raises:
        ValueError: One of them is none.
    """
    limits = replace(engine.state.limits, **changes)
    if limits != engine.state.limits:
        engine.limit(limits)


def add(engine: Engine, tasks: Iterable[Task]) -> None:
    """Put more tasks into the plan.

    Raises:
        PlanError: The plan cannot run with them.
    """
    staff = engine.assignments.staff

    def edit(draft: Draft) -> str:
        reason = edits.add(draft, tasks)
        draft.after.plan.check_agents(staff)
        return reason

    change(engine, edit, "add a task")


def adopt(
    engine: Engine, plan: Plan, workers: Mapping[str, Worker] | None = None
) -> None:
    """Go on with another plan.

    Args:
        engine: Of the run.
        plan: What is to be done.
        workers: Who does the work from now on, in the place of those of the same name,
            who do the same; others join. `None` leaves that as it is.

    Raises:
        PlanError: One of its agents is not in the run.
        RunStateError: A task that it changes or leaves out is running.
    """
    staff = engine.assignments.staff
    joined = staff.joined(workers or {})
    draft = draft_of(engine, "take on another plan")
    draft.take_up()
    plan.check_agents(joined)
    reason = edits.adopt(draft, plan)
    before = len(engine.books.history)
    if draft.events:
        draft.close(reason)
        engine.commit(draft, joined, before)
    else:
        engine.assignments.change(joined, before)


def require_agent(engine: Engine, name: str) -> Worker:
    """Return the agent of that name; raise `UnknownAgentError` if there is none."""
    staff = engine.assignments.staff
    if name not in staff:
        raise UnknownAgentError(name, staff)
    return staff[name]


def rewind(engine: Engine, to: int, reason: str) -> None:
    """Bring the run back to where it was after the first `to` events."""
    verbs.require(engine.state, "rewind", *_NOT_RUNNING)
    draft = draft_of(engine, "rewind")
    past = replay(engine.books.history[:to])
    if engine.state.tasks and not past.tasks:
        message = "at that moment the goal was still being planned"
        error = RunStateError(message, verb="rewind", status=past.status)
        raise error.with_note("Try: run.rewind(...) with a later event of run.history")
    tasks = {id: at_rest(task) for id, task in past.tasks.items()}
    draft.add(e.RunRewound(draft.now, to, past.plan, tasks, past.degraded))
    draft.turn_page()
    staff = engine.assignments.at(to)
    reasons = [reason, *mend(draft, engine.books.history, staff)]
    draft.close("; ".join(reasons))
    engine.commit(draft, staff, len(engine.books.history))


def fork(engine: Engine, run: str, variables: Variables) -> Engine:
    """Return an engine of its own, whose run has done what this one has done.

    What is at work in this one waits to be started in the other.
    """
    if engine.is_planning:
        message = "the goal is still being planned: there is nothing to fork yet"
        raise RunStateError(message, verb="fork", status=RunStatus.RUNNING)
    created, *rest = engine.books.history
    if not isinstance(created, e.RunCreated):
        raise TypeError(created)
    mine = replace(created, run=run, parent=created.run, within=None)
    new = Engine([mine, *rest], engine.assignments.copy(), engine.settings, variables)
    new.plan_goal = engine.plan_goal
    for point in engine.breakpoints.points:
        new.breakpoints.add(point)
    draft = new.draft(time.time())
    draft.lay_down(f"forked from run {created.run}")
    new.commit(draft)
    return new


_NOT_RUNNING = tuple(status for status in RunStatus if status is not RunStatus.RUNNING)


def _require_free(staff: Staff, worker: Worker) -> None:
    known = staff.get(worker.name)
    if known is not None and known != worker:
        message = f"another agent of this run is named '{worker.name}'"
        raise AgentError(message).with_note(
            f"Try: run.replace(...) for '{worker.name}' itself, or give this one "
            "a name of its own: Agent(name, description, execute)"
        )
