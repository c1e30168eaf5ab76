"""Conditions, maps and loops as data: what they say, and what is wrong with them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents import Each, Plan, PlanError, Task, Until, When


class Rude:
    def __str__(self) -> str:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError

    def __float__(self) -> float:
        raise RuntimeError

    __hash__ = object.__hash__


@pytest.mark.parametrize(
    "when, result, holds",
    [
        (When("a", contains="REJECT"), "Rejected: too long", True),
        (When("a", contains="REJECT"), "fine", False),
        (When("a", contains="b"), ["a", "B "], True),
        (When("a", contains="b"), ["abc"], False),
        (When("a", contains="REJECT", negate=True), "fine", True),
        (When("a", equals="yes"), " YES\n", True),
        (When("a", equals="yes"), "yes, but", False),
        (When("a", equals=3), 3.0, True),
        (When("a", equals=True), 1, True),
        (When("a", above=0.5), 0.6, True),
        (When("a", above=0.5), "0.6", True),
        (When("a", above=0.5), "high", False),
        (When("a", above=0, below=10), 10, False),
        (When("a", above=0, below=10), 9, True),
        (When("a"), "something", True),
        (When("a"), "  ", False),
        (When("a"), [], False),
        (When("a"), None, False),
        (When("a", negate=True), None, True),
        (When("a", field="verdict", equals="bad"), {"verdict": "bad"}, True),
        (When("a", field="verdict", equals="bad"), '{"verdict": "bad"}', True),
        (When("a", field="v", above=1), '```json\n{"v": 2}\n```', True),
        (When("a", field="verdict", equals="bad"), "no JSON", False),
        (When("a", contains="x"), Rude(), False),
        (When("a", equals=3), Rude(), False),
        (When("a", above=3), Rude(), False),
        (When("a", field="x"), Rude(), False),
        (When("a"), Rude(), True),
    ],
)
def test_a_condition_holds_by_what_a_result_says(
    when: When, result: Any, holds: bool
) -> None:
    assert when.holds(result) is holds


@pytest.mark.parametrize(
    "given, words",
    [
        (When("review", contains="NO"), "when 'review' says 'NO'"),
        (When("n", above=1, below=5), "when 'n' is above 1 and is below 5"),
        (When("n", negate=True), "unless 'n' returns something"),
        (When("n", field="v", equals=1), "when 'n' ['v'] is 1"),
        (Each("files", width=3), "for each of 'files', 3 at a time"),
        (Until("critic", contains="OK"), "until 'critic' says 'OK', at most 3×"),
        (Until("critic", equals="OK", most=1), "until 'critic' is 'OK', once"),
    ],
)
def test_they_say_in_words_what_they_are(given: Any, words: str) -> None:
    assert str(given) == words


def plan(**extras: Any) -> Plan:
    return Plan([Task("a", "A", "x"), Task("b", "B", "y", ["a"], **extras)])


@pytest.mark.parametrize(
    "extras, said",
    [
        ({"when": When("c")}, "looks at 'c' in 'when', which is none of its"),
        ({"each": "c"}, "looks at 'c' in 'each', which is none of its"),
        ({"when": "a"}, "'when' of task 'b' must be an object, not str"),
        ({"when": {"task": "a", "says": "x"}}, "has no 'says'"),
        ({"when": {}}, "'when' of task 'b' cannot be read"),
        ({"when": {"task": "a", "above": "1"}}, "needs a number as 'above', not str"),
        ({"when": {"task": "a", "contains": ""}}, "every text has an empty one"),
        ({"each": {"task": "a", "width": 0}}, "whole number above 0 as 'width', not 0"),
        ({"each": 3}, "'each' of task 'b' must be an id or an object, not int"),
        ({"until": {"agent": "x", "most": 21}}, "from 1 to 20 as 'most', not 21"),
        ({"until": {"agent": ""}}, "needs the name of one as 'agent'"),
        ({"each": "a", "until": Until("x")}, "both 'each' and 'until'"),
    ],
)
def test_what_is_wrong_with_them_is_named(extras: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(**extras)
    assert said in str(caught.value)
    assert [defect.task for defect in caught.value.defects] == ["b"]


def test_all_defects_are_named_at_once() -> None:
    task = {"id": "b", "description": "B", "agent": "z", "dependencies": ["c"]}
    task |= {"when": {"task": "d"}, "each": {"task": "e"}, "until": {"agent": "judge"}}
    with pytest.raises(PlanError) as caught:
        Plan.from_dict({"tasks": [task]}, agents=["x"])
    assert [defect.kind for defect in caught.value.defects] == [
        "unknown_agent",
        "unknown_dependency",
        "no_dependency",
        "no_dependency",
        "unknown_agent",
        "wrong_value",
    ]


def test_who_judges_has_to_be_in_the_team() -> None:
    with pytest.raises(PlanError, match="judged by an unknown agent 'critic'"):
        plan(until=Until("critic")).check_agents({"x", "y"})


EXTRAS = [
    {"when": When("a", contains="x", negate=True)},
    {"when": When("a", field="v", above=1.5), "each": "a"},
    {"each": Each("a", width=2, field="items")},
    {"until": Until("x", equals="OK", most=5)},
]


@pytest.mark.parametrize("extras", EXTRAS)
def test_a_plan_comes_back_from_json_as_it_was(extras: dict[str, Any]) -> None:
    made = plan(**extras)
    assert Plan.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    again = eval(repr(made["b"]), {"Task": Task, "When": When, "Each": Each, **_UNTIL})
    assert again == made["b"]


_UNTIL = {"Until": Until}


def test_a_plan_is_changed_by_a_new_one() -> None:
    made = plan(when=When("a"))
    assert made.change("b", when=None)["b"].when is None
    assert made["b"].when == When("a")
    with pytest.raises(TypeError):
        made.change("b", whenever=None)
    with pytest.raises(PlanError, match="none of its dependencies"):
        made.depend("b", [], only=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["task", "contains", "equals", "above", "below", "field", "negate", "width", "most"]
)


@given(st.dictionaries(FIELDS | st.text(), JSON, max_size=5), st.sampled_from(range(3)))
def test_whatever_data_says_is_a_plan_or_a_plan_error(data: Any, which: int) -> None:
    name = ("when", "each", "until")[which]
    task = {"id": "b", "description": "B", "agent": "y", "dependencies": ["a"]}
    first = {"id": "a", "description": "A", "agent": "x"}
    try:
        made = Plan.from_dict({"tasks": [first, {**task, name: data}]})
    except PlanError:
        return
    assert Plan.from_dict(json.loads(json.dumps(made.to_dict()))) == made


@given(JSON, st.sampled_from([each["when"] for each in EXTRAS if "when" in each]))
def test_no_result_makes_a_condition_raise(result: Any, when: When) -> None:
    assert when.holds(result) in (True, False)
