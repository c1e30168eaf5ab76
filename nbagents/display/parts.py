"""Pictures of a part of a plan that is too large to be read as a whole.

Either a task with what it needs and what needs it, nearest first, or what is in one box
of a folded picture. What is left out is said by small grey boxes. A picture says for
every task of the plan in which of its boxes the task is, so its states stay current.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nbagents.display import drawing, grid, safe
from nbagents.display.layout import Graph, Layout, lay_out
from nbagents.display.outline import (
    BOX_HEIGHT,
    CAPTION_SIZE,
    FOLDED_WIDTH,
    MOST_ARROWS,
    PADDING,
    PAGE_WIDTH,
    Box,
    Outline,
    box_height,
    box_width,
    direction,
    folded,
    group_box,
    task_box,
    too_tall,
)
from nbagents.display.source import View
from nbagents.graph import Plan

MOST_AROUND = 60
"""Boxes of a picture of what is around a task."""

MOST_INSIDE = 120
"""Tasks that are shown one by one when a box is opened; else they are grouped again."""

_MOST_GROUPS = 24
_BASE = 1000  # a box in a box has the number of its group above that of the box
_STUB_HEIGHT = 30
_STUB_WIDTH = 220

_Arrow = tuple[Box, Box]


def draw_part(
    view: View, *, around: str | None = None, opened: int | None = None
) -> dict[str, Any]:
    """Return a picture of a part of the plan of `view`, as it travels to a browser.

    With neither a task nor a box it is the whole plan, folded.

    Args:
        view: The plan or the run.
        around: Id of the task that is to be seen with what hangs together with it.
        opened: What to see from inside: `opens` of a box of such a picture.

    Returns:
        `svg`, `folded`, `tasks` (id, agent and box of every task, the box -1 where
        the task is not in the picture) and `title`.

    Raises:
        UnknownTaskError: There is no task `around`.
        ValueError: There is no box `opened`.
    """
    if around is not None:
        return _framed(view, *_around(view, around))
    if opened is not None:
        return _framed(view, *_inside(view, opened))
    planned = folded(view.plan)
    return _framed(view, planned, lay_out(planned.graph), "Folded")


def _framed(view: View, planned: Outline, where: Layout, title: str) -> dict[str, Any]:
    at = {id: n for n, box in enumerate(planned.boxes) for id in box.tasks}
    tasks = [
        (safe.one_line(t.id, 80), safe.one_line(t.agent, 40), at.get(t.id, -1))
        for t in view.plan
    ]
    svg = drawing.drawn(view, planned, where).svg if planned.boxes else ""
    return {"svg": svg, "folded": planned.folded, "tasks": tasks, "title": title}


def _around(view: View, id: str) -> tuple[Outline, Layout, str]:
    plan = view.plan
    before, after = plan.upstream(id), plan.downstream(id)
    chosen = set(_nearest(plan, id, before, after))
    boxes = {t: task_box(plan, t) for t in plan.order() if t in chosen}
    levels = _levels(plan, boxes)
    arrows = _between(plan, boxes)
    if hidden := before - chosen:
        stub = _stub(f"{_tasks(len(hidden))} more before", None)
        levels.insert(0, [stub])
        arrows += [
            (stub, boxes[t]) for t in boxes if hidden & set(plan.dependencies[t])
        ]
    if hidden := after - chosen:
        stub = _stub(f"{_tasks(len(hidden))} more after", None)
        levels.append([stub])
        arrows += [(boxes[t], stub) for t in boxes if hidden & set(plan.dependents[t])]
    title = f"Around {safe.one_line(id, 80)}"
    return *_placed(levels, arrows, box_height(view)), title


def _nearest(
    plan: Plan, id: str, before: frozenset[str], after: frozenset[str]
) -> Iterator[str]:
    """Yield `id` and the tasks nearest to it, in both directions alike."""
    yield id
    places = {each.id: n for n, each in enumerate(plan)}
    left, near, far = MOST_AROUND - 1, {id}, {id}
    while left and (near or far):
        near = {d for t in near for d in plan.dependencies[t]} & before
        far = {d for t in far for d in plan.dependents[t]} & after
        before, after = before - near, after - far
        found = sorted(near | far, key=places.__getitem__)[:left]
        left -= len(found)
        yield from found


def _inside(view: View, number: int) -> tuple[Outline, Layout, str]:
    plan, whole = view.plan, folded(view.plan)
    box = _box_at(plan, whole, number)
    inside = set(box.tasks)
    large = len(inside) > MOST_INSIDE
    groups = _groups(plan, box) if large else [task_box(plan, t) for t in box.tasks]
    boxes = {id: each for each in groups for id in each.tasks}
    levels = [list(groups)] if large else _levels(plan, boxes)
    arrows = [] if large else _between(plan, boxes)
    for first, links in ((True, plan.dependencies), (False, plan.dependents)):
        met = {t: set(links[t]) - inside for t in boxes}
        stubs = _neighbours(whole, set().union(*met.values()))
        levels.insert(0 if first else len(levels), [stub for stub, _ in stubs])
        for stub, ids in stubs:
            linked = [boxes[t] for t in boxes if met[t] & ids]
            arrows += [(stub, b) if first else (b, stub) for b in linked]
    height = BOX_HEIGHT if large else box_height(view)
    placed = _placed(list(filter(None, levels)), arrows, height, blocks=large)
    return *placed, box.heading


def _between(plan: Plan, boxes: dict[str, Box]) -> list[_Arrow]:
    return [
        (boxes[need], box)
        for id, box in boxes.items()
        for need in plan.dependencies[id]
        if need in boxes
    ]


def _box_at(plan: Plan, whole: Outline, number: int) -> Box:
    """Return the box that is told by `number`: one of the whole, or one inside it."""
    boxes, rest = whole.boxes, number + 1
    while True:
        rest, digit = divmod(rest, _BASE)
        if not 0 < digit <= len(boxes):
            message = f"the folded picture has no box {number}"
            raise ValueError(message)
        box = boxes[digit - 1]
        if not rest:
            return box
        boxes = _groups(plan, box)


def _groups(plan: Plan, box: Box) -> tuple[Box, ...]:
    """Return the tasks of a box in groups: by their agents, or else as they come."""
    by_agent: dict[str, list[str]] = {}
    for id in box.tasks:
        by_agent.setdefault(plan[id].agent, []).append(id)
    if 1 < len(by_agent) <= _MOST_GROUPS:
        named = [(agent, tuple(ids)) for agent, ids in by_agent.items()]
    else:
        named = list(_chunks(box.tasks))
    unit = _BASE ** _depth(box.opens or 0)
    return tuple(
        group_box(ids, name, (box.opens or 0) + (n + 1) * unit)
        for n, (name, ids) in enumerate(named)
    )


def _depth(number: int) -> int:
    depth, rest = 0, number + 1
    while rest:
        depth, rest = depth + 1, rest // _BASE
    return depth


def _chunks(ids: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    size = max(MOST_INSIDE, -(-len(ids) // _MOST_GROUPS))
    for first in range(0, len(ids), size):
        chunk = ids[first : first + size]
        names = (safe.one_line(chunk[0], 24), safe.one_line(chunk[-1], 24))
        yield " to ".join(names), chunk


def _neighbours(whole: Outline, ids: set[str]) -> list[tuple[Box, set[str]]]:
    """Return a grey box for each box of the whole that some of `ids` are in."""
    found = []
    for box in whole.boxes:
        if met := ids & set(box.tasks):
            where = box.title.split("\n", 1)[0]
            found.append((_stub(f"{_tasks(len(met))} of {where}", box.opens), met))
    return found


def _stub(words: str, opens: int | None) -> Box:
    shown = safe.fit(words, CAPTION_SIZE, _STUB_WIDTH - 2 * PADDING)
    return Box(
        tasks=(), heading=shown, caption="", title=words, kind="stub", opens=opens
    )


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"


def _levels(plan: Plan, boxes: dict[str, Box]) -> list[list[Box]]:
    """Return boxes of tasks by the level each is on in the plan."""
    levels = ([boxes[id] for id in level if id in boxes] for level in plan.levels())
    return [level for level in levels if level]


def _placed(
    levels: Sequence[Sequence[Box]],
    arrows: Sequence[_Arrow],
    height: int,
    *,
    blocks: bool = False,
) -> tuple[Outline, Layout]:
    """Return the picture of `levels`, as blocks of rows where arrows would be a web."""
    boxes = [box for level in levels for box in level]
    at = {id(box): n for n, box in enumerate(boxes)}
    counted = Counter((at[id(tail)], at[id(head)]) for tail, head in arrows)
    width = box_width([b for b in boxes if b.kind == "task"], height)
    sizes = tuple(_size(box, width, height) for box in boxes)
    sideways, tall = direction([len(level) for level in levels], width, height)
    if blocks or len(counted) > MOST_ARROWS or too_tall(tall, height):
        graph = Graph(sizes=sizes, edges=(), sideways=False)
        numbers = [[at[id(box)] for box in level] for level in levels]
        where = grid.lay_out(numbers, sizes, PAGE_WIDTH)
    else:
        graph = Graph(sizes=sizes, edges=tuple(counted), sideways=sideways)
        where = lay_out(graph)
    return Outline(boxes=tuple(boxes), graph=graph, folded=blocks), where


def _size(box: Box, width: float, height: int) -> tuple[float, float]:
    if box.kind == "stub":
        return _STUB_WIDTH, _STUB_HEIGHT
    return (FOLDED_WIDTH, BOX_HEIGHT) if box.kind == "group" else (width, height)
