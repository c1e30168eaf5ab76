"""What a run cost: in its tasks, its attempts, its figures, and at a breakpoint."""

from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, ScriptedReply, Task
from nbagents.engine.fold import replay
from nbagents.engine.record import Attempt, ModelCall
from nbagents.reporting import current
from teams import agent_of, plan_of

PRICE = (2.5, 10.0)
EACH = 0.0035  # US dollars for an answer of `reply` at that price
REPLY = ScriptedReply(text="yes", input_tokens=1_000, output_tokens=100)


def plan() -> Plan:
    return plan_of("code", load=[]).add(
        Task("trends", "Find trends", "writer", ["load"]),
        Task("page", "Write a page", "writer", ["trends"]),
    )


def team(price: tuple[float, float] | None, **more: Any) -> Orchestrator:
    agents = {
        "code": lambda task, context: task,
        "writer": Agent.llm("writer", "Writes"),
        **more,
    }
    return Orchestrator(agents, ScriptedModel(lambda request: REPLY, price=price))


async def unpriced(task: str, context: dict[str, Any]) -> str:
    """Ask a model of its own, of which nobody knows the price."""
    current.get().answered("mine", 1_000, 100, 0.1)
    return task


# --- figures ---


@pytest.mark.parametrize("price, each", [(PRICE, EACH), (None, 0.0)])
def test_tasks_attempts_and_trace_add_up_to_the_run(price: Any, each: float) -> None:
    run = team(price).run(plan())
    total = run.metrics["total_cost"]
    assert total == pytest.approx(2 * each)
    assert [task.cost for task in run.tasks] == pytest.approx([0.0, each, each])
    attempts = [attempt for task in run.tasks for attempt in task.attempts]
    assert sum(attempt.cost or 0 for attempt in attempts) == pytest.approx(total)
    assert sum(entry["cost"] for entry in run.trace) == pytest.approx(total)
    assert replay(run.history) == run.state


def test_a_run_without_a_model_costs_nothing() -> None:
    run = Orchestrator([agent_of(lambda task, context: task)]).run(plan_of(a=[]))
    assert (run["a"].cost, run.metrics["total_cost"]) == (0.0, 0.0)


def test_a_failed_attempt_is_paid_for_too() -> None:
    async def asks_and_fails(task: str, context: dict[str, Any]) -> None:
        current.get().answered("mine", 1_000, 100, 0.1, cost=EACH)
        message = "no"
        raise ValueError(message)

    run = team(PRICE, code=asks_and_fails).run(plan())
    assert run["load"].status == "failed"
    assert run.metrics["total_cost"] == pytest.approx(EACH)


def test_one_unknown_price_makes_the_total_unknown_and_no_other_task() -> None:
    run = team(PRICE, code=unpriced).run(plan())
    assert run.metrics["total_cost"] is None
    assert [entry["cost"] for entry in run.trace] == [None, EACH, EACH]
    assert [task.cost for task in run.tasks] == [None, EACH, EACH]


CALLS = {
    "none": ((), 0.0),
    "unanswered": ((ModelCall("m"),), 0.0),
    "answered": ((ModelCall("m", seconds=1.0, cost=0.25),), 0.25),
    "unknown": ((ModelCall("m", seconds=1.0),), None),
    "one more on its way": (
        (ModelCall("m", seconds=1.0, cost=0.25), ModelCall("m")),
        0.25,
    ),
    "one of two unknown": (
        (ModelCall("m", seconds=1.0, cost=0.25), ModelCall("m", seconds=1.0)),
        None,
    ),
    "two": ((ModelCall("m", seconds=1.0, cost=0.25),) * 2, 0.5),
}


@pytest.mark.parametrize("calls, cost", CALLS.values(), ids=CALLS)
def test_an_attempt_costs_what_its_answers_cost(
    calls: tuple[ModelCall, ...], cost: float | None
) -> None:
    assert Attempt(1, "x", 0.0, calls=calls).cost == cost


# --- breakpoints ---


def stopped_by_cost(team: Orchestrator) -> Run:
    run = team.debug(plan())
    run.break_when(lambda task: task.cost > 0.003)
    return run.resume()


def test_a_run_can_be_stopped_by_what_a_task_cost() -> None:
    run = stopped_by_cost(team(PRICE))
    assert (run.status, run["page"].status) == ("paused", "pending")
    assert "is true of 'trends'" in run.reason


def test_a_model_that_costs_nothing_never_stops_a_run() -> None:
    assert stopped_by_cost(team(None)).success


def test_a_cost_that_is_not_known_stops_a_run_to_be_safe() -> None:
    run = stopped_by_cost(team(PRICE, code=unpriced))
    assert run.status == "paused"
    assert "failed at 'load'" in run.reason


# --- views ---

SHOWN = {
    "priced": (PRICE, {}, "$0.007", "$0.0035"),
    "unknown": (PRICE, {"code": unpriced}, "cost unknown", "$0.0035"),
}


@pytest.mark.parametrize("price, more, total, each", SHOWN.values(), ids=SHOWN)
def test_views_show_cost_beside_tokens(
    price: Any, more: dict[str, Any], total: str, each: str
) -> None:
    run = team(price, **more).run(plan())
    headline, *rows = repr(run).splitlines()
    assert f" tokens · {total} · simulated model" in headline
    assert f"  1,100 tok  {each}  yes" in rows[2]
    html = run._repr_mimebundle_()["text/html"]
    assert f" tokens · {total} · " in html
    assert f">{each}</td>" in html
    first, *_, last = repr(run["page"]).splitlines()
    assert first.endswith(f"1,100 tokens · {each}")
    assert f"1,100 tokens · {each} · scripted (simulated)" in last


def test_a_task_of_which_the_cost_is_not_known_says_so() -> None:
    run = team(PRICE, code=unpriced).run(plan())
    assert "1,100 tok  $?" in repr(run).splitlines()[1]
    assert ">$?</td>" in run._repr_mimebundle_()["text/html"]
    assert repr(run["load"]).splitlines()[0].endswith("1,100 tokens · cost unknown")


def test_what_costs_nothing_says_nothing_of_cost() -> None:
    run = team(None).run(plan())
    shown = [repr(run), run._repr_mimebundle_()["text/html"], repr(run["page"])]
    for words in shown:
        assert "1,100 tok" in words
        assert "$" not in words
        assert "cost" not in words
