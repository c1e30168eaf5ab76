"""Questions about a directed graph given as `{id: ids it depends on}`.

All of them take O(V + E) time, use no recursion (a chain of 20,000 tasks is
deeper than Python's stack), and keep the order in which the ids were given, so
the same plan always gives the same answer.
"""

from collections.abc import Iterable, Mapping, Sequence

Edges = Mapping[str, Sequence[str]]
"""For each id, the ids it depends on; every id named is a key."""


def dependents(edges: Edges) -> dict[str, tuple[str, ...]]:
    """Return, for each id, the ids that depend on it directly."""
    result: dict[str, list[str]] = {node: [] for node in edges}
    for node, needs in edges.items():
        for need in needs:
            result[need].append(node)
    # Tuples of texts, unlike lists, are left out by the garbage collector.
    return {node: tuple(children) for node, children in result.items()}


def levels(edges: Edges, following: Edges | None = None) -> list[list[str]]:
    """Return the ids in layers: each id as early as what it depends on allows.

    Ids on a cycle, and below one, are in no layer. `following` is
    `dependents(edges)`, for a caller who has it.

    Source: Kahn, "Topological sorting of large networks", CACM 5(11), 1962.
    """
    following = dependents(edges) if following is None else following
    waiting = {node: len(needs) for node, needs in edges.items()}
    layer = [node for node, count in waiting.items() if count == 0]
    layers: list[list[str]] = []
    while layer:
        layers.append(layer)
        freed: list[str] = []
        for node in layer:
            for child in following[node]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    freed.append(child)
        layer = freed
    return layers


def reachable(start: Iterable[str], edges: Edges) -> set[str]:
    """Return every id that can be reached from `start`, without `start` itself.

    An id of `start` is in the answer only when another one leads to it.
    """
    found: set[str] = set()
    frontier = list(start)
    while frontier:
        for neighbour in edges[frontier.pop()]:
            if neighbour not in found:
                found.add(neighbour)
                frontier.append(neighbour)
    return found


def heights(edges: Edges, following: Edges) -> dict[str, int]:
    """Return, for each id, how many tasks the longest path below it still has."""
    result: dict[str, int] = {}
    for layer in reversed(levels(edges, following)):
        for node in layer:
            below = [result[child] for child in following[node]]
            result[node] = max(below) + 1 if below else 0
    return result


def cycles(edges: Edges) -> list[list[str]]:
    """Return one shortest closed path for each knot of ids that form cycles.

    A path starts and ends with the same id and follows the direction in which
    the work would flow: each id is needed by the next. An id that depends on
    itself alone is left out; that is a defect of its own.
    """
    following = dependents(edges)
    if sum(map(len, levels(edges, following))) == len(edges):
        return []
    return [
        _shortest_cycle(knot[0], following, set(knot))
        for knot in knots(edges, following)
        if len(knot) > 1
    ]


def knots(edges: Edges, following: Edges) -> list[list[str]]:
    """Return the strongly connected components, each in the order of `edges`.

    Source: Kosaraju's algorithm (Sharir, Computers & Mathematics with
    Applications 7(1), 1981): a depth-first pass one way for the order of
    finishing, then one the other way that collects the components.
    """
    owner: dict[str, str] = {}
    for root in reversed(_finishing_order(following)):
        stack = [root]
        while stack:
            node = stack.pop()
            if node not in owner:
                owner[node] = root
                stack.extend(edges[node])
    grouped: dict[str, list[str]] = {}
    for node in edges:
        grouped.setdefault(owner[node], []).append(node)
    return list(grouped.values())


def _finishing_order(edges: Edges) -> list[str]:
    """Return the ids in the order in which a depth-first search leaves them."""
    finished: list[str] = []
    entered: set[str] = set()
    for root in edges:
        if root in entered:
            continue
        entered.add(root)
        stack = [(root, iter(edges[root]))]
        while stack:
            node, children = stack[-1]
            for child in children:
                if child not in entered:
                    entered.add(child)
                    stack.append((child, iter(edges[child])))
                    break
            else:
                finished.append(node)
                stack.pop()
    return finished


def _shortest_cycle(start: str, following: Edges, knot: set[str]) -> list[str]:
    """Breadth first from `start` back to itself, inside the knot."""
    came_from: dict[str, str] = {}
    frontier = [start]
    while start not in came_from:
        reached = []
        for node in frontier:
            for child in following[node]:
                if child != node and child in knot and child not in came_from:
                    came_from[child] = node
                    reached.append(child)
        frontier = reached
    path = [start]
    while (node := came_from[path[-1]]) != start:
        path.append(node)
    return [start, *reversed(path[1:]), start]
