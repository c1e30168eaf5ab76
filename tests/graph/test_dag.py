"""The graph algorithms against definitions that are slow and obvious."""

from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nbagents.graph import dag

Edges = Mapping[str, list[str]]


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool) -> dict[str, list[str]]:
    count = draw(st.integers(0, 12))
    ids = [f"n{number}" for number in range(count)]
    edges: dict[str, list[str]] = {}
    for position, id in enumerate(ids):
        others = ids[:position] if acyclic else ids
        chosen = draw(
            st.lists(st.sampled_from(others), unique=True) if others else st.just([])
        )
        edges[id] = chosen
    order = draw(st.permutations(ids))
    return {id: edges[id] for id in order}


@given(graphs(acyclic=True))
def test_levels_put_each_id_right_after_the_last_it_depends_on(edges: Edges) -> None:
    level = {id: number for number, ids in enumerate(dag.levels(edges)) for id in ids}
    assert level.keys() == edges.keys()
    for id, needs in edges.items():
        assert level[id] == max((level[need] + 1 for need in needs), default=0)


@given(graphs(acyclic=True))
def test_heights_are_the_longest_way_to_the_end(edges: Edges) -> None:
    following = dag.dependents(edges)
    heights = dag.heights(edges, following)
    for id, children in following.items():
        assert heights[id] == max((heights[c] + 1 for c in children), default=0)


@given(graphs(acyclic=True))
def test_a_graph_without_cycles_has_none(edges: Edges) -> None:
    assert dag.cycles(edges) == []


@given(graphs(acyclic=False))
def test_each_cycle_named_is_one_and_none_is_missed(edges: Edges) -> None:
    paths = dag.cycles(edges)
    for path in paths:
        assert path[0] == path[-1]
        assert len(set(path)) == len(path) - 1 >= 2
        assert all(a in edges[b] for a, b in pairwise(path))
    named = {id for path in paths for id in path}
    for id in edges:
        others = dag.reachable([id], edges) - {id}
        knot = {other for other in others if id in dag.reachable([other], edges)}
        assert not knot or (knot | {id}) & named


@given(graphs(acyclic=False))
def test_reachable_is_the_transitive_closure(edges: Edges) -> None:
    for id in edges:
        found = dag.reachable([id], edges)
        direct = set(edges[id])
        assert direct <= found
        assert found == direct | {n for d in found for n in edges[d]}
