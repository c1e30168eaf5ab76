"""Stepping inline: the agent runs in the thread of whoever asks."""

import asyncio
import contextvars
import threading
from bdb import BdbQuit
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, Task, report
from nbagents.engine.events import Progress
from teams import agent_of, plan_of


def debug(execute: Any, plan: Plan | None = None) -> Run:
    return Orchestrator([agent_of(execute)]).debug(plan or plan_of(a=[], b=["a"]))


def where(task: str, context: dict[str, Any]) -> int:
    return threading.get_ident()


async def async_where(task: str, context: dict[str, Any]) -> int:
    await asyncio.sleep(0)
    return threading.get_ident()


@pytest.mark.parametrize("execute", [where, async_where])
def test_the_agent_runs_in_this_thread(execute: Any) -> None:
    run = debug(execute).step("a", inline=True)
    assert run["a"].result == threading.get_ident()
    assert (run.status, run.reason) == ("paused", "stepped 'a'")
    assert run.resume().result != threading.get_ident()


def test_a_plain_step_does_not(subtests: Any) -> None:
    for execute in (where, async_where):
        with subtests.test(execute.__name__):
            assert debug(execute).step()["a"].result != threading.get_ident()


def test_the_last_task_may_be_stepped_inline_and_ends_the_run() -> None:
    run = debug(where, plan_of(a=[])).step(inline=True)
    assert run.success


def test_it_gets_the_results_it_depends_on_and_reports_as_ever() -> None:
    said: list[Any] = []

    def execute(task: str, context: Any) -> str:
        report("here", 0.5)
        return f"{task} of {dict(context)} for {context.task}"

    run = debug(execute).step(inline=True)
    run.subscribe(said.append)
    run.step(inline=True)
    assert run["b"].result == "do b of {'a': 'do a of {} for a'} for b"
    assert [e.message for e in said if isinstance(e, Progress)] == ["here"]


def test_what_it_raises_is_recorded_and_raised_here() -> None:
    def breaks(task: str, context: Any) -> None:
        message = "no column 'price'"
        raise ValueError(message)

    run = debug(breaks)
    with pytest.raises(ValueError, match="no column") as caught:
        run.step("a", inline=True)
    assert caught.traceback[-1].name == "breaks"
    assert str(run["a"].error) == "ValueError: no column 'price'"
    assert run["b"].because == "a"
    assert run.status == "failed"


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, BdbQuit])
def test_leaving_it_half_done_pauses_the_run_and_it_can_be_done_again(
    leaving: type[BaseException],
) -> None:
    calls: list[str] = []

    def execute(task: str, context: Any) -> str:
        calls.append(task)
        if len(calls) == 1:
            raise leaving
        return task

    run = debug(execute)
    with pytest.raises(leaving):
        run.step("a", inline=True)
    assert run.status == "paused"
    assert run["a"].status == "pending"
    assert [attempt.status for attempt in run["a"].attempts] == ["cancelled"]
    assert run.resume().success
    assert calls == ["do a", "do a", "do b"]


def test_it_sees_the_variables_of_the_thread() -> None:
    variable = contextvars.ContextVar("variable", default="none")

    def execute(task: str, context: Any) -> str:
        return variable.get()

    run = debug(execute)
    variable.set("mine")
    assert run.step("a", inline=True)["a"].result == "mine"


def test_a_run_that_is_cancelled_meanwhile_stays_cancelled() -> None:
    def execute(task: str, context: Any) -> str:
        run.cancel()
        return "late"

    run = debug(execute)
    run.step("a", inline=True)
    assert run.status == "cancelled"
    assert run["a"].result is None


def test_a_language_model_can_be_stepped_inline() -> None:
    writer = Agent.llm("x", "Writes")
    team = Orchestrator([writer], model=ScriptedModel(lambda request: "written"))
    run = team.debug(Plan([Task("a", "Write", "x")])).step("a", inline=True)
    assert run.result == "written"
    assert run["a"].tokens > 0
    assert "Write" in (run["a"].prompt or "")
