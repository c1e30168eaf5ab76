"""Stepping down: what a run does about its goal when its plan has failed.

A step down replaces the plan inside the same run, by an event: what was completed
stays, what failed is taken out, and its attempts stay in the history and the figures.
To ask a model for a simpler plan is a task like any other, so it is drawn, stepped,
limited, counted and recorded; when it is done its result takes its place.
"""

from nbagents.engine import events as e
from nbagents.engine import partial
from nbagents.engine.events import StepDown
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import WAITING_TASK, TaskStatus
from nbagents.engine.settings import PLANNER, Rung, Settings
from nbagents.engine.state import RunState
from nbagents.errors import ModelError, PlanError


def is_due(state: RunState) -> str | None:
    """Return the id of a simpler plan that has not taken its place; else `None`."""
    done = TaskStatus.COMPLETED
    for task in state.plan:
        if task.agent == PLANNER and state.tasks[task.id].status is done:
            return None if state.plan.dependents[task.id] else task.id
    return None


def next_plan(state: RunState, settings: Settings, now: float) -> e.PlanEdited | None:
    """Return what is to happen to the plan of a run in which nothing goes on.

    `None` where nothing has failed, and where there is nothing simpler left.
    """
    id, because = is_due(state), ""
    if id is not None:
        plan = settings.expand(state, id) if settings.expand else None
        if plan is not None:
            return e.PlanEdited(now, plan)
        because = f"'{id}' is no plan that can run"
    elif not _has_failed(state):
        return None
    rung = _rung(state, settings)
    if rung is None:
        return None
    because = because or _because(state)
    step = StepDown(rung.name, because)
    return e.PlanEdited(now, rung.plan(state), step)


def instead_of_plan(
    state: RunState, settings: Settings, error: BaseException, now: float
) -> e.RunPlanned | None:
    """Return what a run begins with whose goal could not be planned."""
    rung = _rung(state, settings)
    if rung is None or not isinstance(error, ModelError | PlanError):
        return None
    because = f"the goal could not be planned ({Failure.of(error)})"
    return e.RunPlanned(now, rung.plan(state), StepDown(rung.name, because))


def _has_failed(state: RunState) -> bool:
    waiting = any(state.counts[status] for status in WAITING_TASK)
    return bool(partial.failed(state)) and not waiting


def _rung(state: RunState, settings: Settings) -> Rung | None:
    used = len(state.degraded)
    return settings.degrade[used] if used < len(settings.degrade) else None


def _because(state: RunState) -> str:
    first = partial.failed(state)[0]
    return f"{partial.note(state)} ({state.tasks[first].error})"
