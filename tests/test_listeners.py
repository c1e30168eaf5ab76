"""Listeners and agents that steer the run they belong to: nothing happens by half."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from nbagents import Orchestrator, Run, RunStateError, Task
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from nbagents.errors import NbagentsError
from teams import agent_of, check_starts, plan_of

PLAN = plan_of(a=[], b=["a"], c=["a"], d=["b", "c"])

VERBS: dict[str, Callable[[Run], object]] = {
    "pause": lambda run: run.pause(),
    "cancel": lambda run: run.cancel(),
    "resume": lambda run: run.resume(),
    "step": lambda run: run.step(),
    "retry": lambda run: run.retry("a"),
    "edit": lambda run: run.edit("b", result="by hand"),
    "edit what is asked": lambda run: run.edit("c", description="otherwise"),
    "skip": lambda run: run.skip("d"),
    "add": lambda run: run.add(Task("e", "do e", "x", ["a"])),
    "remove": lambda run: run.remove("d"),
    "replace": lambda run: run.replace(run.agents["x"]),
    "rewind": lambda run: run.rewind(run.history[0]),
    "fork": lambda run: run.fork(),
    "break": lambda run: run.break_at("d"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_listener_may_use_every_verb_at_every_event(verb: str) -> None:
    moments = len(Orchestrator([agent_of(worked)]).run(PLAN).history)
    for moment in range(1, moments):
        run = Orchestrator([agent_of(worked)], max_parallel=2).debug(PLAN)
        use_at(run, moment, VERBS[verb])
        run.resume()
        for _ in range(5):
            if run.status != "paused":
                break
            run.clear()
            run.resume()
        assert run.status in {"completed", "failed", "cancelled"}, moment
        assert not [task for task in run.tasks if task.status == "running"]
        assert replay(run.history) == run.state
        check_starts(run.history)


def worked(task: str, context: dict[str, Any]) -> str:
    return f"{task} of {sorted(context)}"


def use_at(run: Run, moment: int, verb: Callable[[Run], object]) -> None:
    """Have a listener use `verb` once, at the event of that number."""
    told: list[e.Event] = []

    def listen(event: e.Event) -> None:
        told.append(event)
        if len(told) == moment:
            with suppress(NbagentsError):  # It may not be possible now.
                verb(run)

    run.subscribe(listen)


def test_every_listener_is_told_everything_in_order() -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    before, after = [], []
    run.subscribe(before.append)
    use_at(run, 3, lambda run: run.edit("d", description="otherwise"))
    run.subscribe(after.append)
    run.resume()
    assert before == after == [*run.history][1:]


def test_most_tasks_at_once_holds_for_what_a_listener_starts() -> None:
    at_work: Counter[str] = Counter()
    most = []

    async def work(task: str, context: dict[str, Any]) -> str:
        at_work["now"] += 1
        most.append(at_work["now"])
        await asyncio.sleep(0)
        at_work["now"] -= 1
        return task

    plan = plan_of(**{f"t{number}": [] for number in range(12)})
    run = Orchestrator([agent_of(work)], max_parallel=2).debug(plan)
    use_at(run, 5, lambda run: run.edit("t11", description="otherwise"))
    use_at(run, 7, lambda run: run.resume(until="t3"))
    run.resume()
    run.clear()
    run.resume()
    assert run.success
    assert max(most) == 2


def test_a_listener_that_answers_itself_without_end_does_not_hold_up_the_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    run.subscribe(lambda event: run.edit("d", description=f"once more, {event.at}"))
    assert run.resume().success
    assert "answers each event with another" in caplog.text
    caplog.clear()


def test_who_waits_is_not_told_of_a_stop_that_a_listener_undid() -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    run.break_at("d")

    def go_on(event: e.Event) -> None:
        if isinstance(event, e.RunPaused):
            run.clear()
            run.resume()

    run.subscribe(go_on)
    run.resume()
    assert run.status == "completed"


@pytest.mark.parametrize("verb", ["pause", "cancel"])
@pytest.mark.parametrize("kind", ["plain", "async"])
def test_an_agent_may_stop_its_own_run(verb: str, kind: str) -> None:
    def plain(task: str, context: dict[str, Any]) -> str:
        if task == "do b":
            assert getattr(run, verb)() is run
        return task

    async def coroutine(task: str, context: dict[str, Any]) -> str:
        return plain(task, context)

    work = plain if kind == "plain" else coroutine
    run = Orchestrator([agent_of(work)], task_timeout=30).debug(PLAN)
    run.resume()
    assert run.status == ("paused" if verb == "pause" else "cancelled")
    assert run["b"].error is None
    run.resume() if verb == "pause" else run.resume(until="c")
    assert run["c"].status == "completed"


@pytest.mark.parametrize("kind", ["plain", "async", "awaited", "nested", "inline"])
def test_an_agent_that_waits_for_its_own_run_is_told_what_to_do(kind: str) -> None:
    def plain(task: str, context: dict[str, Any]) -> Any:
        return run.wait()

    async def coroutine(task: str, context: dict[str, Any]) -> Any:
        return run.wait()

    async def awaited(task: str, context: dict[str, Any]) -> Any:
        return await run

    def nested(task: str, context: dict[str, Any]) -> Any:
        inner = Orchestrator([agent_of(plain)]).run(plan_of(a=[]))
        raise inner["a"].error.exception

    agents = {"async": coroutine, "awaited": awaited, "nested": nested}
    team = Orchestrator([agent_of(agents.get(kind, plain))], task_timeout=30)
    run = team.debug(plan_of(a=[]))
    if kind == "inline":
        with pytest.raises(RunStateError, match="cannot wait for that run"):
            run.step(inline=True)
    else:
        run.resume()
    assert run.status == "failed"
    assert "an agent or a listener of a run cannot wait" in str(run["a"].error)


def test_a_listener_that_waits_is_dropped_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    run.subscribe(lambda event: run.wait())
    assert run.resume().success
    assert "cannot wait for that run" in caplog.text
    caplog.clear()


def test_an_agent_may_wait_for_a_run_of_its_own() -> None:
    def outer(task: str, context: dict[str, Any]) -> Any:
        inner = Orchestrator([agent_of(worked)]).start(plan_of(a=[]))
        return inner.wait().result

    run = Orchestrator([agent_of(outer)]).run(plan_of(a=[]))
    assert run.result == "do a of []"


def test_a_thread_of_ones_own_waits_as_ever() -> None:
    gate = threading.Event()
    run = Orchestrator([agent_of(lambda t, c: gate.wait(10) and t)]).start(
        plan_of(a=[])
    )
    waited = threading.Thread(target=run.wait)
    waited.start()
    gate.set()
    waited.join(10)
    assert run.success
