"""A layered layout in plain Python, for where no Graphviz is.

Boxes go into layers by longest path, arrows that span several layers get a bend
in each, and four sweeps order each layer by the mean position of its neighbours.

Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical
system structures", IEEE Trans. SMC 11(2), 1981.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from nbagents.display.layout import Graph, Layout, Point
from nbagents.graph import dag

_SWEEPS = 4
_PASSES = 6
_GAP = 18  # between the boxes of a layer
_LAYER_GAP = 34
_BEND = 8  # room for an arrow that passes a layer

_Paths = list[list[int]]


def lay_out(graph: Graph) -> Layout:
    """Return where the boxes and arrows of `graph` go."""
    layers, paths, breadths = _layers(graph)
    neighbours = _neighbours(paths, len(breadths))
    layers = _ordered(layers, neighbours)
    along = _along(layers, neighbours, breadths)
    across, depths, depth = _across(graph, layers)
    points = [(along[n], across[n]) for n in range(len(breadths))]
    curves = [_curve(path, points, depths) for path in paths]
    total = max((a + b / 2 for a, b in zip(along, breadths, strict=True)), default=0)
    return _turned(graph, total, depth, points[: len(graph.sizes)], curves)


def _layers(graph: Graph) -> tuple[list[list[int]], _Paths, list[float]]:
    """Return the layers, each arrow's way through them, and how broad each thing is.

    Things numbered from `len(graph.sizes)` on are the bends of long arrows.
    """
    needs: dict[str, list[str]] = {str(n): [] for n in range(len(graph.sizes))}
    for tail, head in graph.edges:
        needs[str(head)].append(str(tail))
    layers = [[int(name) for name in layer] for layer in dag.levels(needs)]
    level = {n: depth for depth, layer in enumerate(layers) for n in layer}
    breadths = [size[1] if graph.sideways else size[0] for size in graph.sizes]
    paths = []
    for tail, head in graph.edges:
        between = range(level[tail] + 1, level[head])
        bends = range(len(breadths), len(breadths) + len(between))
        for bend, depth in zip(bends, between, strict=True):
            layers[depth].append(bend)
            breadths.append(_BEND)
        paths.append([tail, *bends, head])
    return layers, paths, breadths


def _neighbours(paths: _Paths, count: int) -> tuple[_Paths, _Paths]:
    above: _Paths = [[] for _ in range(count)]
    below: _Paths = [[] for _ in range(count)]
    for path in paths:
        for upper, lower in pairwise(path):
            below[upper].append(lower)
            above[lower].append(upper)
    return above, below


def _ordered(layers: list[list[int]], sides: tuple[_Paths, _Paths]) -> list[list[int]]:
    for sweep in range(_SWEEPS):
        upward = sweep % 2 == 1
        place = {n: at for layer in layers for at, n in enumerate(layer)}
        for layer in reversed(layers) if upward else layers:
            side = sides[upward]
            means = {n: _mean((place[m] for m in side[n]), place[n]) for n in layer}
            layer.sort(key=means.__getitem__)
            place.update({n: at for at, n in enumerate(layer)})
    return layers


def _along(
    layers: list[list[int]], sides: tuple[_Paths, _Paths], breadths: Sequence[float]
) -> list[float]:
    """Return where in its layer each thing is: near its neighbours, no overlap."""
    along = [0.0] * len(breadths)
    for layer in layers:
        _place(layer, along, breadths, [0.0] * len(layer))
    for turn in range(_PASSES):
        upward = turn % 2 == 1
        for layer in reversed(layers) if upward else layers:
            side = sides[upward]
            wanted = [_mean((along[m] for m in side[n]), along[n]) for n in layer]
            _place(layer, along, breadths, wanted)
    left = min((a - b / 2 for a, b in zip(along, breadths, strict=True)), default=0)
    return [position - left for position in along]


def _place(
    layer: list[int],
    along: list[float],
    breadths: Sequence[float],
    wanted: Sequence[float],
) -> None:
    """Move a layer as close to `wanted` as its order and the gaps allow.

    Pushing from the left and pushing from the right both keep the gaps; so does
    their mean, which favours neither.
    """
    rooms = [(breadths[a] + breadths[b]) / 2 + _GAP for a, b in pairwise(layer)]
    pushed, pulled = list(wanted), list(wanted)
    for n, room in enumerate(rooms):
        pushed[n + 1] = max(pushed[n + 1], pushed[n] + room)
    for n, room in reversed(list(enumerate(rooms))):
        pulled[n] = min(pulled[n], pulled[n + 1] - room)
    for thing, right, left in zip(layer, pushed, pulled, strict=True):
        along[thing] = (right + left) / 2


def _across(
    graph: Graph, layers: list[list[int]]
) -> tuple[dict[int, float], dict[int, float], float]:
    """Return for each thing where its layer lies and its own depth, and the total."""
    own = [size[0] if graph.sideways else size[1] for size in graph.sizes]
    depths = {n: own[n] if n < len(own) else 0.0 for layer in layers for n in layer}
    across, top = {}, 0.0
    for layer in layers:
        deepest = max(depths[n] for n in layer)
        across.update(dict.fromkeys(layer, top + deepest / 2))
        # A bend lasts as long as its layer, so that an arrow passes boxes straight.
        depths.update({n: deepest for n in layer if n >= len(own)})
        top += deepest + _LAYER_GAP
    return across, depths, max(top - _LAYER_GAP, 0)


def _curve(
    path: list[int], points: Sequence[Point], depths: dict[int, float]
) -> list[Point]:
    curve: list[Point] = []
    for tail, head in pairwise(path):
        (x0, y0), (x1, y1) = points[tail], points[head]
        start, end = y0 + depths[tail] / 2, y1 - depths[head] / 2
        if curve:  # Straight through the bend that it has come to.
            curve += [curve[-1], (x0, start), (x0, start)]
        else:
            curve = [(x0, start)]
        middle = (start + end) / 2
        curve += [(x0, middle), (x1, middle), (x1, end)]
    return curve


def _turned(
    graph: Graph,
    breadth: float,
    depth: float,
    centres: Iterable[Point],
    curves: Iterable[Iterable[Point]],
) -> Layout:
    def turn(points: Iterable[Point]) -> tuple[Point, ...]:
        return tuple((y, x) if graph.sideways else (x, y) for x, y in points)

    return Layout(
        width=depth if graph.sideways else breadth,
        height=breadth if graph.sideways else depth,
        centres=turn(centres),
        curves=tuple(map(turn, curves)),
    )


def _mean(values: Iterable[float], otherwise: float) -> float:
    known = list(values)
    return sum(known) / len(known) if known else otherwise
