"""What the events of a run as a whole mean: a part of the fold."""

from collections.abc import Callable
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError


def _created(state: RunState, event: e.RunCreated) -> None:
    message = f"run '{state.run}' exists already; '{event.run}' needs its own history"
    raise RunStateError(message, verb="create", status=state.status)


def _planned(state: RunState, event: e.RunPlanned) -> None:
    state.adopt(event.plan, {})
    _step_down(state, event.step)


def _plan_edited(state: RunState, event: e.PlanEdited) -> None:
    known, tasks = set(state.plan.tasks), event.plan
    state.touched |= {task.id for task in tasks if task not in known}
    state.adopt(event.plan, state.tasks)
    _step_down(state, event.step)


def _step_down(state: RunState, step: e.StepDown | None) -> None:
    if step is not None:
        state.degraded += (step,)


def _agent_replaced(state: RunState, event: e.AgentReplaced) -> None:
    """Note whose tasks they are: what that made stale is told of each task."""
    by = (task.id for task in state.plan if event.name in task.agents)
    state.touched = state.touched.union(by)


def _rewound(state: RunState, event: e.RunRewound) -> None:
    state.adopt(event.plan, dict(event.tasks))
    state.degraded = event.degraded


def told(state: RunState, event: e.Event) -> None:
    """Change nothing: only whoever is watching is told."""


def _limits_changed(state: RunState, event: e.LimitsChanged) -> None:
    state.limits = event.limits


def _started(state: RunState, event: e.RunStarted) -> None:
    state.move_run(RunStatus.RUNNING)
    state.ended = None
    state.resumed = event.at
    state.error = None
    if state.started is None:
        state.started = event.at


def _paused(state: RunState, event: e.RunPaused) -> None:
    state.move_run(RunStatus.PAUSED, event.reason)
    state.ended = None
    _stand_still(state, event)


def _ended(state: RunState, event: e.RunEnded) -> None:
    state.move_run(event.status, event.reason)
    state.ended = event.at
    _stand_still(state, event)
    state.error = event.error


def _stand_still(state: RunState, event: e.Event) -> None:
    if state.resumed is not None:
        state.ran += event.at - state.resumed
        state.resumed = None


OF_RUNS: dict[type[e.Event], Callable[[RunState, Any], None]] = {
    e.RunCreated: _created,
    e.RunPlanned: _planned,
    e.PlanEdited: _plan_edited,
    e.AgentReplaced: _agent_replaced,
    e.RunRewound: _rewound,
    e.LimitsChanged: _limits_changed,
    e.RunStarted: _started,
    e.RunPaused: _paused,
    e.RunEnded: _ended,
}
