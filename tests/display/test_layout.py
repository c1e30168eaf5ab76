import shutil
import subprocess

import pytest

from display.runs import plan, wide
from nbagents.display import layered, layout
from nbagents.display.layout import Graph
from nbagents.display.outline import outline

PLANS = {
    "nothing but one": plan("a"),
    "chain": plan("a", "b<a", "c<b"),
    "diamond": plan("a", "b<a", "c<a", "d<b,c"),
    "two parts": plan("a", "b<a", "x", "y<x"),
    "long arrow": plan("a", "b<a", "c<b", "d<c", "e<a,d"),
    "given backwards": plan("d<c", "c<b", "b<a", "a"),
    "eighty": wide(80),
}


@pytest.fixture(autouse=True)
def forget_layouts():
    layout.lay_out.cache_clear()
    yield
    layout.lay_out.cache_clear()


@pytest.fixture(params=["graphviz-pure", "dot", "layered"])
def step(request, monkeypatch):
    """Leave one step of the ladder standing."""
    if request.param == "layered":
        monkeypatch.setattr(layout, "programs", lambda: iter([]))
        return request.param
    found = [p for p in layout.programs() if request.param in p]
    if not found:
        pytest.skip(f"{request.param} is not on this machine")
    monkeypatch.setattr(layout, "programs", lambda: iter(found[:1]))
    monkeypatch.setattr(layered, "lay_out", lambda _: pytest.fail("not reached"))
    return request.param


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("sideways", [True, False])
def test_each_step_places_every_box_without_overlap(step, name, sideways):
    sized = outline(PLANS[name]).graph
    graph = Graph(sizes=sized.sizes, edges=sized.edges, sideways=sideways)
    found = layout.lay_out(graph)
    assert len(found.centres) == len(graph.sizes)
    assert len(found.curves) == len(graph.edges)
    boxes = _boxes(graph, found)
    for left, top, right, bottom in boxes:
        assert -1 <= left < right <= found.width + 1
        assert -1 <= top < bottom <= found.height + 1
    for n, box in enumerate(boxes):
        assert not any(_overlap(box, other) for other in boxes[n + 1 :])


@pytest.mark.parametrize("sideways", [True, False])
def test_arrows_run_forward_from_border_to_border(step, sideways):
    sized = outline(PLANS["long arrow"]).graph
    graph = Graph(sizes=sized.sizes, edges=sized.edges, sideways=sideways)
    found = layout.lay_out(graph)
    along = 0 if sideways else 1
    for (tail, head), curve in zip(graph.edges, found.curves, strict=True):
        assert len(curve) % 3 == 1
        half = graph.sizes[tail][along] / 2
        assert curve[0][along] == pytest.approx(
            found.centres[tail][along] + half, abs=2
        )
        assert curve[-1][along] == pytest.approx(
            found.centres[head][along] - half, abs=2
        )


def test_boxes_of_a_level_stand_in_the_order_of_the_plan(step):
    sized = outline(plan("a", "b", "c")).graph
    graph = Graph(sizes=sized.sizes, edges=(), sideways=True)
    heights = [y for _, y in layout.lay_out(graph).centres]
    assert heights == sorted(heights)


def test_an_arrow_over_several_levels_goes_around_the_boxes_between():
    graph = outline(PLANS["long arrow"]).graph
    found = layered.lay_out(graph)
    boxes = _boxes(graph, found)
    tail, head = 0, 4
    curve = found.curves[graph.edges.index((tail, head))]
    for n in (1, 2, 3):
        left, top, right, bottom = boxes[n]
        assert not any(left < x < right and top < y < bottom for x, y in curve)


def test_a_program_that_takes_too_long_is_given_up_and_so_are_its_like(monkeypatch):
    tried = []

    def slow(program, graph):
        tried.append(program)
        raise subprocess.TimeoutExpired(program, 4)

    monkeypatch.setattr(layout, "programs", lambda: iter(["one", "two"]))
    monkeypatch.setattr(layout, "from_program", slow)
    assert len(layout.lay_out(outline(PLANS["diamond"]).graph).centres) == 4
    assert tried == ["one"]


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo '{'", 'echo \'{"bb": "0,0,9,9"}\'', "exec /does/not/exist"],
)
def test_a_program_that_is_broken_hands_on_to_the_next_step(
    tmp_path, monkeypatch, script
):
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(layout, "programs", lambda: iter([str(program)]))
    assert len(layout.lay_out(outline(PLANS["diamond"]).graph).centres) == 4


def test_the_program_of_our_own_environment_comes_first(monkeypatch):
    def which(name, path=None):
        return f"{path or '/usr/bin'}/{name}"

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr(layout.sysconfig, "get_path", lambda _: "/env/bin")
    assert list(layout.programs()) == ["/env/bin/graphviz-pure", "/usr/bin/dot"]


def test_the_same_graph_is_laid_out_once(monkeypatch):
    calls = []
    monkeypatch.setattr(layout, "programs", lambda: calls.append(1) or iter([]))
    for _ in range(3):
        layout.lay_out(outline(PLANS["diamond"]).graph)
    assert len(calls) == 1


def _boxes(graph, found):
    return [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (w, h), (x, y) in zip(graph.sizes, found.centres, strict=True)
    ]


def _overlap(one, other):
    return all(
        max(one[axis], other[axis]) < min(one[axis + 2], other[axis + 2]) - 0.5
        for axis in (0, 1)
    )
