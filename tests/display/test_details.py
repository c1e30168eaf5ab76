"""What a view shows of one task, and what of it can be edited there."""

import json
from collections import OrderedDict
from enum import IntEnum

import pytest

from display.inert import read
from display.runs import HOSTILE
from nbagents import Orchestrator, Plan, Task
from nbagents.display import asked, editing, values
from nbagents.display.details import details

KEY = "sk-proj-" + "a1B2" * 12


def run_of(result, description="Do it", id="a"):
    plan = Plan([Task(id, description, "give"), Task("b", "", "give", [id])])
    run = Orchestrator({"give": lambda task, context: result}).debug(plan)
    return run.step()


def test_a_task_is_told_with_its_place_its_text_and_what_may_be_done():
    run = run_of("fine", "Say <fine>\n\tnow")
    run.break_at("b")
    run.break_at("give", when="failure")
    told = details(run, "b")
    assert told["task"] == 1
    assert told["dependencies"] == [0]
    assert told["agents"] == ["give"]
    assert told["marks"] == ["before", "failure"]
    assert told["can"] == dict(run.possible("b"))
    assert told["result"] == {"kind": "none", "text": "", "why": ""}
    first = details(run, "a")
    assert first["description"] == "Say <fine>\n\tnow"
    assert first["description_why"] == ""
    assert first["result"] == {"kind": "text", "text": "fine", "why": ""}
    assert "skip" in first["can"]
    assert first["can"]["skip"] != ""
    json.dumps(told, allow_nan=False)


def test_what_a_view_shows_itself_is_not_in_the_html():
    html = details(run_of("the result", "the description"), "a")["html"]
    assert "the result" in html
    assert "the description" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_inert_wherever_they_stand(text):
    told = details(run_of(text, text, id=text), text)
    read(told["html"])  # It raises where anything in it could act.
    json.dumps(told).encode()
    json.dumps(told, ensure_ascii=False).encode()


VALUES = [
    {"a": [1, 2.5, None, True, "x\ny", {}], "ü": []},
    [],
    1,
    1.0,
    True,
    "",
    "a\n\tb",
    {"b": 1, "a": 2},
    10**30,
    -0.5,
    1e300,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_text_and_json_come_back_from_the_editor_as_they_were(value):
    told = details(run_of(value), "a")["result"]
    assert told["why"] == ""
    back = asked.value({"result": told["text"], "kind": told["kind"]}, "result")
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


class Colour(IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


def circular():
    value = []
    value.append(value)
    return value


def shared():
    value = []
    for _ in range(200):
        value = [value, value]
    return value


OTHERS = [
    (1, 2),
    [(1, 2)],
    {1: "a"},
    {"a": Colour.RED},
    OrderedDict(a=1),
    Text("a"),
    {1, 2},
    b"bytes",
    float("nan"),
    {"a": float("inf")},
    object(),
    circular(),
]


@pytest.mark.parametrize("value", OTHERS, ids=range(len(OTHERS)))
def test_what_would_come_back_as_something_else_cannot_be_edited(value):
    told = details(run_of(value), "a")["result"]
    assert told["kind"] == "other"
    assert told["text"] == ""
    assert "run.edit('a', result=...)" in told["why"]


def test_a_value_that_holds_itself_many_times_is_not_walked_through():
    assert values.guarded(editing._as_json, shared()) is None


def test_a_value_that_fails_to_show_itself_costs_nothing():
    class Bad(dict):
        def items(self):
            raise RuntimeError("no")

        __iter__ = __len__ = __repr__ = items

    assert details(run_of(Bad()), "a")["result"]["kind"] == "other"


@pytest.mark.parametrize(
    "text", [f"a {KEY} b", "a\x07b", "a\u202eb", "a\r\nb", "half \ud83d"]
)
def test_what_an_editor_would_destroy_cannot_be_edited_there(text):
    told = details(run_of(text, text), "a")
    assert told["result"]["text"] == ""
    assert "run.edit('a', result=...)" in told["result"]["why"]
    assert "run.edit('a', description=...)" in told["description_why"]
    assert KEY not in json.dumps(told)
    told = details(run_of({"x": [text]}), "a")["result"]
    # JSON has escapes for the old control characters.
    assert (told["kind"], told["why"] == "") == ("json", "\x07" in text or "\r" in text)


@pytest.mark.parametrize("value", ["x" * 100_001, ["x"] * 200_000, {"a": "x" * 10**6}])
def test_what_is_too_long_for_an_editor_is_said_to_be(value):
    told = details(run_of(value, "y" * 100_001), "a")
    assert "more than 100,000 characters" in told["result"]["why"]
    assert told["result"]["text"] == ""
    assert "more than 100,000 characters" in told["description_why"]
    assert len(json.dumps(told)) < 2_500_000


def test_a_page_that_is_too_large_for_the_wire_names_the_line_for_a_cell(monkeypatch):
    monkeypatch.setattr("nbagents.display.inspector.body", lambda _: "x" * 10**7)
    html = details(run_of("fine"), "a")["html"]
    assert "run['a']" in html.replace("&#x27;", "'").replace("&#39;", "'")
    assert len(html) < 200


def test_a_line_for_a_cell_is_one_line():
    assert "\n" not in editing.why_not_text("a\n\x07" * 100, "result", "\x00")
