"""One task as a view shows it beside the picture: to read, to edit, to act on."""

from typing import Any

from nbagents.coded import CodeResult
from nbagents.display import asked, editing, frames, inspector, safe
from nbagents.display.markup import element
from nbagents.display.programs import held_by, last
from nbagents.display.source import Steered
from nbagents.engine.view import TaskView

_MOST_HTML = 1_000_000
"""Characters: servers drop what is much larger, and then nothing at all is seen."""


def details(run: Steered, id: str) -> dict[str, Any]:
    """Return task `id` of `run`, for a view that has its picture already."""
    task, plan, points = run[id], run.state.plan, run.breakpoints
    places = {each: place for place, each in enumerate(plan.dependencies)}
    place = places[id]
    return {
        "task": place,
        "id": safe.one_line(id),
        "agent": safe.one_line(task.agent),
        "status": frames.STATUSES.index(task.status),
        "description": safe.visible(safe.shortened(task.description, asked.MOST_TEXT)),
        "description_why": editing.why_not_text(id, "description", task.description),
        "dependencies": [places[each] for each in task.dependencies],
        "labels": [*labels(task), *_where(run, task), *_said(task)],
        "html": _html(task),
        "can": {verb: safe.one_line(why) for verb, why in run.possible(id).items()},
        "agents": [name for name in run.agents if safe.visible(name) == name],
        "marks": frames.marks(plan, points)["tasks"].get(place, []),
        "result": editing.result(task),
    }


def labels(task: TaskView) -> list[str]:
    """Return what has to be known of a task before its result is believed."""
    simulated = any(attempt.simulated for attempt in task.attempts)
    said = ["simulated model"] if simulated else []
    value = task.result if type(task.result) is CodeResult else last(task)
    return said if value is None else [*said, held_by(value)]


def _where(run: Steered, task: TaskView) -> list[str]:
    apart = getattr(run.agents.get(task.agent), "isolate", None) == "process"
    return ["a process of its own, no sandbox"] if apart else []


def _said(task: TaskView) -> list[str]:
    return [safe.one_line(task.said)] if task.said else []


def _html(task: TaskView) -> str:
    html = inspector.body(task)
    if len(html) <= _MOST_HTML:
        return html
    line = f"run[{editing.quoted(task.id)}]"
    return element("div", f"This is too much to be shown here. In a cell: {line}")
