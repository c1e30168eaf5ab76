"""Whose work a result is: agents that change unannounced, or for once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Run, compare
from nbagents.engine import events as e
from teams import agent_of, plan_of

PLAN = plan_of(a=[], b=["a"])


class Notebook:
    """Cells that define an agent `f` with a helper."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def helper(self, said: str) -> None:
        exec(f"def helper(): return {said!r}", self.names)

    def agent(self) -> Agent:
        exec("def f(task, context): return helper() + task[-1]", self.names)
        return agent_of(self.names["f"])


def run_and_notebook() -> tuple[Run, Notebook]:
    cells = Notebook()
    cells.helper("old ")
    return Orchestrator([cells.agent()]).run(PLAN), cells


def test_a_helper_that_changed_unannounced_is_known_by_what_it_made() -> None:
    run, cells = run_and_notebook()
    cells.helper("new ")
    run.retry("a")
    assert run["a"].result == "new a"
    cells.helper("old ")
    run.replace(cells.agent())
    assert "a" in run.stale
    run.resume()
    assert (run["a"].result, run["b"].result) == ("old a", "old b")


def test_what_a_new_helper_made_already_is_not_made_again() -> None:
    run, cells = run_and_notebook()
    cells.helper("new ")
    run.retry("a")
    run.replace(cells.agent())
    before = len(run["a"].attempts)
    run.resume()
    assert len(run["a"].attempts) == before
    assert run["b"].result == "new b"


def test_a_stale_result_of_an_old_helper_is_not_kept() -> None:
    run, cells = run_and_notebook()
    run.edit("a", description="do a, better")
    cells.helper("new ")
    run.edit("a", description="do a")
    run.resume()
    assert run.result == "new b"


def held_for_once() -> Run:
    """Return a run in which another agent is to do task b again, for once."""
    gate = threading.Event()

    def work(task: str, context: Any) -> str:
        if context.task == "slow":
            gate.wait(10)
        return f"planned: {task}"

    plan = plan_of(a=[], b=["a"], slow=[])
    run = Orchestrator([agent_of(work)], max_parallel=1).debug(plan)
    run.step("a").step("b")
    run.resume(wait=False)
    run.break_at("b")
    run.retry("b", agent=agent_of(lambda task, context: "for once", "other"))
    gate.set()
    run.wait()
    run.clear()
    assert run["b"].status == "pending"
    return run


def test_what_was_said_for_once_waits_for_the_next_attempt() -> None:
    run = held_for_once()
    fork = run.fork()
    assert run.resume()["b"].result == "for once"
    assert fork.resume()["b"].result == "for once"
    assert run.retry("b")["b"].result == "planned: do b"
    assert compare(run, fork)


CHANGES: dict[str, Callable[[Run], object]] = {
    "edit": lambda run: run.edit("b", result="by hand").retry("b"),
    "edit what is asked": lambda run: run.edit("b", description="do b, better"),
    "edit its dependencies": lambda run: run.edit("b", dependencies=[]),
    "replace": lambda run: run.replace(agent_of(lambda task, context: "third")),
    "rewind": lambda run: run.rewind("a"),
    "skip": lambda run: run.skip("b").retry("b"),
    "remove and add": lambda run: run.remove("b").add(PLAN["b"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_later_change_of_the_task_undoes_what_was_said_for_once(change: str) -> None:
    run = held_for_once()
    CHANGES[change](run)
    run.resume()
    assert run["b"].attempts[-1].agent == "x"
    assert run["b"].result != "for once"


def test_going_back_into_the_middle_of_a_replacement_finds_one_agent() -> None:
    run, cells = run_and_notebook()
    cells.helper("new ")
    run.replace(agent_of(lambda task, context: f"third {context.task}"))
    kinds = [type(event) for event in run.history]
    replaced = kinds.index(e.AgentReplaced)
    for to in range(replaced - 1, len(run.history)):
        fork = run.fork()
        fork.rewind(run.history[to])
        fork.retry("a").resume()
        made = {fork[id].result.split()[0] for id in "ab"}
        assert made == ({"new"} if to < replaced else {"third"}), to
