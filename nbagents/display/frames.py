"""What travels from the engine to a live view, as small JSON values.

A picture goes once for each plan. A frame has a number, and a record for each task it
speaks of; a snapshot speaks of all tasks and of the run, a patch only of what has
changed. A record is a list without names, because thousands of them travel: at most
200 bytes each, whatever a task says of itself.
"""

from math import isfinite
from typing import Any

from nbagents.display import drawing, look, safe, summary
from nbagents.display.outline import outline_of
from nbagents.display.source import View, cost, seconds, tokens
from nbagents.engine.events import Progress
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState

Frame = dict[str, Any]

STATUSES = tuple(TaskStatus)
"""A record names a state by its place in here."""

_MOST_REMARK = 130  # bytes
_PENDING = TaskState()


def looks() -> Frame:
    """Return how the states look, once for each view."""
    return {
        "tasks": [_look(look.TASK[status]) | {"name": status} for status in STATUSES],
        "runs": {status: _look(how) for status, how in look.RUN.items()},
        "loudness": [STATUSES.index(status) for status in look.LOUDNESS],
    }


def picture(view: View) -> Frame:
    """Return the drawing, and id, agent and box of each task.

    A drawing that fails is left out, and the tasks are shown without it.
    """
    try:
        svg, planned = drawing.draw(view).svg, outline_of(view)
        boxes = {id: n for n, box in enumerate(planned.boxes) for id in box.tasks}
        folded = planned.folded
    except Exception:  # noqa: BLE001 - see above
        svg, boxes, folded = "", {}, False
    tasks = [
        (safe.one_line(t.id, 80), safe.one_line(t.agent, 40), boxes.get(t.id, -1))
        for t in view.plan
    ]
    return {"svg": svg, "folded": folded, "tasks": tasks}


def snapshot(view: View, number: int) -> Frame:
    """Return how the run stands, and every task that is not simply pending."""
    run = {
        "status": view.status,
        "planning": view.planning,
        "reason": safe.in_bytes(view.reason, 1000),
        "elapsed": None if view.elapsed is None else round(view.elapsed, 2),
        "model": "simulated model" if view.simulated else _model(view),
    }
    records = {
        place: record(view.task(task.id), view.progress.get(task.id), view.now)
        for place, task in enumerate(view.plan)
        if view.task(task.id) != _PENDING
    }
    return {"number": number, "run": run, "tasks": records}


def patch(records: dict[int, list[Any]], number: int) -> Frame:
    """Return `records`, by the place of their tasks in the plan."""
    return {"number": number, "tasks": records}


def record(task: TaskState, progress: Progress | None, now: float) -> list[Any]:
    """Return state, seconds, tokens, fraction done, remark and cost of one task.

    The cost is in US dollars, `None` where it is not known.

    Seconds are those of its last attempt up to now; a view counts on from there
    by its own clock, which need not agree with ours.
    """
    took = seconds(task, now)
    said = _current(task, progress)
    return [
        STATUSES.index(task.status),
        None if took is None else round(took, 2),
        tokens(task),
        _fraction(said),
        safe.in_bytes(summary.remark(task, said, now), _MOST_REMARK),
        None if (paid := cost(task)) is None else round(paid, 6),
    ]


def _look(how: look.Look) -> Frame:
    return {"symbol": how.symbol, "label": how.label, "icon": how.icon}


def _model(view: View) -> str:
    return safe.one_line(view.model or "", 60)


def _current(task: TaskState, progress: Progress | None) -> Progress | None:
    """Return `progress` where it is news of the attempt that is at work now."""
    if progress is None or task.status is not TaskStatus.RUNNING:
        return None
    return progress if progress.attempt == len(task.attempts) else None


def _fraction(progress: Progress | None) -> float | None:
    fraction = progress.fraction if progress is not None else None
    if fraction is None or not isfinite(fraction):
        return None
    return round(min(max(fraction, 0), 1), 3)
