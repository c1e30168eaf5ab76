"""Two runs side by side: what differs, where it began, and what it took."""

import json
from collections.abc import Callable
from dataclasses import dataclass
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
from nbagents.engine import events as e
from nbagents.engine.comparison import Comparison
from nbagents.engine.moment import Moment
from teams import agent_of, plan_of


def echo(task: str, context: dict[str, Any]) -> str:
    if "fail" in task:
        raise ValueError(task)
    return task


def shout(task: str, context: dict[str, Any]) -> str:
    return task.upper()


def ran(plan: Plan) -> Run:
    return Orchestrator([agent_of(echo), agent_of(shout, "loud")]).run(plan)


def gave(value: Any) -> Run:
    plan = plan_of(a=[])
    return Orchestrator([agent_of(lambda task, context: value)]).run(plan)


def moment(plan: Plan, seconds: float, tokens: int, attempts: int = 1) -> Moment:
    """Return a run whose tasks each took so much in every attempt."""
    events: list[e.Event] = [e.RunCreated(0.0, "r", plan), e.RunStarted(0.0)]
    for id in plan.order():
        for number in range(1, attempts + 1):
            events += [
                e.TaskStarted(0.0, id, number, "x"),
                e.ModelAsked(0.0, id, number, "m", []),
                e.ModelAnswered(0.0, id, number, "m", tokens, 0, 0.0),
                e.TaskInterrupted(seconds, id, number)
                if number < attempts
                else e.TaskCompleted(seconds, id, number, "fine"),
            ]
    return Moment(events)


