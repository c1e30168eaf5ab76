"""Pausing and cancelling without waiting for what is at work."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nbagents import Orchestrator, Run, RunStateError
from nbagents.engine import background
from teams import agent_of, plan_of

PATIENCE = 20


class Work:
    """A first task that blocks until it is let go, whatever is asked of it."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.leave = threading.Event()

    def execute(self, task: str, context: Any) -> str:
        if task == "do a":
            self.begun.set()
            assert self.leave.wait(PATIENCE)
        return task


@contextmanager
def at_work() -> Iterator[tuple[Run, Work]]:
    """Yield a run whose first task is at work, and that work."""
    work = Work()
    run = Orchestrator([agent_of(work.execute)]).start(plan_of(a=[], b=["a"]))
    try:
        assert work.begun.wait(PATIENCE)
        yield run, work
    finally:
        work.leave.set()
        run.cancel()


def directly(verb: Callable[[], Run]) -> Run:
    return verb()


def on_a_bare_thread(verb: Callable[[], Run]) -> Run:
    got: list[Run] = []
    thread = threading.Thread(target=lambda: got.append(verb()))
    thread.start()
    thread.join(PATIENCE)
    return got[0]


def inside_a_running_loop(verb: Callable[[], Run]) -> Run:
    async def cell() -> Run:
        return verb()

    return asyncio.run(cell())


PLACES = pytest.mark.parametrize(
    "done", [directly, on_a_bare_thread, inside_a_running_loop]
)


@PLACES
def test_a_pause_that_does_not_wait_returns_while_a_task_is_at_work(
    done: Callable[[Callable[[], Run]], Run],
) -> None:
    with at_work() as (run, work):
        assert done(lambda: run.pause(wait=False)) is run
        assert (run.status, run["a"].status) == ("running", "running")
        work.leave.set()
        run.wait(PATIENCE)
        assert (run.status, run.reason) == ("paused", "you paused it")
        assert (run["a"].result, run["b"].status) == ("do a", "pending")
        assert run.resume().success


@PLACES
def test_a_cancel_that_does_not_wait_returns_while_an_agent_cleans_up(
    done: Callable[[Callable[[], Run]], Run],
) -> None:
    begun, let_go, left = threading.Event(), asyncio.Event(), threading.Event()

    async def execute(task: str, context: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await let_go.wait()
            left.set()

    run = Orchestrator([agent_of(execute)]).start(plan_of(a=[], b=["a"]))
    assert begun.wait(PATIENCE)
    assert done(lambda: run.cancel(wait=False)) is run
    assert not left.is_set()
    assert (run.status, run.reason) == ("cancelled", "you cancelled it")
    assert [task.status for task in run.tasks] == ["cancelled", "cancelled"]
    background.post(let_go.set)
    run.wait(PATIENCE)
    assert left.wait(PATIENCE)


def test_a_run_that_ended_stays_as_it_is_when_cancelled_without_waiting() -> None:
    run = Orchestrator([agent_of(lambda task, context: task)]).run(plan_of(a=[]))
    history = run.history
    assert run.cancel(wait=False).status == "completed"
    assert run.history == history


def test_a_pause_that_does_not_wait_is_refused_as_one_that_does() -> None:
    run = Orchestrator([agent_of(lambda task, context: task)]).debug(plan_of(a=[]))
    with pytest.raises(RunStateError, match="planned cannot pause"):
        run.pause(wait=False)
