"""The history of a run as a film: how it stood at first, and what changed then.

Pictures are drawn once for each plan. A film that would be too large begins later, and
says how many of its moments are left out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbagents.display import frames
from nbagents.display.frames import Frame
from nbagents.display.report_camera import Camera, Step, whole
from nbagents.display.source import View
from nbagents.engine import events as e
from nbagents.graph import Plan

MOST_BYTES = 4_000_000
"""Of JSON, for what happened: what came first is left out."""

MOST_PICTURES = 12
"""Plans that are drawn: what was before the first of them is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What there was to be seen of a run.

    Attributes:
        rows: For each moment: seconds since the run's first start, seconds that it had
            run, what happened, and the tasks that changed, each as its place and its
            record. Then, where these are others: how the run stands as a whole, or
            `None`, and the number of the picture, counted from 0.
        pictures: One for each plan, as `frames` has them.
        plans: What they are of.
        events: For each row the place in the history of the last event before it.
        left_out: How many rows there would be before the first.
    """

    rows: list[list[Any]]
    pictures: list[Frame]
    plans: list[Plan]
    events: list[int]
    left_out: int


def film(
    history: Sequence[e.Event],
    said: Mapping[str, e.Progress] | None = None,
    now: float | None = None,
) -> Film:
    """Return the film of a run.

    Args:
        history: Everything that happened; it begins with `RunCreated`.
        said: What each task at work says of itself now.
        now: The time, where the run is running: the film ends with this moment.
    """
    camera = Camera(history)
    for at, event in enumerate(history):
        if at:
            camera.take(event, at)
    if now is not None:
        camera.take_last(said or {}, now)
    return _made(camera.steps)


def _made(steps: Sequence[Step]) -> Film:
    first = _first(steps)
    kept = [whole(steps, first), *steps[first + 1 :]]
    plans: list[Plan] = []
    rows = list(_rows(kept, plans))
    return Film(
        rows=rows,
        pictures=[_picture(plan, n + 1) for n, plan in enumerate(plans)],
        plans=plans,
        events=[step.event for step in kept],
        left_out=first,
    )


def _first(steps: Sequence[Step]) -> int:
    """Return where the film begins, so that it is not too large."""
    size = pictures = 0
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        size += len(json.dumps([step.words, *step.changes.values(), step.run]))
        if size > MOST_BYTES:
            return min(at + 1, len(steps) - 1)
        pictures += step.plan is not None
        if pictures == MOST_PICTURES:
            return at
    return 0


def _rows(steps: Sequence[Step], plans: list[Plan]) -> Any:
    """Yield the rows of a film; what they have pictures of goes into `plans`."""
    places: dict[str, int] = {}
    for step in steps:
        picture = None
        if step.plan is not None:
            picture = _number(step.plan, plans)
            places = {task.id: place for place, task in enumerate(step.plan)}
        changed = [x for id, now in step.changes.items() for x in (places[id], now)]
        row = [step.at, step.elapsed, step.words, changed]
        tail = [step.run] if picture is None else [step.run, picture]
        yield row if tail == [None] else [*row, *tail]


def _number(plan: Plan, plans: list[Plan]) -> int:
    """Return the number of the picture of `plan`; a rewind brings one back."""
    for number, known in enumerate(plans):
        if known is plan or known == plan:
            return number
    plans.append(plan)
    return len(plans) - 1


def _picture(plan: Plan, version: int) -> Frame:
    # Nothing of it has begun, as in the picture that a live view is given.
    return frames.picture(View(plan=plan, now=0.0, run=""), version)
