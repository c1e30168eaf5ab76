"""The picture of a plan or a run, as SVG.

Whoever found the positions, the drawing is ours, so it looks the same and is escaped
the same everywhere. It must read on light and on dark paper: an image in a notebook
does not know the theme. So boxes bring their own ground, and arrows are mid-grey.

The classes and `data-node` are what the live view takes hold of.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot

from nbagents.display import look, safe, summary
from nbagents.display.layout import Layout, Point, lay_out
from nbagents.display.markup import Markup, element, joined
from nbagents.display.outline import (
    BOX_HEIGHT,
    CAPTION_SIZE,
    FOLDED_WIDTH,
    HEADING_SIZE,
    ICON,
    PADDING,
    Box,
    Outline,
    outline,
)
from nbagents.display.source import View
from nbagents.engine.lifecycle import TaskStatus

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif"
_INK, _MUTED, _LINE = "#1b1f24", "#57606a", "#8b929c"
_MARGIN = 8
_TIP = 7.0  # length of an arrow's tip
_SHARE_HEIGHT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture as a complete SVG document, and its size in pixels."""

    svg: str
    width: float
    height: float


def draw(view: View) -> Drawing:
    """Return the picture of `view`."""
    if not view.plan.tasks:
        return _sheet(view, 220, BOX_HEIGHT, _placeholder(view))
    planned = outline(view.plan)
    where = lay_out(planned.graph)
    arrows = element(
        "g",
        *(_arrow(curve) for curve in where.curves),
        class_="nb-arrows",
        fill="none",
        stroke=_LINE,
        stroke_width=1.3,
    )
    boxes = joined(*_boxes(view, planned, where))
    return _sheet(view, where.width, where.height, joined(arrows, boxes))


def describe(view: View) -> str:
    """Return the picture in words, for whoever cannot see it."""
    return f"Graph of tasks: {', '.join(summary.headline(view))}"


def _sheet(view: View, width: float, height: float, content: Markup) -> Drawing:
    across, down = ceil(width + 2 * _MARGIN), ceil(height + 2 * _MARGIN)
    svg = element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"{-_MARGIN} {-_MARGIN} {across} {down}",
        width=across,
        height=down,
        font_family=_FONT,
        role="img",
        aria_label=describe(view),
    )
    return Drawing(svg=svg, width=across, height=down)


def _placeholder(view: View) -> Markup:
    words = "planning…" if view.planning else "no tasks"
    how = look.TASK[TaskStatus.PENDING]
    return joined(
        _ground(220, how),
        _text(words, "heading", 110, 28, HEADING_SIZE, _MUTED, anchor="middle"),
    )


def _boxes(view: View, planned: Outline, where: Layout) -> Iterator[Markup]:
    sizes = planned.graph.sizes
    for n, (box, (width, height), (x, y)) in enumerate(
        zip(planned.boxes, sizes, where.centres, strict=True)
    ):
        counts = Counter(view.task(id).status for id in box.tasks)
        status = look.loudest(counts)
        parts = _folded(box, counts) if planned.folded else _single(view, box, width)
        yield element(
            "g",
            element("title", f"{box.title}\n{summary.counted(counts)}"),
            _ground(width, look.TASK[status]),
            *parts,
            class_=f"nb-node nb-{status}",
            data_node=str(n),
            transform=f"translate({x - width / 2:.1f} {y - height / 2:.1f})",
        )


def _single(view: View, box: Box, width: float) -> Iterator[Markup]:
    state = view.task(box.tasks[0])
    yield from _heading(box, look.TASK[state.status])
    caption = "by hand" if state.edited else box.caption
    yield _text(caption, "caption", PADDING, 36, CAPTION_SIZE, _MUTED)
    yield _text(
        summary.task_time(state, view.now),
        "time",
        width - PADDING,
        36,
        CAPTION_SIZE,
        _MUTED,
        anchor="end",
    )


def _folded(box: Box, counts: Counter[TaskStatus]) -> Iterator[Markup]:
    yield from _heading(box, look.TASK[look.loudest(counts)])
    words = safe.fit(summary.brief(counts), CAPTION_SIZE, FOLDED_WIDTH - 2 * PADDING)
    yield _text(words, "caption", PADDING, 33, CAPTION_SIZE, _MUTED)
    room, x = FOLDED_WIDTH - 2 * PADDING, float(PADDING)
    # From the left like any progress bar: what is done, and what is still to do last.
    for status in (TaskStatus.COMPLETED, *look.LOUDNESS[:-1]):
        share = room * counts[status] / len(box.tasks)
        yield element(
            "rect",
            class_=f"nb-share nb-{status}",
            x=x,
            y=BOX_HEIGHT - _SHARE_HEIGHT - 3,
            width=share,
            height=_SHARE_HEIGHT,
            fill=look.TASK[status].accent,
            fill_opacity=0.25 if status is TaskStatus.PENDING else None,
        )
        x += share


def _ground(width: float, how: look.Look) -> Markup:
    return element(
        "rect",
        class_="nb-ground",
        width=width,
        height=BOX_HEIGHT,
        rx=9,
        fill=how.fill,
        stroke=how.accent,
        stroke_width=1.3,
    )


def _heading(box: Box, how: look.Look) -> Iterator[Markup]:
    yield element(
        "path",
        class_="nb-icon",
        d=how.icon,
        fill=how.accent,
        fill_rule="evenodd",
        transform=f"translate({PADDING - 1} 6)",
    )
    x = PADDING + ICON + 5
    yield _text(box.heading, "heading", x, 19, HEADING_SIZE, _INK, weight="600")


def _text(
    words: str,
    kind: str,
    x: float,
    y: float,
    size: float,
    colour: str,
    *,
    anchor: str | None = None,
    weight: str | None = None,
) -> Markup:
    return element(
        "text",
        words,
        class_=f"nb-{kind}",
        x=x,
        y=y,
        font_size=size,
        fill=colour,
        text_anchor=anchor,
        font_weight=weight,
    )


def _arrow(curve: tuple[Point, ...]) -> Markup:
    """Return the line and the tip of one arrow; the line ends inside the tip."""
    (x, y), (dx, dy) = curve[-1], _heads_for(curve)
    end = (x - dx * _TIP * 0.7, y - dy * _TIP * 0.7)
    line = " ".join(f"{px:.1f} {py:.1f}" for px, py in (*curve[1:-1], end))
    back = (x - dx * _TIP, y - dy * _TIP)
    across = (-dy * _TIP * 0.42, dx * _TIP * 0.42)
    tip = [(x, y), (back[0] + across[0], back[1] + across[1])]
    tip.append((back[0] - across[0], back[1] - across[1]))
    corners = "L".join(f"{px:.1f} {py:.1f}" for px, py in tip)
    (sx, sy) = curve[0]
    return joined(
        element("path", d=f"M{sx:.1f} {sy:.1f}C{line}"),
        element("path", d=f"M{corners}Z", fill=_LINE, stroke="none"),
    )


def _heads_for(curve: tuple[Point, ...]) -> Point:
    """Return the direction of the curve's end, as a vector of length one."""
    for (x0, y0), (x1, y1) in pairwise(reversed(curve)):
        length = hypot(x0 - x1, y0 - y1)
        if length > 0.5:  # noqa: PLR2004 - points of a spline may fall together
            return (x0 - x1) / length, (y0 - y1) / length
    return 0.0, 1.0
