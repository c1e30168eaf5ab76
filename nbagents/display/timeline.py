"""When each task of a run was ready, when it was tried, and what determined the end.

All times are seconds from the run's first start. Takes one walk over tasks, their
dependencies and their attempts.
"""

from collections.abc import Iterable
from typing import Any

from nbagents.display import safe
from nbagents.display.source import View
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.record import Attempt, TaskState
from nbagents.graph import Task

_PLACES = {status: number for number, status in enumerate(TaskStatus)}


def timeline(view: View, slots: int | None = None) -> dict[str, Any]:
    """Return the run of `view` in time, as it travels to a browser.

    Args:
        view: The run.
        slots: How many tasks may be at work at once; `None` where nobody knows.

    Returns:
        `start` (0), `end`, `now` (whether the run still runs) and `bars`: for each task
        that was tried or could have been, its place in the plan, when its last
        dependency was done (`None` where nobody knows) and its attempts (from, to,
        status, agent; to is `None` while one runs). `critical`: the places of the tasks
        that determined when the run ended, in order. `slots`: as given.
    """
    start = _start(view)
    now = view.status is RunStatus.RUNNING
    frame = {"start": 0, "end": 0.0, "now": now, "bars": [], "critical": []}
    if start is None:
        return frame | {"now": False, "slots": slots}
    ends = _ends(view, start)
    bars = [
        [place, ready, tries]
        for place, task in enumerate(view.plan)
        for ready in [_ready(view, task, start)]
        for tries in [_tries(view.task(task.id), start)]
        if tries or (ready is not None and _waits(view, task))
    ]
    last = view.now - start if now else max(ends.values(), default=0.0)
    critical = _critical(view, ends)
    return frame | {
        "end": round(last, 3),
        "bars": bars,
        "critical": critical,
        "slots": slots,
    }


def _start(view: View) -> float | None:
    """Return when the run first started; a fork has attempts from before that."""
    firsts = (t.attempts[0].started for t in view.tasks.values() if t.attempts)
    known = [*firsts, *([] if view.started is None else [view.started])]
    return min(known, default=None)


def _waits(view: View, task: Task) -> bool:
    return view.task(task.id).status is TaskStatus.PENDING


def _ready(view: View, task: Task, start: float) -> float | None:
    """Return when the last dependency of `task` was done; `None` where one was not."""
    done = [_done(view.task(id), start) for id in task.dependencies]
    known = [end for end in done if end is not None]
    return max(known, default=0.0) if len(known) == len(done) else None


def _done(state: TaskState, start: float) -> float | None:
    """Return when the last attempt that brought a result ended."""
    for attempt in reversed(state.attempts):
        if attempt.status == TaskStatus.COMPLETED and attempt.ended is not None:
            return round(attempt.ended - start, 3)
    return None


def _tries(state: TaskState, start: float) -> list[list[Any]]:
    return [
        [
            round(attempt.started - start, 3),
            None if attempt.ended is None else round(attempt.ended - start, 3),
            _PLACES[TaskStatus(attempt.status)],
            safe.one_line(attempt.agent, 40),
        ]
        for attempt in state.attempts
    ]


def _ends(view: View, start: float) -> dict[str, float]:
    """Return when each task that was tried ended; now, while it is at work."""
    return {
        task.id: _end(view.task(task.id).attempts, view.now) - start
        for task in view.plan
        if view.task(task.id).attempts
    }


def _end(attempts: Iterable[Attempt], now: float) -> float:
    *_, last = attempts
    return now if last.ended is None else last.ended


def _critical(view: View, ends: dict[str, float]) -> list[int]:
    """Return the chain that ends with the task that ended last, as places."""
    chain: list[str] = []
    at = max(ends, key=ends.__getitem__, default=None)
    while at is not None:
        chain.append(at)
        needed = [id for id in view.plan[at].dependencies if id in ends]
        at = max(needed, key=ends.__getitem__, default=None)
    places = {task.id: place for place, task in enumerate(view.plan)}
    return [places[id] for id in reversed(chain)]
