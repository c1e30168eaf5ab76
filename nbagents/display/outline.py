"""What a picture of a plan consists of: boxes with lines of text, and arrows.

Everything here depends on the plan alone and not on any state, so the picture of
a running plan never moves. A plan that would be too large to read is folded: a
box then stands for all tasks of a level, or of a few levels in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nbagents import redaction
from nbagents.display import safe
from nbagents.display.grid import row_count
from nbagents.display.layout import Graph
from nbagents.display.source import View
from nbagents.graph import Plan

HEADING_SIZE = 13
CAPTION_SIZE = 11.5
ICON = 16
PADDING = 11
BOX_HEIGHT = 46
NOTED_HEIGHT = 60
"""Of a box with a third line, as all have in the picture of a run."""

FOLDED_WIDTH = 330
PAGE_WIDTH = 1040
"""Of a notebook's cell, where a picture is shrunk by a fifth at most."""

MOST_BOXES = 300
"""Beyond this a picture is too large to read, and Graphviz takes too long."""

MOST_ARROWS = 900
"""The same."""

_MOST_LEVELS = 12  # boxes of a folded picture
_TALLEST = 1600
_GAP, _LEVEL_GAP = 18, 34  # between boxes of a level, and between levels
_NARROWEST, _WIDEST_TEXT = 104, 168
_WIDEST_SAID = 230
_NARROWEST_RUN = 148  # room for "1.2k tok · $0.012"
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
        kind: A task; a group of them; or what a part of a picture leaves out, small
            and grey, which stands for no task.
        opens: What to ask for to see what is in it; `None` where it has no inside.
        said: When the task is needed and how often it is done, in words.
        many: Whether it is done more than once.
    """

    tasks: tuple[str, ...]
    heading: str
    caption: str
    title: str
    kind: Literal["task", "group", "stub"] = "task"
    opens: int | None = None
    said: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is drawn: the boxes, and how they hang together.

    Attributes:
        boxes: The boxes, in the order of the plan.
        graph: Their sizes and the arrows between them, by position.
        folded: Whether a box stands for levels instead of one task.
        deciding: Those of the arrows, by position, whose result decides on a task.
    """

    boxes: tuple[Box, ...]
    graph: Graph
    folded: bool
    deciding: frozenset[tuple[int, int]] = frozenset()


def outline_of(view: View) -> Outline:
    """Return what the picture of `view` consists of."""
    return outline(view.plan, box_height(view))


def box_height(view: View) -> int:
    """Return how tall the box of a task is in the picture of `view`."""
    noted = view.run is not None or any(task.said for task in view.plan)
    return NOTED_HEIGHT if noted else BOX_HEIGHT


def outline(plan: Plan, height: int = BOX_HEIGHT) -> Outline:
    """Return what the picture of `plan` consists of.

    Args:
        plan: The plan.
        height: How tall the box of a task is.
    """
    arrows = sum(len(task.dependencies) for task in plan)
    if len(plan) > MOST_BOXES or arrows > MOST_ARROWS:
        return folded(plan)
    boxes = tuple(task_box(plan, task.id) for task in plan)
    width = box_width(boxes, height)
    levels = [len(level) for level in plan.levels()]
    sideways, tall = direction(levels, width, height)
    if not arrows:
        # Without arrows the picture says less for its size: half of it is too tall.
        tall = 2 * row_count(len(boxes), width, PAGE_WIDTH) * (height + _GAP)
    if too_tall(tall, height):
        return folded(plan)
    at = {task.id: n for n, task in enumerate(plan)}
    graph = Graph(
        sizes=((width, height),) * len(boxes),
        edges=tuple((at[d], at[t.id]) for t in plan for d in t.dependencies),
        sideways=sideways,
    )
    whens = ((at[t.when.task], at[t.id]) for t in plan if t.when is not None)
    return Outline(boxes=boxes, graph=graph, folded=False, deciding=frozenset(whens))


