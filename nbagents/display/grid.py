"""Where boxes stand that are too many beside each other: group below group, in rows.

A level of a hundred tasks would be a picture nobody can look at, and its arrows a web.
Here each level is a block of rows, and one arrow leads from a block to the next.
"""

from collections.abc import Sequence

from nbagents.display import layout
from nbagents.display.layout import Graph, Layout, Point

_GAP = 14
_BLOCK_GAP = 40


def place(graph: Graph, width: float) -> Layout:
    """Return where the boxes of `graph` go: in rows where no arrow says otherwise.

    Args:
        graph: The boxes and arrows.
        width: Of the picture in pixels, at most, where there are no arrows.
    """
    if graph.edges or not graph.sizes:
        return layout.lay_out(graph)
    return lay_out([range(len(graph.sizes))], graph.sizes, width)


def row_count(count: int, box: float, width: float) -> int:
    """Return in how many rows of at most `width` pixels so many boxes go."""
    return -(-count // max(1, int((width + _GAP) // (box + _GAP))))


def lay_out(
    blocks: Sequence[Sequence[int]],
    sizes: Sequence[tuple[float, float]],
    width: float,
) -> Layout:
    """Return where boxes of `sizes` go, in rows of at most `width` pixels.

    Args:
        blocks: The numbers of the boxes, each in one block; no block is empty.
        sizes: Their widths and heights.
        width: Of the picture, if no box is wider.
    """
    blocked = [list(_rows(block, sizes, width)) for block in blocks]
    broadest = max(_breadth(row, sizes) for rows in blocked for row in rows)
    centres: dict[int, Point] = {}
    curves: list[tuple[Point, ...]] = []
    y = 0.0
    for number, rows in enumerate(blocked):
        if number:
            curves.append(_arrow(broadest / 2, y - _BLOCK_GAP, y))
        for row in rows:
            y = _place(row, sizes, centres, (broadest, y)) + _GAP
        y += _BLOCK_GAP - _GAP
    return Layout(
        width=broadest,
        height=y - _BLOCK_GAP,
        centres=tuple(centres[n] for n in range(len(sizes))),
        curves=tuple(curves),
    )


def _rows(
    block: Sequence[int], sizes: Sequence[tuple[float, float]], width: float
) -> Sequence[Sequence[int]]:
    """Return `block` in rows of about the same length, none wider than `width`."""
    rows = row_count(len(block), max(sizes[n][0] for n in block), width)
    length = -(-len(block) // rows)
    return [block[at : at + length] for at in range(0, len(block), length)]


def _breadth(row: Sequence[int], sizes: Sequence[tuple[float, float]]) -> float:
    return sum(sizes[n][0] for n in row) + _GAP * (len(row) - 1)


def _place(
    row: Sequence[int],
    sizes: Sequence[tuple[float, float]],
    centres: dict[int, Point],
    start: Point,
) -> float:
    """Put the boxes of `row` beside each other; return where they end below."""
    width, top = start
    x = (width - _breadth(row, sizes)) / 2
    height = max(sizes[n][1] for n in row)
    for n in row:
        centres[n] = (x + sizes[n][0] / 2, top + height / 2)
        x += sizes[n][0] + _GAP
    return top + height


def _arrow(x: float, top: float, bottom: float) -> tuple[Point, ...]:
    start, end = (x, top + 4), (x, bottom - 4)
    return (start, (x, top + 12), (x, bottom - 12), end)