def words(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    return {task.id: task.changed for task in comparison.different}


DIAMOND = plan_of(a=[], b=["a"], c=["a"], d=["b", "c"])


def test_two_runs_with_the_same_results_are_identical() -> None:
    comparison = compare(ran(DIAMOND), ran(DIAMOND))
    assert comparison.identical
    assert comparison.first_divergence is None
    assert comparison.different == ()
    assert [task.id for task in comparison.tasks] == ["a", "b", "c", "d"]
    assert all(task.same and task.diff == "" for task in comparison.tasks)


@pytest.mark.parametrize(
    "edit, changed",
    [
        (lambda p: p.describe("b", "go"), {"b": ("description", "result")}),
        (lambda p: p.describe("b", "fail"), {"b": ("description", "status", "result")}),
        (lambda p: p.reassign("c", "loud"), {"c": ("agent", "result")}),
        (lambda p: p.depend("c", "b"), {"c": ("dependencies",)}),
        (lambda p: p.add(Task("n", "new", "x", ["a"])), {"n": ("added",)}),
        (lambda p: p.without("d"), {"d": ("removed",)}),
    ],
)
def test_a_change_of_the_plan_is_named(
    edit: Callable[[Plan], Plan], changed: dict[str, tuple[str, ...]]
) -> None:
    found = words(compare(ran(DIAMOND), ran(edit(DIAMOND))))
    if "status" in changed.get("b", ()):
        changed = {**changed, "d": ("status", "result")}  # skipped for it
    assert found == changed


def test_the_first_divergence_is_the_one_the_others_come_from() -> None:
    # Written down last, but everything depends on it.
    tasks = [Task("end", "Tell", "x", ["start"]), Task("start", "Look", "x")]
    before = Plan(tasks)
    after = before.describe("end", "Tell it").describe("start", "Look again")
    comparison = compare(ran(before), ran(after))
    assert [task.id for task in comparison.different] == ["start", "end"]
    assert comparison.first_divergence == "start"


@pytest.mark.parametrize(
    "first, second, order",
    [
        (plan_of(a=[], b=["a"]), plan_of(a=[], n=["a"], b=["a"]), "anb"),
        (plan_of(a=[], b=["a"]), plan_of(n=[], a=["n"], b=["a"]), "nab"),
        (plan_of(a=[], b=["a"]), plan_of(a=[], b=["a"], n=["b"]), "abn"),
        (plan_of(a=[], b=["a"]), plan_of(x=[], y=["x"]), "xayb"),
        (plan_of(q=[], p=[]), plan_of(p=[], q=[], n=["p"]), "qpn"),
        # Turned round: no order suits both, so it is that of the first.
        (plan_of(a=[], b=["a"]), plan_of(b=[], a=["b"]), "ab"),
        (plan_of(a=[], b=["a"]), plan_of(b=[], n=["b"], a=["n"]), "abn"),
        (plan_of(), plan_of(a=[]), "a"),
        (plan_of(), plan_of(), ""),
    ],
)
def test_a_task_stands_after_all_it_depends_on(
    first: Plan, second: Plan, order: str
) -> None:
    ids = [task.id for task in compare(ran(first), ran(second)).tasks]
    assert sorted(ids) == sorted(order)
    if order:
        assert "".join(ids) == order


def test_each_side_tells_what_the_task_was_and_did() -> None:
    task = compare(ran(DIAMOND), ran(DIAMOND.reassign("b", "loud").without("d")))["b"]
    assert task.a is not None
    assert task.b is not None
    assert (task.a.agent, task.b.agent) == ("x", "loud")
    assert (task.a.result, task.b.result) == ("do b", "DO B")
    assert (task.a.status, task.b.status) == ("completed", "completed")
    assert (task.a.attempts, task.b.attempts) == (1, 1)
    assert task.diff == "@@ -1 +1 @@\n-do b\n+DO B"


def test_a_side_without_the_task_is_none() -> None:
    comparison = compare(ran(DIAMOND), ran(DIAMOND.without("d")))
    gone = comparison["d"]
    assert gone.b is None
    assert gone.seconds is None
    assert gone.tokens is None
    assert gone.diff == "@@ -1 +0,0 @@\n-do d"
    with pytest.raises(UnknownTaskError, match="no task named 'e'"):
        comparison["e"]


def test_a_moment_is_compared_with_its_own_run() -> None:
    run = ran(DIAMOND)
    comparison = compare(run.at("a"), run)
    assert comparison.a == f"{run.id} at a"
    assert comparison.b == run.id
    assert comparison.first_divergence == "b"
    assert words(comparison) == dict.fromkeys("bcd", ("status", "result"))
    assert compare(run.at(run.history[-1]), run).identical


def test_a_comparison_stays_as_it_is_while_the_run_goes_on() -> None:
    run = Orchestrator([agent_of(echo)]).debug(DIAMOND)
    comparison = compare(run, ran(DIAMOND))
    run.resume()
    assert comparison.first_divergence == "a"
    assert compare(run, ran(DIAMOND)).identical


def test_errors_are_compared_by_what_they_say() -> None:
    one, other = (plan_of(a=[]).describe("a", text) for text in ("fail", "fail so"))
    assert compare(ran(one), ran(one)).identical
    task = compare(ran(one), ran(other))["a"]
    assert task.changed == ("description", "result")
    assert task.diff == "@@ -1 +1 @@\n-ValueError: fail\n+ValueError: fail so"


def test_time_and_tokens_are_those_of_all_attempts_of_all_tasks() -> None:
    plan = plan_of(a=[], b=["a"])
    comparison = compare(moment(plan, 1.0, 10), moment(plan, 2.5, 30, attempts=2))
    assert comparison.identical
    assert (comparison.seconds, comparison.tokens) == (8.0, 100)
    task = comparison["a"]
    assert (task.seconds, task.tokens) == (4.0, 50)
    assert task.b is not None
    assert (task.b.seconds, task.b.tokens, task.b.attempts) == (5.0, 60, 2)


def test_the_time_of_a_task_at_work_is_not_known() -> None:
    plan = plan_of(a=[], b=[])
    ends: list[e.Event] = [
        e.TaskStarted(0.0, "a", 1, "x"),
        e.TaskCompleted(3.0, "a", 1, "fine"),
        e.TaskStarted(3.0, "b", 1, "x"),
    ]
    going = Moment([e.RunCreated(0.0, "r", plan), e.RunStarted(0.0), *ends])
    comparison = compare(going, moment(plan, 4.0, 0))
    assert comparison["b"].seconds is None
    assert comparison["a"].seconds == 1.0
    assert comparison.seconds == 5.0


class Same:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same)

    def __hash__(self) -> int:
        return 0


class Raises:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise RuntimeError


@dataclass
class Report:
    table: Any
    note: str = ""


def frame(*prices: float) -> pd.DataFrame:
    return pd.DataFrame({"price": prices})


def deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def endless(word: str) -> list[Any]:
    inside: list[Any] = [word]
    inside.append(inside)
    return inside