def too_tall(tall: float, height: int) -> bool:
    """Return whether a picture cannot be read any more, whose boxes have `height`."""
    # A run is folded exactly where its plan is, though its boxes are taller.
    return tall > _TALLEST * (height + _GAP) / (BOX_HEIGHT + _GAP)


def task_box(plan: Plan, id: str) -> Box:
    """Return the box of one task."""
    task = plan[id]
    return Box(
        tasks=(id,),
        heading=safe.fit(id, HEADING_SIZE, _WIDEST_TEXT),
        caption=safe.fit(task.agent, CAPTION_SIZE, _WIDEST_TEXT - _TIME_WIDTH),
        title="\n".join(
            filter(None, map(_beginning, (id, task.said, task.description)))
        ),
        said=safe.fit(task.said, CAPTION_SIZE, _WIDEST_SAID),
        many=task.is_repeated,
    )


def _beginning(text: str) -> str:
    return safe.visible(redaction.head(text, _MOST_IN_TITLE))


def box_width(boxes: Sequence[Box], height: int) -> float:
    """Return how wide boxes of tasks are: one width for all of them."""
    narrowest = _NARROWEST if height == BOX_HEIGHT else _NARROWEST_RUN
    return max([narrowest, *map(_width, boxes)])


def _width(box: Box) -> float:
    heading = ICON + 7 + safe.measure(box.heading, HEADING_SIZE)
    caption = safe.measure(box.caption, CAPTION_SIZE) + _TIME_WIDTH + 8
    said = safe.measure(box.said, CAPTION_SIZE)
    return round(2 * PADDING + max(heading, caption, said))


def direction(levels: Sequence[int], width: float, height: float) -> tuple[bool, float]:
    """Return whether to draw from left to right, and how tall that will be.

    From left to right is compact, and reads like a sentence; from top to bottom
    is for plans with more levels than fit beside each other.

    Args:
        levels: How many boxes each level has.
        width: Of a box.
        height: The same.
    """
    level_count, broadest = len(levels), max(levels, default=0)
    across = level_count * (width + _LEVEL_GAP), broadest * (height + _GAP)
    # Arrows push the boxes of a level apart: down the page that costs width.
    spread = _SPREAD if level_count > 1 else 1
    down = broadest * (width + _GAP) * spread, level_count * (height + _LEVEL_GAP)
    fits = [size for size in (across, down) if size[0] <= PAGE_WIDTH]
    chosen = min(fits, key=lambda size: size[1]) if fits else min(across, down)
    return chosen is across, chosen[1]


def folded(plan: Plan) -> Outline:
    """Return the picture of `plan` in which a box stands for levels."""
    levels = plan.levels()
    step = -(-len(levels) // _MOST_LEVELS)
    boxes = tuple(
        _level_box(levels[first : first + step], first, first // step)
        for first in range(0, len(levels), step or 1)
    )
    graph = Graph(
        sizes=((FOLDED_WIDTH, BOX_HEIGHT),) * len(boxes),
        # Each level has an arrow from the one before it; more would say nothing.
        edges=tuple(pairwise(range(len(boxes)))),
        sideways=False,
    )
    return Outline(boxes=boxes, graph=graph, folded=True)


def _level_box(levels: Sequence[Sequence[str]], first: int, number: int) -> Box:
    ids = tuple(id for level in levels for id in level)
    last = first + len(levels)
    name = f"Level {last}" if len(levels) == 1 else f"Levels {first + 1} to {last}"
    return group_box(ids, name, number)


def group_box(ids: tuple[str, ...], name: str, opens: int) -> Box:
    """Return a box that stands for tasks `ids`, which is told by `name`."""
    count = "1 task" if len(ids) == 1 else f"{len(ids):,} tasks"
    room: float = FOLDED_WIDTH - 2 * PADDING - ICON - 5
    room -= safe.measure(f" · {count}", HEADING_SIZE)
    heading = f"{safe.fit(name, HEADING_SIZE, room)} · {count}"
    title = _beginning(name)
    return Box(
        tasks=ids, heading=heading, caption="", title=title, kind="group", opens=opens
    )
