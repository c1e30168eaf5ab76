"""Plans as values: what they answer, how they are edited, what they refuse."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import pytest

from nbagents import Agent, Plan, PlanError, Task, UnknownTaskError


def diamond() -> Plan:
    """Load, then two sides, then join."""
    return Plan(
        [
            Task("load", "Load it", "x"),
            Task("left", "Left side", "x", ["load"]),
            Task("right", "Right side", "y", ["load"]),
            Task("join", "Join them", "y", ["left", "right"]),
        ]
    )


def entry(id: Any, *needs: Any, agent: Any = "x") -> dict[str, Any]:
    return {
        "id": id,
        "description": f"do {id}",
        "agent": agent,
        "dependencies": list(needs),
    }


@dataclass(frozen=True)
class PlanCase:
    """Data that is not a plan, and the kinds of defects it has, in order."""

    name: str
    data: Any
    kinds: list[str]
    says: list[str] = field(default_factory=list)


BAD = [
    PlanCase(
        "a cycle is named as a path",
        {"tasks": [entry("a", "c"), entry("b", "a"), entry("c", "b"), entry("d")]},
        ["cycle"],
        ["'a' -> 'b' -> 'c' -> 'a'"],
    ),
    PlanCase(
        "two separate cycles are both named",
        {"tasks": [entry("a", "b"), entry("b", "a"), entry("c", "d"), entry("d", "c")]},
        ["cycle", "cycle"],
    ),
    PlanCase(
        "a task that depends on itself",
        {"tasks": [entry("a", "a")]},
        ["self_dependency"],
        ["task 'a' depends on itself"],
    ),
    PlanCase(
        "a dependency that does not exist, with a suggestion",
        {"tasks": [entry("draft"), entry("review", "drfat")]},
        ["unknown_dependency"],
        ["'drfat'", "Did you mean 'draft'?"],
    ),
    PlanCase(
        "an agent that does not exist, with the valid ones",
        {"tasks": [entry("a", agent="writter")]},
        ["unknown_agent"],
        ["'writter'", "'writer', 'x'", "Did you mean 'writer'?"],
    ),
    PlanCase(
        "an id used twice",
        {"tasks": [entry("a"), entry("a")]},
        ["duplicate_id"],
        ["'a'"],
    ),
    PlanCase("an empty id", {"tasks": [entry("")]}, ["empty_id"], ["number 1"]),
    PlanCase("a blank id", {"tasks": [entry("  ")]}, ["empty_id"]),
    PlanCase("an id that is a number", {"tasks": [entry(1)]}, ["wrong_type"], ["int"]),
    PlanCase(
        "dependencies that are a lone string",
        {"tasks": [entry("a"), {**entry("b"), "dependencies": "a"}]},
        ["wrong_type"],
        ["must be a list of ids, not str"],
    ),
    PlanCase("a dependency that is no id", {"tasks": [entry("a", 3)]}, ["wrong_type"]),
    PlanCase(
        "an unhashable dependency", {"tasks": [entry("a", {"id": 1})]}, ["wrong_type"]
    ),
    PlanCase(
        "a task without description and agent",
        {"tasks": [{"id": "a"}]},
        ["missing", "missing"],
        ["no 'description'", "no 'agent'"],
    ),
    PlanCase("a task that is no object", {"tasks": ["a"]}, ["wrong_type"]),
    PlanCase("tasks that are no list", {"tasks": {"a": 1}}, ["wrong_type"]),
    PlanCase("no tasks key", {"steps": []}, ["missing"], ["'steps'"]),
    PlanCase("nothing at all", None, ["wrong_type"], ["null"]),
    PlanCase("a text", "a plan", ["wrong_type"]),
    PlanCase(
        "too many tasks",
        {"tasks": [entry(f"t{n}") for n in range(9)]},
        ["too_many_tasks"],
        ["9", "at most 8"],
    ),
    PlanCase(
        "everything at once",
        {
            "tasks": [
                entry("a", "b", "zzz"),
                entry("b", "a", "b", agent="nobody"),
                entry("a"),
                entry(""),
            ]
        },
        [
            "unknown_dependency",
            "unknown_agent",
            "self_dependency",
            "duplicate_id",
            "empty_id",
            "cycle",
        ],
    ),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_plan_names_every_defect_at_once(case: PlanCase) -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict(case.data, agents=["x", "writer"], max_tasks=8)
    assert [defect.kind for defect in caught.value.defects] == case.kinds
    for words in case.says:
        assert words in str(caught.value)


def test_a_plan_error_is_a_value_error_and_can_be_pickled() -> None:
    with pytest.raises(ValueError, match="cycle") as caught:
        Plan([Task("a", "", "x", ["b"]), Task("b", "", "x", ["a"])])
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.defects == caught.value.defects
    assert str(again) == str(caught.value)


def test_a_cycle_carries_its_closed_path_as_data() -> None:
    with pytest.raises(PlanError) as caught:
        Plan([Task("a", "", "x", ["b"]), Task("b", "", "x", ["a"])])
    assert caught.value.defects[0].names == ("a", "b", "a")


def test_agent_type_and_agent_mean_the_same() -> None:
    old = {"tasks": [{"id": "a", "description": "d", "agent_type": "x"}]}
    new = {"tasks": [{"id": "a", "description": "d", "agent": "x"}]}
    assert Plan.from_dict(old) == Plan.from_dict(new)


def test_missing_and_null_dependencies_mean_none() -> None:
    data = {"tasks": [{**entry("a"), "dependencies": None}]}
    assert Plan.from_dict(data)["a"].dependencies == ()


def test_a_plan_survives_the_way_through_json_values() -> None:
    plan = Plan(diamond(), goal="get it done")
    assert Plan.from_dict(plan.to_dict()) == plan


def test_a_plan_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(diamond())) == diamond()


def test_it_answers_what_comes_before_and_after() -> None:
    plan = diamond()
    assert plan.order() == ["load", "left", "right", "join"]
    assert plan.levels() == [["load"], ["left", "right"], ["join"]]
    assert plan.upstream("join") == {"load", "left", "right"}
    assert plan.downstream("left") == {"join"}
    assert plan.upstream("load") == plan.downstream("join") == frozenset()
    assert plan.sinks == ["join"]


def test_every_edit_returns_a_new_plan_and_leaves_the_old_one() -> None:
    plan, before = diamond(), diamond()
    edited = (
        plan.add(Task("check", "Check it", "x", ["join"]))
        .reassign("left", "z")
        .describe("right", "The other side")
        .depend("right", "left")
        .without("check")
    )
    assert plan == before
    assert edited["left"].agent == "z"
    assert edited["right"].description == "The other side"
    assert edited["right"].dependencies == ("load", "left")
    assert "check" not in edited


def test_depend_adds_and_only_replaces() -> None:
    plan = diamond()
    assert plan.depend("join", "load")["join"].dependencies == ("left", "right", "load")
    assert plan.depend("join", ["load"], only=True)["join"].dependencies == ("load",)
    assert plan.depend("join", only=True)["join"].dependencies == ()


def test_an_edit_that_closes_a_cycle_is_refused() -> None:
    with pytest.raises(PlanError, match="cycle"):
        diamond().depend("load", "join")


def test_removing_what_others_need_is_refused_with_the_way_out() -> None:
    with pytest.raises(PlanError) as caught:
        diamond().without("left")
    (note,) = caught.value.__notes__
    assert "plan.depend('join', ['right'], only=True).without('left')" in note
    plan = diamond().depend("join", ["right"], only=True).without("left")
    assert plan.order() == ["load", "right", "join"]


def test_a_plan_can_be_reassigned_to_an_agent_itself() -> None:
    writer = Agent("writer", "Writes", lambda task, context: task)
    assert diamond().reassign("left", writer)["left"].agent == "writer"


@pytest.mark.parametrize(
    "edit",
    [
        lambda plan: plan["jion"],
        lambda plan: plan.without("jion"),
        lambda plan: plan.reassign("jion", "x"),
        lambda plan: plan.describe("jion", "x"),
        lambda plan: plan.depend("jion", "load"),
        lambda plan: plan.upstream("jion"),
        lambda plan: plan.downstream("jion"),
    ],
    ids=["get", "without", "reassign", "describe", "depend", "up", "down"],
)
def test_an_unknown_id_is_named_with_what_was_probably_meant(edit: Any) -> None:
    with pytest.raises(UnknownTaskError, match="Did you mean 'join'") as caught:
        edit(diamond())
    assert isinstance(caught.value, KeyError)
    assert caught.value.valid == ("join", "left", "load", "right")


def test_a_plan_and_its_tasks_cannot_be_changed_in_place() -> None:
    plan = diamond()
    with pytest.raises(FrozenInstanceError):
        plan.goal = "other"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        plan["load"].agent = "y"  # type: ignore[misc]
    with pytest.raises(TypeError):
        plan.dependencies["load"] = ("join",)  # type: ignore[index]


def test_dicts_in_place_of_tasks_are_refused_with_the_way_out() -> None:
    with pytest.raises(PlanError) as caught:
        Plan([entry("a")])  # type: ignore[list-item]
    assert any("Plan.from_dict" in note for note in caught.value.__notes__)


def test_an_empty_plan_is_a_start_to_add_to() -> None:
    plan = Plan()
    assert len(plan) == 0
    assert plan.order() == plan.levels() == plan.sinks == []
    assert plan.add(Task("a", "d", "x")).order() == ["a"]


def test_a_chain_of_20000_tasks_is_no_problem() -> None:
    tasks = [Task(f"t{n}", "", "x", [f"t{n - 1}"] if n else []) for n in range(20_000)]
    plan = Plan(tasks)
    assert len(plan.levels()) == 20_000
    assert len(plan.downstream("t0")) == 19_999


def test_a_closed_chain_of_20000_tasks_is_one_cycle() -> None:
    tasks = [Task(f"t{n}", "", "x", [f"t{(n + 1) % 20_000}"]) for n in range(20_000)]
    with pytest.raises(PlanError) as caught:
        Plan(tasks)
    (defect,) = caught.value.defects
    assert len(defect.names) == 20_001
