"""Stepping: one task, one side, up to a task, and what is refused."""

import threading
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents import Orchestrator, Plan, Run, RunStateError, Task, UnknownTaskError
from nbagents.engine.fold import replay
from teams import agent_of, plan_of

PATIENCE = 20


def debug(plan: Plan, execute: Any = lambda task, context: task) -> Run:
    return Orchestrator([agent_of(execute)]).debug(plan)


def diamond() -> Plan:
    return plan_of(top=[], left=["top"], right=["top"], join=["left", "right"])


def done(run: Run) -> list[str]:
    return [view.id for view in run.tasks if view.status == "completed"]


def test_debug_stops_before_the_first_task_and_names_what_is_legal() -> None:
    run = debug(diamond())
    assert run.status == "planned"
    assert done(run) == []
    assert "next: run.step()  run.resume()  run.cancel()" in repr(run)


def test_a_step_executes_one_task_and_says_so() -> None:
    run = debug(diamond()).step()
    assert (run.status, run.reason) == ("paused", "stepped 'top'")
    assert done(run) == ["top"]
    lines = repr(run).splitlines()
    assert "stopped: stepped 'top'" in lines
    assert (
        "next: run.step()  run.step('left')  run.step('right')  run.resume()  "
        "run.cancel()"
    ) in lines
    assert "run.step(&#x27;left&#x27;)" in run._repr_mimebundle_()["text/html"]


def test_a_diamond_is_stepped_one_side_at_a_time() -> None:
    run = debug(diamond()).step()
    run.step("right")
    assert done(run) == ["top", "right"]
    run.step("left")
    assert done(run) == ["top", "left", "right"]
    assert run.step().status == "completed"
    assert run.result == "do join"
    assert "next:" not in repr(run)


def test_a_run_goes_up_to_a_task_and_no_further() -> None:
    run = debug(diamond().add(Task("beside", "", "x"))).resume(until="left")
    assert (run.status, run.reason) == ("paused", "ran up to 'left'")
    assert done(run) == ["top", "left"]
    assert run.resume().success


def test_steps_take_the_longest_path_first() -> None:
    run = debug(plan_of(short=[], long=[], end=["long"]))
    assert [done(run.step()) for _ in range(3)] == [
        ["long"],
        ["short", "long"],
        ["short", "long", "end"],
    ]


def test_a_failed_step_skips_what_needs_it_and_leaves_the_rest_to_step() -> None:
    def execute(task: str, context: Any) -> str:
        if context.task == "left":
            message = "no"
            raise ValueError(message)
        return task

    run = debug(diamond().add(Task("beside", "", "x")), execute).step().step("left")
    assert run.status == "paused"
    assert [view.status for view in run.tasks] == [
        "completed",
        "failed",
        "pending",
        "skipped",
        "pending",
    ]
    assert run.resume().status == "failed"


def test_a_step_that_does_not_wait_returns_at_once() -> None:
    release = threading.Event()
    run = debug(diamond(), lambda task, context: release.wait(PATIENCE))
    assert run.step(wait=False).status == "running"
    with pytest.raises(RunStateError, match="a run that is running cannot step"):
        run.step()
    release.set()
    assert run.wait().reason == "stepped 'top'"


async def test_a_step_can_be_awaited() -> None:
    run = await debug(diamond()).step(wait=False)
    assert done(run) == ["top"]


def test_what_cannot_be_stepped_says_why_and_what_to_type() -> None:
    run = debug(diamond()).step()
    with pytest.raises(RunStateError, match="'join' still needs 'left', 'right'") as e:
        run.step("join")
    assert e.value.__notes__ == ["Try: run.resume(until='join')"]
    with pytest.raises(RunStateError, match="task 'top' is completed") as e:
        run.step("top")
    assert e.value.__notes__ == [
        "Try: run.retry('top')  run.step('left')  run.step('right')"
    ]
    with pytest.raises(RunStateError, match="task 'top' is completed"):
        run.resume(until="top")
    with pytest.raises(UnknownTaskError, match="Did you mean 'left'"):
        run.step("lfet")
    with pytest.raises(UnknownTaskError):
        run.resume(until="nothing")
    assert done(run) == ["top"]
    assert run.resume().success
    assert run.resume() is run
    for verb in (run.step, run.pause):
        with pytest.raises(RunStateError, match="a run that is completed cannot"):
            verb()


def test_a_run_that_was_never_started_can_be_cancelled() -> None:
    run = debug(diamond()).cancel()
    assert run.status == "cancelled"
    assert {view.status for view in run.tasks} == {"cancelled"}


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_however_it_is_stepped_each_task_runs_once_in_order(
    data: st.DataObject,
) -> None:
    ids = [f"t{n}" for n in range(data.draw(st.integers(1, 9)))]
    plan = Plan(
        Task(
            id,
            "",
            "x",
            data.draw(st.lists(st.sampled_from(ids[:n]), unique=True)) if n else [],
        )
        for n, id in enumerate(ids)
    )
    counts = Counter[str]()

    async def execute(task: str, context: Any) -> str:
        counts[context.task] += 1
        assert set(context) == set(plan[context.task].dependencies)
        return task

    run = debug(plan, execute)
    while run.status != "completed":
        before = set(done(run))
        waiting = [id for id in ids if id not in before]
        ready = [id for id in waiting if before.issuperset(plan[id].dependencies)]
        verb = data.draw(st.sampled_from(["step", "step one", "until"]))
        if verb == "step":
            run.step()
            assert len(done(run)) == len(before) + 1
        elif verb == "step one":
            id = data.draw(st.sampled_from(ready))
            run.step(id)
            assert set(done(run)) == before | {id}
        else:
            id = data.draw(st.sampled_from(waiting))
            run.resume(until=id)
            assert set(done(run)) == before | plan.upstream(id) | {id}
    assert set(counts.values()) == {1}
    assert replay(run.history) == run.state
