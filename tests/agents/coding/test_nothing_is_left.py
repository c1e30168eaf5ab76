"""Sandboxes that are open when an attempt ends, whenever that is: none is left."""

import asyncio
import gc
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_sandboxes import PATIENCE, Gated, said
from nbagents import (
    Agent,
    ModelError,
    Orchestrator,
    Plan,
    SandboxError,
    ScriptedModel,
    ScriptedReply,
    Task,
)
from nbagents.agents.coding import place
from own_process import interrupt_where_the_loop_waits, script

TESTS = Path(__file__).resolve().parents[2]
ONE = Plan([Task("t", "Do it", "coder")])
WRITES = ScriptedModel(lambda request: "```python\nprint(1)\n```")


def coder_of(sandbox: Any, **options: Any) -> Agent:
    return Agent.coder(sandbox=sandbox, model=WRITES, **options)


@pytest.mark.parametrize("step", ["open", "run", "close"])
def test_stopped_at_any_step_it_is_closed(step: str) -> None:
    sandbox = Gated(step)
    run = Orchestrator([coder_of(sandbox)]).start(ONE)
    assert sandbox.at[step].wait(PATIENCE)
    run.cancel()
    if step != "run":
        sandbox.go[step].set()
    sandbox.wait_until_all_is_closed()
    assert sandbox.opened == sandbox.closed == 1
    assert run["t"].status != "completed"
    assert sandbox.killed == (step == "run")


def test_past_its_time_the_program_is_killed() -> None:
    sandbox = Gated("run")
    run = Orchestrator([coder_of(sandbox)], task_timeout=0.2).run(ONE)
    assert run["t"].error.kind == "TaskTimeout"
    sandbox.wait_until_all_is_closed()
    assert sandbox.killed


@pytest.mark.parametrize("wrong", [SandboxError("no more"), KeyError("bug"), 1])
def test_whatever_a_run_raises_it_is_closed(wrong: Any) -> None:
    def fails(code: str) -> Any:
        if wrong == 1:
            raise KeyboardInterrupt
        raise wrong

    sandbox = Gated()
    sandbox.runs = fails
    run = Orchestrator([coder_of(sandbox)]).run(ONE)
    kind = "KeyboardInterrupt" if wrong == 1 else type(wrong).__name__
    assert run["t"].error.kind == kind
    assert sandbox.opened == sandbox.closed == 1
    # The loop that everybody lives on is still there.
    assert Orchestrator([coder_of(Gated())]).run(ONE).success


def test_a_sandbox_that_does_not_come_back_is_given_up_and_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, "LATEST", 0.05)
    sandbox = Gated("run")
    run = Orchestrator([coder_of(sandbox, seconds=0.05)]).run(ONE)
    assert "has not answered" in run["t"].error.message
    sandbox.wait_until_all_is_closed()
    assert sandbox.killed


def test_a_model_that_fails_meanwhile_leaves_nothing() -> None:
    def answer(request: Any) -> Any:
        if len(request.messages) > 2:
            raise ModelError("gone", retryable=False)
        return "```python\nboom()\n```"

    sandbox = Gated()
    sandbox.runs = lambda code: said(code, exit_code=1)
    coder = Agent.coder(sandbox=sandbox, model=ScriptedModel(answer))
    run = Orchestrator([coder]).run(ONE)
    assert run["t"].error.message == "gone"
    assert sandbox.opened == sandbox.closed == 1


def test_a_refusal_is_no_program() -> None:
    sandbox = Gated()
    model = ScriptedModel(lambda request: ScriptedReply(refusal="No."))
    run = Orchestrator([Agent.coder(sandbox=sandbox, model=model)]).run(ONE)
    assert run["t"].error.kind == "ModelAnswerError"
    assert sandbox.opened == 0


async def test_a_cancel_that_comes_twice_does_not_stop_the_closing() -> None:
    sandbox = Gated("close")
    work = asyncio.create_task(coder_of(sandbox)("x"))
    await asyncio.to_thread(sandbox.at["close"].wait, PATIENCE)
    for _ in range(3):
        work.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await work
    assert sandbox.closed == 0
    sandbox.go["close"].set()
    await asyncio.to_thread(sandbox.wait_until_all_is_closed)
    assert sandbox.closed == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
