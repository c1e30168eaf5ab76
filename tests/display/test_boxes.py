"""What the third line of a box says, and that no text is wider than its box."""

from xml.etree import ElementTree as ET

import pytest

from display.runs import HOSTILE, START, Run, plan
from nbagents.display import safe
from nbagents.display.drawing import draw
from nbagents.display.outline import CAPTION_SIZE, HEADING_SIZE, PADDING
from nbagents.display.source import look_at
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.graph import Plan, Task

SVG = "{http://www.w3.org/2000/svg}"
LONG = ["W" * 300, "日本語" * 60, "🦊" * 80, "شكرا جزيلا " * 30, *HOSTILE]


def _boxes(value, at: float = 5) -> list[ET.Element]:
    drawn = ET.fromstring(draw(look_at(value, START + at)).svg)
    return [g for g in drawn.iter(f"{SVG}g") if "data-node" in g.attrib]


def _line(box: ET.Element, kind: str) -> str:
    found = box.find(f".//{SVG}text[@class='nb-{kind}']")
    return "" if found is None else found.text or ""


def test_the_box_of_a_plan_has_two_lines_and_that_of_a_run_three():
    a_plan = plan("a", "b<a")
    heights = [_boxes(each)[0].find(f"{SVG}rect").get("height") for each in (a_plan,)]
    heights += [_boxes(Run(a_plan))[0].find(f"{SVG}rect").get("height")]
    assert heights == ["46", "60"]
    assert _boxes(a_plan)[0].find(f".//{SVG}text[@class='nb-note']") is None


def test_the_third_line_says_what_a_task_says_and_then_what_it_came_to():
    run = Run(plan("going", "done", "bad", "idle")).start()
    run.begin("going")
    run.say("going", "page 3 of 10", 0.3)
    run.complete("done", "all well")
    run.fail("bad", ValueError("no price"))
    notes = [_line(box, "note") for box in _boxes(run)]
    assert notes == ["page 3 of 10", "all well", "ValueError: no price", ""]


def test_the_third_line_of_a_task_that_used_tokens_says_how_many():
    run = Run(Plan([Task("a", "", "writer")])).start()
    run.begin("a")
    messages = [{"role": "user", "content": "hello"}]
    run.emit(
        e.ModelAsked(START, "a", 1, "m", messages),
        e.ModelAnswered(START, "a", 1, "m", 1000, 204, 0.5, 0.012),
    )
    run.complete("a", "fine")
    assert _line(_boxes(run)[0], "note") == "1.2k tok · $0.012"


def test_a_running_task_has_an_arc_as_long_as_what_is_done():
    run = Run(plan("a", "b")).start()
    run.begin("a")
    run.say("a", "here", 0.25)
    run.begin("b")
    rings = [box.find(f"{SVG}circle") for box in _boxes(run)]
    assert rings[0].get("stroke-dasharray") == "0.250 1"
    assert rings[1] is None


def test_a_task_that_was_tried_again_says_how_often():
    run = Run(plan("a")).start()
    run.begin("a")
    run.emit(e.TaskRetried(START + 1, "a", 1, Failure.of(ValueError("x")), 1.0))
    run.begin("a", at=2, attempt=2)
    assert _line(_boxes(run, at=3)[0], "time") == "×2 1.0 s"


@pytest.mark.parametrize("text", LONG)
def test_no_text_is_wider_than_its_box(text):
    run = Run(Plan([Task(text, "", text), Task("b", "", text, [text])])).start()
    run.complete(text, text)
    run.begin("b")
    run.say("b", text)
    for box in _boxes(run):
        width = float(box.find(f"{SVG}rect").get("width"))
        end = safe.measure(_line(box, "time"), CAPTION_SIZE)
        caption = safe.measure(_line(box, "caption"), CAPTION_SIZE)
        heading = safe.measure(_line(box, "heading"), HEADING_SIZE)
        assert caption + end <= width - 2 * PADDING
        assert heading <= width - 2 * PADDING - 16
        assert safe.measure(_line(box, "note"), CAPTION_SIZE) <= width - 2 * PADDING


def test_each_arrow_says_which_boxes_it_links():
    drawn = ET.fromstring(draw(look_at(plan("a", "b<a", "c<a,b"))).svg)
    edges = [
        g.get("data-edge") for g in drawn.iter(f"{SVG}g") if "data-edge" in g.attrib
    ]
    assert edges == ["0 1", "0 2", "1 2"]
