"""A plan is found in whatever a model wraps it in, and nothing is guessed."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents.planning.extract import find

TASK = {"id": "a", "description": "Do it", "agent": "writer", "dependencies": []}
PLAN = {"tasks": [TASK]}
TEXT = json.dumps(PLAN)
DRAFT = json.dumps({"tasks": [{**TASK, "id": "draft"}]})


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    found: Any = None  # What is found, or `None` for the plan.


CASES = [
    Case("bare", TEXT),
    Case("indented", json.dumps(PLAN, indent=2)),
    Case("with blanks around it", f"\n\n {TEXT}\n"),
    Case("in a code fence", f"```json\n{TEXT}\n```"),
    Case("in a fence without a language", f"```\n{TEXT}\n```"),
    Case("introduced and explained", f"Here is the plan:\n\n{TEXT}\n\nHope it helps!"),
    Case("introduced with braces", f"Agents {{writer}} will do [this]:\n{TEXT}"),
    Case("after thoughts", f"<think>What about {DRAFT}? No.</think>\n{TEXT}"),
    Case("after thoughts without a start", f"Let me see {DRAFT}\n</think>\n\n{TEXT}"),
    Case("after thoughts by another name", f"<thinking>{DRAFT}</thinking>{TEXT}"),
    Case("under a key", json.dumps({"plan": PLAN})),
    Case("as a list under a key", json.dumps({"plan": [TASK]})),
    Case("as a bare list", json.dumps([TASK])),
    Case("as a list in a fence", f"```json\n{json.dumps([TASK], indent=2)}\n```"),
    Case("beside other keys", json.dumps({"goal": "x", **PLAN}), {"goal": "x", **PLAN}),
    Case(
        "with an agent_type",
        '{"tasks": [{"agent_type": "x"}]}',
        {"tasks": [{"agent_type": "x"}]},
    ),
    Case("the first of two", f"{TEXT}\n\nOr else:\n{DRAFT}"),
    Case("after another object", f'{{"note": "thinking"}} {TEXT}'),
    Case("after a list of something else", f"[1, 2] {TEXT}"),
    Case("with text that looks like JSON", f"Say {{'a': 1}} or [x]. {TEXT}"),
    Case("with tasks of a wrong type", '{"tasks": 3}', {"tasks": 3}),
    Case("not a plan at all", 'Sorry: {"steps": []}', {"steps": []}),
    Case("a list of something else", "[1, 2]", [1, 2]),
    Case("a plan that is none", '{"plan": "later"}', {"plan": "later"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_plan_is_found(case: Case):
    assert find(case.text) == (case.found or PLAN)


@dataclass(frozen=True)
class Broken:
    name: str
    text: str
    message: str


BROKEN = [
    Broken("nothing", "", "no JSON"),
    Broken("prose", "I would first ask the analyst.", "no JSON"),
    Broken("cut off", TEXT[:-4], "not JSON"),
    Broken(
        "cut off after whole tasks",
        json.dumps({"tasks": [TASK, {**TASK, "steps": [TASK]}]})[:-3],
        "not JSON",
    ),
    Broken("a comma too many", '{"tasks": [],}', "not JSON: .* line 1 column"),
    Broken("single quotes", "{'tasks': []}", "not JSON"),
    Broken("thoughts without an end", f"<think>Maybe {TEXT}", "no JSON"),
    Broken("nested beyond all measure", "[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_what_is_no_json_is_said_to_be_none(case: Broken):
    with pytest.raises(ValueError, match=case.message):
        find(case.text)


@settings(deadline=None)
@given(st.text(), st.text())
def test_prose_around_a_plan_does_no_harm(before: str, after: str):
    assert find(f"{before}\n{TEXT}\n{after}") is not None


@pytest.mark.parametrize("piece", ["{", "[", "[{", '{"a":', '{"a":[', "[1,"])
def test_a_text_of_brackets_takes_no_time(piece: str):
    began = time.perf_counter()
    with pytest.raises(ValueError, match="not JSON"):
        find(piece * 100_000)
    assert time.perf_counter() - began < 5
