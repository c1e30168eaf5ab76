"""Pictures of parts: what is in them, what is left out, and how that is said."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from display.runs import HOSTILE, Run, plan, wide
from nbagents.display.outline import outline
from nbagents.display.parts import MOST_AROUND, MOST_INSIDE, draw_part
from nbagents.display.source import look_at
from nbagents.errors import UnknownTaskError
from nbagents.graph import Plan, Task

SVG = "{http://www.w3.org/2000/svg}"


def _shown(part) -> list[str]:
    return [id for id, _, box in part["tasks"] if box >= 0]


def _stubs(part) -> list[str]:
    drawn = ET.fromstring(part["svg"]).iter(f"{SVG}g")
    return [g.find(f"{SVG}title").text for g in drawn if "data-stub" in g.attrib]


def _opens(part) -> dict[str, int]:
    drawn = ET.fromstring(part["svg"]).iter(f"{SVG}g")
    return {
        g.find(f".//{SVG}text").text: int(g.get("data-open"))
        for g in drawn
        if "data-node" in g.attrib and "data-open" in g.attrib
    }


@st.composite
def plans(draw) -> Plan:
    count = draw(st.integers(1, 40))
    return Plan(
        Task(
            f"t{n}",
            "",
            draw(st.sampled_from(["x", "y"])),
            draw(st.sets(st.sampled_from(range(n)), max_size=3).map(_ids)) if n else [],
        )
        for n in range(count)
    )


def _ids(numbers) -> list[str]:
    return [f"t{n}" for n in sorted(numbers)]


@given(plans())
@settings(max_examples=40, deadline=None)
def test_every_task_is_in_exactly_one_box_of_the_whole(a_plan):
    part = draw_part(look_at(a_plan))
    for boxes in (outline(a_plan).boxes, outline(a_plan, 60).boxes):
        assert sorted(id for box in boxes for id in box.tasks) == sorted(a_plan.order())
    assert _shown(part) == [task.id for task in a_plan]
    assert part["folded"]


@given(plans())
@settings(max_examples=40, deadline=None)
def test_every_task_is_inside_exactly_one_box_that_can_be_opened(a_plan):
    view = look_at(a_plan)
    whole = draw_part(view)
    inside = [_shown(draw_part(view, opened=n)) for n in _opens(whole).values()]
    assert sorted(id for ids in inside for id in ids) == sorted(a_plan.order())


def test_around_a_task_is_what_it_needs_and_what_needs_it_and_nothing_else():
    a_plan = plan("a", "b<a", "c<b", "d<c", "other", "beside<a")
    part = draw_part(look_at(a_plan), around="c")
    assert _shown(part) == ["a", "b", "c", "d"]
    assert _stubs(part) == []
    assert part["title"] == "Around c"
    assert not part["folded"]


def test_around_a_task_the_nearest_come_first_and_the_rest_is_counted():
    a_plan = Plan(
        Task(f"t{n}", "", "x", [f"t{n - 1}"] if n else []) for n in range(200)
    )
    part = draw_part(look_at(a_plan), around="t100")
    shown = [int(id[1:]) for id in _shown(part)]
    assert len(shown) == MOST_AROUND
    assert shown == list(range(min(shown), max(shown) + 1))
    before, after = min(shown), 199 - max(shown)
    assert _stubs(part) == [f"{before} tasks more before", f"{after} tasks more after"]


def test_an_opened_box_shows_its_tasks_and_its_neighbours_as_stubs():
    view = look_at(Run(wide(400)))
    part = draw_part(view, opened=1)
    assert part["title"] == "Levels 3 to 4 · 40 tasks"
    assert _shown(part) == [f"t{n}" for n in range(40, 80)]
    assert _stubs(part) == ["20 tasks of Levels 1 to 2", "20 tasks of Levels 5 to 6"]
    assert not part["folded"]


def test_a_box_of_many_tasks_is_folded_by_agent_and_opened_once_more():
    a_plan = Plan(Task(f"t{n}", "", "one" if n % 3 else "two") for n in range(350))
    view = look_at(a_plan)
    part = draw_part(view, opened=0)
    opens = _opens(part)
    assert part["folded"]
    assert list(opens) == ["two · 117 tasks", "one · 233 tasks"]
    two = draw_part(view, opened=opens["two · 117 tasks"])
    assert _shown(two) == [f"t{n}" for n in range(0, 350, 3)]
    again = draw_part(view, opened=opens["one · 233 tasks"])
    sizes = [
        len(_shown(draw_part(view, opened=number))) for number in _opens(again).values()
    ]
    assert sizes == [MOST_INSIDE, 113]


@pytest.mark.parametrize("number", [-1, 1, 2000, 10**12])
def test_a_box_that_is_not_there_is_refused(number):
    with pytest.raises(ValueError, match="no box"):
        draw_part(look_at(plan("a")), opened=number)


def test_a_task_that_is_not_there_is_refused():
    with pytest.raises(UnknownTaskError):
        draw_part(look_at(plan("a")), around="b")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_part_adds_no_element(text):
    def elements(id: str, agent: str) -> list[str]:
        tasks = [
            Task(id, id, agent),
            *(Task(f"n{n}", "", "x", [id]) for n in range(70)),
        ]
        view = look_at(Plan([*tasks, *(Task(f"m{n}", "", agent) for n in range(200))]))
        parts = [draw_part(view, around=id), draw_part(view, opened=0)]
        parts.append(draw_part(view, opened=1))
        json.dumps(parts)
        return [
            each.tag for part in parts for each in ET.fromstring(part["svg"]).iter()
        ]

    assert elements(text, text) == elements("usual", "agent")
