"""The picture of a plan or a run, as SVG.

Whoever found the positions, the drawing is ours, so it looks the same and is escaped
the same everywhere. It must read on light and on dark paper: an image in a notebook
does not know the theme. So boxes bring their own ground, and arrows are mid-grey.

The classes and `data-edge` are what the live view takes hold of; `boxes` has the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from math import ceil, hypot

from nbagents.display import boxes, summary
from nbagents.display.grid import place
from nbagents.display.layout import Layout, Point
from nbagents.display.look import Look
from nbagents.display.markup import Markup, element, joined
from nbagents.display.outline import BOX_HEIGHT, PAGE_WIDTH, Outline, outline_of
from nbagents.display.source import View

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif"
_LINE = "#8b929c"
_MARGIN = 8
_TIP = 7.0  # length of an arrow's tip
_PLACEHOLDER = 220  # pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture as a complete SVG document, and its size in pixels."""

    svg: str
    width: float
    height: float


def draw(view: View) -> Drawing:
    """Return the picture of `view`."""
    if not view.plan.tasks:
        words = "planning…" if view.planning else "no tasks"
        nothing = boxes.placeholder(words, _PLACEHOLDER)
        return _sheet(view, _PLACEHOLDER, BOX_HEIGHT, nothing)
    planned = outline_of(view)
    return drawn(view, planned, place(planned.graph, PAGE_WIDTH))


def drawn(
    view: View,
    planned: Outline,
    where: Layout,
    looks: Mapping[str, Look] | None = None,
) -> Drawing:
    """Return the picture that `planned` says, laid out as `where` says.

    Args:
        view: What is drawn.
        planned: Its boxes and arrows.
        where: Where they stand.
        looks: By the id of a task, how it looks whatever its state is.
    """
    arrows = element(
        "g",
        *_arrows(planned, where),
        class_="nb-arrows",
        fill="none",
        stroke=_LINE,
        stroke_width=1.3,
    )
    known = looks or {}
    shown = (
        boxes.drawn(view, box, n, size, centre, known.get(next(iter(box.tasks), "")))
        for n, (box, size, centre) in enumerate(
            zip(planned.boxes, planned.graph.sizes, where.centres, strict=True)
        )
    )
    return _sheet(view, where.width, where.height, joined(arrows, *shown))


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


def _arrows(planned: Outline, where: Layout) -> Iterator[Markup]:
    # Where boxes stand in a grid, arrows go from one group of them to the next.
    for edge, curve in zip_longest(planned.graph.edges, where.curves):
        name = None if edge is None else f"{edge[0]} {edge[1]}"
        # Dashed: what comes along it decides whether the task is needed.
        dashes = "5 4" if edge in planned.deciding else None
        yield element(
            "g",
            *_arrow(curve),
            class_="nb-arrow",
            data_edge=name,
            stroke_dasharray=dashes,
        )


def _arrow(curve: tuple[Point, ...]) -> Iterator[Markup]:
    """Yield the line and the tip of one arrow; the line ends inside the tip."""
    (x, y), (dx, dy) = curve[-1], _heads_for(curve)
    end = (x - dx * _TIP * 0.7, y - dy * _TIP * 0.7)
    line = " ".join(f"{px:.1f} {py:.1f}" for px, py in (*curve[1:-1], end))
    back = (x - dx * _TIP, y - dy * _TIP)
    across = (-dy * _TIP * 0.42, dx * _TIP * 0.42)
    tip = [(x, y), (back[0] + across[0], back[1] + across[1])]
    tip.append((back[0] - across[0], back[1] - across[1]))
    corners = "L".join(f"{px:.1f} {py:.1f}" for px, py in tip)
    (sx, sy) = curve[0]
    yield element("path", d=f"M{sx:.1f} {sy:.1f}C{line}")
    yield element("path", class_="nb-tip", d=f"M{corners}Z", fill=_LINE, stroke="none")


def _heads_for(curve: tuple[Point, ...]) -> Point:
    """Return the direction of the curve's end, as a vector of length one."""
    for (x0, y0), (x1, y1) in pairwise(reversed(curve)):
        length = hypot(x0 - x1, y0 - y1)
        if length > 0.5:  # noqa: PLR2004 - points of a spline may fall together
            return (x0 - x1) / length, (y0 - y1) / length
    return 0.0, 1.0
