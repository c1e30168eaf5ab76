"""Two runs side by side: what differs, where it began, and what it cost."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbagents import (
    Agent,
    Orchestrator,
    Plan,
    Run,
    ScriptedModel,
    Task,
    UnknownTaskError,
    compare,
)
from teams import agent_of, layered, plan_of


def execute(task: str, context: Any) -> str:
    if "fail" in task:
        raise ValueError(task)
    return "\n".join([task, *map(str, context.values())])


def finished(plan: Plan | None = None) -> Run:
    plan = plan or plan_of(top=[], left=["top"], right=["top"], join=["left", "right"])
    return Orchestrator([agent_of(execute), agent_of(execute, "y")]).run(plan)


def changes(a: Any, b: Any) -> dict[str, tuple[str, ...]]:
    return {task.id: task.changed for task in compare(a, b).different}


def test_a_run_and_its_fork_are_the_same() -> None:
    run = finished()
    same = compare(run, run.fork())
    assert same.identical
    assert same.first_divergence is None
    assert repr(same).splitlines()[0] == "4 tasks are the same"


def test_the_first_divergence_is_where_to_look() -> None:
    run = finished()
    other = run.fork().edit("left", result="by hand\ndo top").resume()
    found = compare(run, other)
    assert [task.id for task in found.tasks] == ["top", "left", "right", "join"]
    assert found.first_divergence == "left"
    assert changes(run, other) == {"left": ("result",), "join": ("result",)}
    assert found["left"].diff.splitlines()[1:] == ["-do left", "+by hand", " do top"]
    assert found["top"].same
    assert found["top"].diff == ""
    lines = repr(found).splitlines()
    assert lines[0].startswith("2 of 4 tasks differ")
    assert lines[1:3] == [f"a: {run.id}", f"b: {other.id}"]
    assert "first: left" in lines


@pytest.mark.parametrize(
    "edit, expected",
    [
        (lambda p: p.describe("left", "look"), ("description", "result")),
        (lambda p: p.reassign("left", "y"), ("agent",)),
        (lambda p: p.depend("left", only=True), ("dependencies", "result")),
        (lambda p: p.describe("left", "fail"), ("description", "status", "result")),
    ],
    ids=["description", "agent", "dependencies", "status"],
)
def test_what_changed_is_named(edit: Any, expected: tuple[str, ...]) -> None:
    run = finished()
    assert changes(run, finished(edit(run.plan)))["left"] == expected


def test_tasks_of_only_one_plan_stand_where_that_plan_has_them() -> None:
    plan = plan_of(a=[], c=["a"])
    longer = Plan([*plan_of(a=[], b=["a"]), Task("c", "do c", "x", ["b"])])
    found = compare(finished(plan), finished(longer))
    assert [task.id for task in found.tasks] == ["a", "b", "c"]
    assert found["b"].changed == ("added",)
    assert found["b"].a is None
    assert compare(finished(longer), finished(plan))["b"].changed == ("removed",)
    with pytest.raises(UnknownTaskError):
        found["d"]


def test_plans_that_turn_a_dependency_round_are_still_aligned() -> None:
    one, other = finished(plan_of(a=[], b=["a"])), finished(plan_of(b=[], a=["b"]))
    assert {task.id for task in compare(one, other).tasks} == {"a", "b"}


def test_figures_are_differences_over_all_attempts() -> None:
    model = ScriptedModel(lambda request: "w " * 40, price=(10.0, 100.0))
    team = Orchestrator([Agent.llm("w", "Writes")], model)
    run = team.run(plan_of("w", one=[], two=["one"]))
    other = run.fork().retry("two")
    found, more = compare(run, other), other["two"].attempts[-1]
    assert found.tokens == found["two"].tokens == more.tokens
    assert found.cost == pytest.approx(more.cost)
    assert found.seconds == pytest.approx(more.duration_seconds)
    assert (found["one"].tokens, found["one"].cost) == (0, 0)
    assert found.identical
    assert f"+{more.tokens:,} tokens" in repr(found)
    back = compare(other, run)
    assert back.tokens == -more.tokens
    assert f"\N{MINUS SIGN}{more.tokens:,} tokens" in repr(back)


def test_a_moment_can_be_compared_with_what_came_of_it() -> None:
    run = finished()
    found = compare(run.at("left"), run)
    assert found.a == f"{run.id} at left"
    assert found.first_divergence in {"right", "join"}
    assert found["join"].changed == ("status", "result")


def test_errors_are_compared_by_what_they_say() -> None:
    plan = plan_of(a=[]).describe("a", "fail")
    assert compare(finished(plan), finished(plan)).identical
    other = finished(plan.describe("a", "fail again"))
    diff = compare(finished(plan), other)["a"].diff
    assert diff.splitlines()[1:] == ["-ValueError: fail", "+ValueError: fail again"]


@pytest.mark.parametrize(
    "one, other, same",
    [
        (float("nan"), float("nan"), True),
        ({"b": 1, "a": [2]}, {"a": [2], "b": 1}, True),
        (pd.DataFrame({"a": [1, None]}), pd.DataFrame({"a": [1, None]}), True),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]}), False),
        (np.arange(3), np.arange(3), True),
        (np.arange(3), [0, 1, 2], False),
        (object(), object(), False),
        (None, 0, False),
    ],
)
def test_results_are_compared_by_what_they_hold(
    one: Any, other: Any, same: bool
) -> None:
    run = finished()
    found = compare(run.fork().edit("join", result=one), run.edit("join", result=other))
    assert found["join"].same is same
    assert isinstance(found["join"].diff, str)
    assert repr(found)
    assert found._repr_mimebundle_()["text/html"]


def test_a_comparison_is_plain_data_too() -> None:
    run = finished()
    other = run.fork().edit("join", result=pd.DataFrame({"a": [1]}))
    data = compare(run, other).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["first_divergence"] == "join"
    assert data["tasks"][-1]["changed"] == ["result"]


def test_it_stays_as_it_is_while_the_runs_go_on() -> None:
    run = finished()
    other = run.fork()
    found = compare(run, other)
    other.edit("top", result="else")
    assert found.identical
    assert not compare(run, other).identical


def test_a_large_comparison_is_listed_in_part() -> None:
    team = Orchestrator([agent_of(lambda task, context: task)])
    plan = layered(50, 40)
    one = team.run(plan)
    other = team.run(Plan(Task(t.id, "otherwise", t.agent) for t in plan))
    html = compare(one, other)._repr_mimebundle_()["text/html"]
    assert "… and 1,900 more that differ" in html
    assert len(html) < 2_000_000


HOSTILE = "</div><script>alert(1)</script>\"'\u202e\x00"


def test_nothing_in_it_can_act() -> None:
    run = finished(Plan([Task("a", HOSTILE, "x")]))
    other = run.fork().edit("a", result=HOSTILE * 2)
    found = compare(run, other)
    for html in (found, found["a"]):
        shown = html._repr_mimebundle_()["text/html"]
        assert "<script" not in shown
        assert "\u202e" not in repr(html)
        assert "\x00" not in shown


@pytest.mark.parametrize("wrong", [None, "run", {}, plan_of(a=[])])
def test_what_is_no_run_is_refused_with_what_to_type(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"compare\(run, run.fork\(\)\)"):
        compare(finished(), wrong)