NAN = float("nan")


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("a", "a", True),
        ("a", "b", False),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        (NAN, float("nan"), True),
        ({"a": [NAN]}, {"a": [float("nan")]}, True),
        ([np.float64("nan")], [np.float64("nan")], True),
        (np.float64(1.5), np.float64(1.5), True),
        (NAN, 1.0, False),
        (None, None, True),
        (None, "None", False),
        (np.array([1, 2]), np.array([1, 2]), True),
        (np.array([1, 2]), np.array([1, 3]), False),
        (np.array([1, 2]), np.array([1, 2, 3]), False),
        (np.array([1]), np.array([[1]]), False),
        (np.array([1.0, NAN]), np.array([1.0, NAN]), True),
        (np.array(["a", None]), np.array(["a", None]), True),
        (np.array([1]), [1], False),
        (frame(1, NAN), frame(1, NAN), True),
        (frame(1, 2), frame(1, 3), False),
        (frame(1, 2), frame(1, 2, 3), False),
        (frame(1), "price", False),
        ({"table": frame(1)}, {"table": frame(1)}, True),
        ([frame(1), np.array([1])], [frame(1), np.array([2])], False),
        (Report(frame(1)), Report(frame(1)), True),
        (Report(frame(1)), Report(frame(2)), False),
        (Report(NAN, "x"), Report(float("nan"), "y"), False),
        (object(), object(), False),
        (Same(), Same(), True),
        (deep(5000), deep(5001), False),
        (endless("a"), endless("a"), True),
        (endless("a"), endless("b"), False),
    ],
)
def test_results_are_equal_by_what_they_hold(one: Any, other: Any, same: bool) -> None:
    comparison = compare(gave(one), gave(other))
    assert comparison.identical is same
    assert comparison["a"].changed == (() if same else ("result",))
    repr(comparison)


def test_a_value_that_cannot_be_compared_is_equal_to_itself() -> None:
    value = {"inside": Raises()}
    assert compare(gave(value), gave(value)).identical


@pytest.mark.parametrize(
    "one, other, diff",
    [
        ("a\nb\nc", "a\nB\nc", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"),
        ({"b": 1, "a": 2}, {"a": 3, "b": 1}, '-  "a": 2,\n+  "a": 3,'),
        ({"t": (1, frame(7))}, {"t": (1, frame(8))}, '-      "0      7"'),
        ({"n": np.int64(1)}, {"n": np.int64(2)}, '-  "n": 1\n+  "n": 2'),
        ({1: "a", "b": 2}, {1: "b", "b": 2}, "-{1: 'a', 'b': 2}"),
        (None, True, "-null\n+true"),
        (frame(1, 2), frame(1, 3), "    price\n 0      1\n-1      2\n+1      3"),
        ({3}, {4}, "-{3}\n+{4}"),
        (Raises(), "x", "-<Raises>\n+x"),
    ],
)
def test_a_diff_is_of_what_a_person_can_read(one: Any, other: Any, diff: str) -> None:
    assert diff in compare(gave(one), gave(other))["a"].diff


def test_results_that_read_the_same_have_no_diff() -> None:
    task = compare(gave("a\nb"), gave("a\r\nb\n"))["a"]
    assert task.changed == ("result",)
    assert task.diff == ""
    assert "read the same" in repr(task)


def test_the_end_of_a_long_diff_is_counted() -> None:
    *shown, last = compare(gave("x"), gave("y\n" * 1000))["a"].diff.splitlines()
    assert len(shown) == 200
    assert last == "… and 802 lines more"
    *_, last = compare(gave("x\n" * 5000), gave("x\n" * 5001))["a"].diff.splitlines()
    assert last == "… and 3,001 lines further down that were not compared"
    *_, last = compare(gave("x"), gave("y" * 5000))["a"].diff.splitlines()
    assert last.endswith("y… (4,001 more characters)")


def test_as_a_dict_it_is_plain_json() -> None:
    one, other = gave(frame(1)), gave({"odd": Raises()})
    data = compare(one, other).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert (data["a"], data["b"]) == (one.id, other.id)
    assert data["identical"] is False
    assert data["first_divergence"] == "a"
    (task,) = data["tasks"]
    assert task["changed"] == ["result"]
    assert task["a"]["output"] == "   price\n0      1"
    assert task["diff"].startswith("@@ ")
    gone = compare(ran(DIAMOND), ran(DIAMOND.without("d"))).to_dict()["tasks"][-1]
    assert gone["b"] is None
    assert gone["a"]["dependencies"] == ["b", "c"]


@pytest.mark.parametrize("wrong", [None, "run", plan_of(a=[]), Agent])
def test_what_is_not_a_run_is_refused_with_what_to_give(wrong: Any) -> None:
    run = ran(DIAMOND)
    for pair in ((run, wrong), (wrong, run)):
        with pytest.raises(TypeError, match=r"compare\(run, run.fork\(\)\)") as caught:
            compare(*pair)
        assert 'compare(run.at("id"), run)' in str(caught.value)


def test_a_run_and_its_fork_are_the_same() -> None:
    run = Orchestrator([agent_of(lambda task, context: task)]).run(
        plan_of(a=[], b=["a"])
    )
    same = compare(run, run.fork())
    assert same.identical
    assert same.first_divergence is None
    assert repr(same).splitlines()[0] == "2 tasks are the same"


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
