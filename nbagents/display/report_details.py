"""The details of all tasks of a run, as a saved page has them: bounded as a whole."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nbagents.display import frames, inspector, safe
from nbagents.display.details import labels
from nbagents.display.markup import element
from nbagents.engine.state import RunState
from nbagents.engine.view import TaskView

MOST_OF_ALL = 6_000_000
"""Characters of HTML; what goes beyond that is left out, and it is said where."""

MOST_OF_ONE = 1_500_000

_MOST_SAID = 20_000  # characters of a description


def details(state: RunState) -> list[dict[str, Any]]:
    """Return what a page tells of each task, in the order of the plan."""
    return list(_details(state))


def _details(state: RunState) -> Iterator[dict[str, Any]]:
    room = MOST_OF_ALL
    for task in state.plan:
        # When it is tried again counts from now on, and a page is looked at later.
        view = replace(TaskView.of(state, task.id), not_before=None)
        # Not even made where hardly anything would fit: there may be thousands.
        html = inspector.body(view) if room > MOST_OF_ALL // 50 else ""
        fits = 0 < len(html) <= min(room, MOST_OF_ONE)
        # What does not fit has taken time, of which there is not without end, too.
        room -= len(html) if fits else len(html) // 10
        yield _about(view) | {"html": html if fits else _left_out()}


def _about(view: TaskView) -> dict[str, Any]:
    said = safe.visible(safe.shortened(view.description, _MOST_SAID))
    return {
        "id": safe.one_line(view.id, 80),
        "agent": safe.one_line(view.agent, 40),
        "status": frames.STATUSES.index(view.status),
        "description": said,
        "labels": labels(view),
    }


def _left_out() -> str:
    words = (
        "The inputs and the result of this task are not in this page: with them it "
        "would be too large. They are in the run that it was saved from."
    )
    return element("div", words)
