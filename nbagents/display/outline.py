"""What a picture of a plan consists of: boxes with lines of text, and arrows.

Everything here depends on the plan alone and not on any state, so the picture of
a running plan never moves. A plan that would be too large to read is folded: a
box then stands for all tasks of a level, or of a few levels in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nbagents import redaction
from nbagents.display import safe
from nbagents.display.layout import Graph
from nbagents.graph import Plan

HEADING_SIZE = 13
CAPTION_SIZE = 11.5
ICON = 16
PADDING = 11
BOX_HEIGHT = 46
FOLDED_WIDTH = 330

MOST_BOXES = 300
"""Beyond this a picture is too large to read, and Graphviz takes too long."""

_MOST_ARROWS = 900
_MOST_LEVELS = 12  # boxes of a folded picture
_TALLEST = 1600
_PAGE_WIDTH = 1040  # of a notebook's cell, shrunk by a fifth at most
_NARROWEST, _WIDEST_TEXT = 104, 168
_SPREAD = 1.35  # as measured on random layered plans
_MOST_IN_TITLE = 1000  # characters of an id, and of a description
_TIME_WIDTH = 52  # room for "12:34 min" at the right of the caption


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box of the picture.

    Attributes:
        tasks: Ids of the tasks it stands for.
        heading: Its first line.
        caption: Its second line.
        title: What is shown when the pointer rests on it.
    """

    tasks: tuple[str, ...]
    heading: str
    caption: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is drawn: the boxes, and how they hang together.

    Attributes:
        boxes: The boxes, in the order of the plan.
        graph: Their sizes and the arrows between them, by position.
        folded: Whether a box stands for levels instead of one task.
    """

    boxes: tuple[Box, ...]
    graph: Graph
    folded: bool


def outline(plan: Plan) -> Outline:
    """Return what the picture of `plan` consists of."""
    arrows = sum(len(task.dependencies) for task in plan)
    if len(plan) > MOST_BOXES or arrows > _MOST_ARROWS:
        return _folded(plan)
    boxes = tuple(_box(plan, task.id) for task in plan)
    width = max(map(_width, boxes), default=_NARROWEST)
    sideways, tall = _direction(plan, width)
    if tall > _TALLEST:
        return _folded(plan)
    at = {task.id: n for n, task in enumerate(plan)}
    graph = Graph(
        sizes=((width, BOX_HEIGHT),) * len(boxes),
        edges=tuple((at[d], at[t.id]) for t in plan for d in t.dependencies),
        sideways=sideways,
    )
    return Outline(boxes=boxes, graph=graph, folded=False)


def _box(plan: Plan, id: str) -> Box:
    task = plan[id]
    return Box(
        tasks=(id,),
        heading=safe.fit(id, HEADING_SIZE, _WIDEST_TEXT),
        caption=safe.fit(task.agent, CAPTION_SIZE, _WIDEST_TEXT - _TIME_WIDTH),
        title="\n".join(filter(None, map(_beginning, (id, task.description)))),
    )


def _beginning(text: str) -> str:
    return safe.visible(redaction.head(text, _MOST_IN_TITLE))


def _width(box: Box) -> float:
    heading = ICON + 7 + safe.measure(box.heading, HEADING_SIZE)
    caption = safe.measure(box.caption, CAPTION_SIZE) + _TIME_WIDTH + 8
    return max(_NARROWEST, round(2 * PADDING + max(heading, caption)))


def _direction(plan: Plan, width: float) -> tuple[bool, float]:
    """Return whether to draw from left to right, and how tall that will be.

    From left to right is compact, and reads like a sentence; from top to bottom
    is for plans with more levels than fit beside each other.
    """
    levels = plan.levels()
    level_count, broadest = len(levels), max(map(len, levels), default=0)
    across = level_count * (width + 34), broadest * (BOX_HEIGHT + 18)
    # Arrows push the boxes of a level apart: down the page that costs width.
    spread = _SPREAD if level_count > 1 else 1
    down = broadest * (width + 18) * spread, level_count * (BOX_HEIGHT + 34)
    fits = [size for size in (across, down) if size[0] <= _PAGE_WIDTH]
    chosen = min(fits, key=lambda size: size[1]) if fits else min(across, down)
    return chosen is across, chosen[1]


def _folded(plan: Plan) -> Outline:
    levels = plan.levels()
    step = -(-len(levels) // _MOST_LEVELS)
    boxes = tuple(
        _level_box(levels[first : first + step], first)
        for first in range(0, len(levels), step)
    )
    graph = Graph(
        sizes=((FOLDED_WIDTH, BOX_HEIGHT),) * len(boxes),
        # Each level has an arrow from the one before it; more would say nothing.
        edges=tuple(pairwise(range(len(boxes)))),
        sideways=False,
    )
    return Outline(boxes=boxes, graph=graph, folded=True)


def _level_box(levels: Sequence[Sequence[str]], first: int) -> Box:
    ids = tuple(id for level in levels for id in level)
    last = first + len(levels)
    name = f"Level {last}" if len(levels) == 1 else f"Levels {first + 1} to {last}"
    count = "1 task" if len(ids) == 1 else f"{len(ids):,} tasks"
    return Box(tasks=ids, heading=f"{name} · {count}", caption="", title=name)