async def test_a_coroutine_that_is_dropped_is_closed_too() -> None:
    sandbox = Gated("run")
    work = coder_of(sandbox)("x")
    driver = _Driver(work)
    await driver.until(sandbox.at["run"].is_set)
    work.close()
    await asyncio.to_thread(sandbox.wait_until_all_is_closed)
    assert sandbox.killed
    del work, driver
    gc.collect()


class _Driver:
    """Drives a coroutine by hand, so that it can be dropped in the middle."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def until(self, there: Callable[[], bool]) -> None:
        while not there():
            waits = self._work.send(None)
            if waits is not None:
                await asyncio.wait({waits}, timeout=0.01)


def test_an_interrupt_of_a_step_in_the_cell_kills_the_program() -> None:
    sandbox = Gated("run")
    run = Orchestrator([coder_of(sandbox)]).debug(ONE)
    thread = threading.Thread(target=_interrupt, args=(sandbox,))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run.step(inline=True)
    thread.join(PATIENCE)
    sandbox.wait_until_all_is_closed()
    assert sandbox.killed


def test_an_interrupt_inside_a_running_loop_kills_the_program() -> None:
    # What drives a loop within a loop changes asyncio for good: not in this process.
    done = script(f"""
        import asyncio, signal, sys, threading, time
        sys.path.insert(0, {str(TESTS)!r})
        from fake_sandboxes import PATIENCE, Gated
        from own_process import interrupt_where_the_loop_waits
        from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task

        def interrupt(sandbox):
            sandbox.at["run"].wait(PATIENCE)
            interrupt_where_the_loop_waits()

        async def cell():
            # Not the handler of asyncio.run: a kernel raises in the running loop.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sandbox = Gated("run")
            model = ScriptedModel(lambda request: "```python\\nprint(1)\\n```")
            coder = Agent.coder(sandbox=sandbox, model=model)
            plan = Plan([Task("t", "Do it", "coder")])
            run = Orchestrator([coder], journal=None).debug(plan)
            threading.Thread(target=interrupt, args=(sandbox,)).start()
            try:
                run.step(inline=True)
            except KeyboardInterrupt:
                print("interrupted")
            await asyncio.sleep(0.05)  # The loop goes on, as that of a notebook does.
            await asyncio.to_thread(sandbox.wait_until_all_is_closed)
            print("killed" if sandbox.killed else "left")

        asyncio.run(cell())
    """)
    assert done.stdout.split() == ["interrupted", "killed"], done.stderr


def _interrupt(sandbox: Gated) -> None:
    sandbox.at["run"].wait(PATIENCE)
    interrupt_where_the_loop_waits()


# --- what cannot be closed ---


def test_what_could_not_be_closed_is_named_in_the_result(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        run = Orchestrator([coder_of(_stuck())]).run(ONE)
    assert run.result.stdout == "done\n"
    assert run.result.notes == ("The sandbox was not closed: sandbox 7 still runs",)
    assert "sandbox 7 still runs" in caplog.text


def test_beside_another_error_it_is_a_note() -> None:
    sandbox = _stuck()
    sandbox.runs = lambda code: said(code, exit_code=1)
    run = Orchestrator([coder_of(sandbox, repairs=0)]).run(ONE)
    error = run["t"].error.exception
    assert type(error).__name__ == "CodeError"
    assert "sandbox 7 still runs" in error.__notes__[-1]


def _stuck() -> Gated:
    def closes() -> None:
        raise SandboxError("sandbox 7 still runs")

    sandbox = Gated()
    sandbox.closes = closes
    return sandbox


def test_each_attempt_has_a_sandbox_of_its_own() -> None:
    sandbox = Gated()
    sandbox.runs = lambda code: said(code, exit_code=int(sandbox.opened < 3))
    run = Orchestrator([coder_of(sandbox, repairs=0)], retry=3).run(ONE)
    assert run.success
    assert sandbox.opened == sandbox.closed == 3


def test_many_at_once_do_not_wait_for_each_other() -> None:
    sandbox = Gated("run")
    plan = Plan([Task(f"t{n}", "Do it", "coder") for n in range(30)])
    run = Orchestrator([coder_of(sandbox)], max_parallel=30).start(plan)
    while sandbox.opened < 30:
        assert sandbox.at["run"].wait(PATIENCE)
    run.cancel()
    sandbox.wait_until_all_is_closed()
    assert sandbox.closed == 30
