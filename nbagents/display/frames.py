"""What travels from the engine to a live view, as small JSON values.

A picture goes once for each plan. A frame has a number, and a record for each task it
speaks of; a snapshot speaks of all tasks and of the run, a patch only of what has
changed. A record is a list without names, because thousands of them travel: at most
200 bytes each, whatever a task says of itself.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from nbagents.display import drawing, look, safe, summary
from nbagents.display.outline import outline_of
from nbagents.display.source import Source, View, cost, seconds, tokens
from nbagents.engine.breakpoints import Breakpoint
from nbagents.engine.events import Progress
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState
from nbagents.engine.state import RunState
from nbagents.graph import Plan

Frame = dict[str, Any]

STATUSES = tuple(TaskStatus)
"""A record names a state by its place in here."""

_MOST_NAME = 24  # bytes
_MOST_REMARK = 100  # bytes of JSON
_MOST_REASON = 1000
_MOST_OTHERS = 20  # breakpoints that are at no task
_PENDING = TaskState()
_REMARK = 4  # where it is in a record


def looks() -> Frame:
    """Return how the states look, once for each view."""
    return {
        "tasks": [_look(look.TASK[status]) | {"name": status} for status in STATUSES],
        "runs": {status: _look(how) for status, how in look.RUN.items()},
        "loudness": [STATUSES.index(status) for status in look.LOUDNESS],
    }


def picture(view: View, version: int) -> Frame:
    """Return the drawing, and id, agent, box and dependencies of each task.

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
    places = view.plan.dependencies
    at = {id: place for place, id in enumerate(places)}
    needs = [[at[id] for id in wanted] for wanted in places.values()]
    drawn = {"svg": svg, "folded": folded, "tasks": tasks}
    return {"version": version, **drawn, "needs": needs}


def marks(plan: Plan, points: Sequence[Breakpoint]) -> Frame:
    """Return where breakpoints are: at which tasks, and those that are at none."""
    tasks: defaultdict[int, list[str]] = defaultdict(list)
    at = _whens(points)
    others = [point for point in points if point.at is None]
    for place, task in enumerate(plan):
        for when in {**at.get(task.id, {}), **at.get(task.agent, {})}:
            tasks[place].append(when)
    shown = [safe.one_line(str(point), 80) for point in others[:_MOST_OTHERS]]
    more = len(others) - len(shown)
    return {"tasks": dict(tasks), "others": [*shown, *([f"{more} more"] * (more > 0))]}


def nested(
    state: RunState, known: Mapping[str, tuple[str, Source]]
) -> dict[int, list[tuple[str, str]]]:
    """Return for each task, by its place, the runs that its agents began.

    Args:
        state: Where the run stands.
        known: What the widget of each such run is known by, and the run, by its id.
    """
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for place, task in enumerate(list(state.tasks.values())):
        began = [run for attempt in task.attempts for run in attempt.runs]
        for run in filter(known.__contains__, began):
            found[place].append(_inner(*known[run]))
    return dict(found)


def _inner(reference: str, run: Source) -> tuple[str, str]:
    plan = run.state.plan
    name = plan.goal or f"a run of {summary.plural(len(plan), 'task')}"
    return reference, safe.one_line(name, 60)


def snapshot(view: View, number: int) -> Frame:
    """Return how the run stands, and every task that is not simply pending."""
    run = {
        "status": view.status,
        "planning": view.planning,
        "reason": safe.in_bytes(view.reason, _MOST_REASON),
        "elapsed": None if view.elapsed is None else round(view.elapsed, 2),
        "model": "simulated model" if view.simulated else _model(view),
        "left": None if view.left is None else round(view.left, 1),
        "limits": [safe.one_line(phrase) for phrase in view.limits],
        "can": {verb: safe.one_line(why) for verb, why in view.can.items()},
    }
    records = {
        place: _record_in(view, task.id)
        for place, task in enumerate(view.plan)
        if view.task(task.id) != _PENDING or task.id in view.awaiting
    }
    return {"number": number, "run": run, "tasks": records}


def _record_in(view: View, id: str) -> list[Any]:
    made = record(view.task(id), view.progress.get(id), view.now)
    if asked := summary.asking(view, id):
        made[_REMARK] = _in_bytes(asked)
    return made


def patch(records: dict[int, list[Any]], number: int) -> Frame:
    """Return `records`, by the place of their tasks in the plan."""
    return {"number": number, "tasks": records}


def record(task: TaskState, progress: Progress | None, now: float) -> list[Any]:
    """Return what is told of one task, in this order.

    Its state, seconds, tokens, fraction done, remark, cost, number of attempts,
    seconds until it is tried again, and who has taken over. The cost is in US dollars,
    `None` where it is not known; so are the seconds where it does not wait, and while
    it does the remark is the error that it waits after; and who, where nobody has.

    Seconds are those of its last attempt up to now; a view counts on from there
    by its own clock, which need not agree with ours.
    """
    took, paid = seconds(task, now), cost(task)
    said = _current(task, progress)
    return [
        STATUSES.index(task.status),
        None if took is None else round(took, 2),
        tokens(task),
        _fraction(said),
        _remark(task, said),
        None if paid is None else round(paid, 6),
        len(task.attempts),
        _wait(task, now),
        None if task.by is None else safe.in_bytes(task.by, _MOST_NAME),
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


def _remark(task: TaskState, said: Progress | None) -> str:
    if task.not_before is None:
        return _in_bytes(summary.remark(task, said))
    error = None if task.last is None else task.last.error
    return "" if error is None else _in_bytes(str(error))


def _in_bytes(text: str) -> str:
    """Return `text`, short enough for a record also where JSON escapes much of it."""
    short = safe.in_bytes(text, _MOST_REMARK)
    escaped = sum(short.count(each) for each in '"\\')
    if len(short.encode()) + escaped <= _MOST_REMARK:
        return short
    return safe.in_bytes(short, max(_MOST_REMARK // 2, _MOST_REMARK - escaped))


def _wait(task: TaskState, now: float) -> float | None:
    return None if task.not_before is None else round(max(0, task.not_before - now), 1)


def _whens(points: Sequence[Breakpoint]) -> dict[str, dict[str, None]]:
    """Return for each task or agent with breakpoints when these stop, in order."""
    at: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for point in points:
        if point.at is not None:
            at[point.at][point.when] = None
    return at
