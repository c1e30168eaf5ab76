"""A run that was stopped leaves nothing behind, however and whenever it was."""

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

import random_stops
from holding import cancel_an_await, held, left_after
from nbagents import Orchestrator, Plan, Task
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import agent_of, plan_of

ROUNDS = 6
STOPS = 10


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """What is imported and started once a process counts for nobody."""
    for seed in range(4):
        random_stops.stop(seed)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_after_a_stop_all_is_as_it_was(turn: int) -> None:
    before = held()
    for seed in range(turn * STOPS, (turn + 1) * STOPS):
        run = random_stops.stop(seed)
        assert left_after(before) == {}, f"after stop {seed} of {run}"
        if run is None:
            continue
        assert run.status != "running"
        assert "running" not in {task.status for task in run.tasks}
        assert replay(run.history) == run.state


def test_a_run_that_was_stopped_a_hundred_times_over_still_comes_to_its_end() -> None:
    before = held()
    calls: Counter[str] = Counter()

    async def patient(task: str, context: Any) -> str:
        calls[task] += 1
        await asyncio.sleep(0.001 * calls[task])
        return task

    run = Orchestrator([agent_of(patient)]).debug(plan_of(a=[], b=[], c=["a", "b"]))
    for _ in range(100):
        if run.status == "completed":
            break
        run.resume(wait=False)
        run.cancel()
    assert run.resume().success
    assert left_after(before) == {}


@pytest.mark.parametrize("verb", ["timeout", "cancel", "interrupt"])
def test_a_function_that_ignores_its_stop_is_named_and_its_result_dropped(
    verb: str,
) -> None:
    before = held()
    began, told, ended = threading.Event(), threading.Event(), threading.Event()

    def deaf(task: str, context: Any) -> str:
        began.set()
        told.wait(random_stops.PATIENCE)
        ended.set()
        return "late"

    timeout = 0.2 if verb == "timeout" else None
    team = Orchestrator([agent_of(deaf)], task_timeout=timeout)
    run = team.start(Plan([Task("a", "A", "x"), Task("b", "B", "x", ["a"])]))
    assert began.wait(random_stops.PATIENCE)
    stop = {"timeout": run.wait, "cancel": run.cancel, "interrupt": None}[verb]
    cancel_an_await(run) if stop is None else stop()
    status = run["a"].status
    assert [attempt.abandoned for attempt in run["a"].attempts] == [True]
    told.set()
    assert ended.wait(random_stops.PATIENCE)
    assert left_after(before) == {}
    assert (run["a"].result, run["a"].status) == (None, status)
    assert not any(isinstance(event, e.TaskCompleted) for event in run.history)


def test_an_agent_that_does_not_let_go_keeps_nobody_waiting() -> None:
    before = held()
    began, told = threading.Event(), threading.Event()

    async def clings(task: str, context: Any) -> None:
        began.set()
        while not told.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    run = Orchestrator([agent_of(clings)]).start(plan_of(a=[]))
    assert began.wait(random_stops.PATIENCE)
    assert run.cancel().status == "cancelled"
    told.set()
    assert left_after(before) == {}
