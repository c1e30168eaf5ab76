"""Runs as a user meets them: what starts when, what comes out, what is said."""

import asyncio
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents import (
    Agent,
    Orchestrator,
    Plan,
    PlanError,
    RunStateError,
    ScriptedModel,
    Task,
    TaskTimeout,
    UnknownTaskError,
    agent,
    report,
)
from nbagents.engine.events import Progress, TaskCompleted, TaskStarted
from nbagents.engine.fold import replay
from nbagents.engine.lifecycle import TaskStatus
from teams import agent_of, layered, plan_of

# Longer than any machine needs; only a test that fails waits for it.
PATIENCE = 20


def echo(task: str, context: dict[str, Any]) -> str:
    return f"{task} <- {', '.join(context) or 'nothing'}"


async def async_echo(task: str, context: dict[str, Any]) -> str:
    return echo(task, context)


def coroutine_of_echo(task: str, context: dict[str, Any]) -> Any:
    return async_echo(task, context)


def breaks(task: str, context: dict[str, Any]) -> str:
    message = f"cannot {task}"
    raise ValueError(message)


def team_of(execute: Any = echo, **options: Any) -> Orchestrator:
    return Orchestrator([agent_of(execute)], **options)


# What comes out.


@pytest.mark.parametrize(
    "execute",
    [echo, async_echo, coroutine_of_echo],
    ids=["plain", "async", "plain that returns a coroutine"],
)
def test_agents_get_the_results_of_their_dependencies(execute: Any) -> None:
    run = team_of(execute).run(plan_of(a=[], b=["a"], c=["a", "b"]))
    assert run.success
    assert run.result == "do c <- a, b"
    assert run["b"].inputs == {"a": "do a <- nothing"}
    assert run.partial_results["a"] == "do a <- nothing"


def test_several_ends_give_a_dict_and_no_tasks_give_none() -> None:
    run = team_of().run(plan_of(a=[], b=[]))
    assert run.result == {"a": "do a <- nothing", "b": "do b <- nothing"}
    assert team_of().run(Plan()).result is None


def test_a_plan_may_come_as_a_dict() -> None:
    run = team_of().run(plan_of(a=[]).to_dict())
    assert run.result == "do a <- nothing"


def test_the_summary_of_a_completed_run_is_a_plain_dict() -> None:
    run = team_of().run(plan_of(a=[], b=["a"]))
    summary = run.summary()
    assert list(summary) == [
        "success",
        "result",
        "tasks_completed",
        "metrics",
        "trace",
    ]
    assert (summary["success"], summary["tasks_completed"]) == (True, 2)
    metrics = summary["metrics"]
    assert metrics["tasks_total"] == metrics["tasks_completed"] == 2
    assert (metrics["tasks_failed"], metrics["success_rate"]) == (0, 1.0)
    assert metrics["duration_seconds"] == metrics["end"] - metrics["start"] >= 0
    assert [entry["task_id"] for entry in summary["trace"]] == ["a", "b"]
    assert all(entry["success"] for entry in summary["trace"])


def test_one_failing_task_of_twenty_costs_only_what_needs_it() -> None:
    plan = Plan(
        [
            Task(f"t{n}", f"step {n}", "bad" if n == 5 else "x", needs)
            for n, needs in enumerate(
                [[f"t{n - 4}"] if n >= 4 else [] for n in range(20)]
            )
        ]
    )
    run = Orchestrator({"x": echo, "bad": breaks}).run(plan)
    summary = run.summary()
    assert not run.success
    assert run.status == "failed"
    assert run.result is None
    assert summary["failed"] == {"t5": "ValueError: cannot step 5"}
    assert set(summary["skipped"]) == {"t9", "t13", "t17"}
    for reason in summary["skipped"].values():
        assert reason == "needs 't5', which failed (ValueError: cannot step 5)"
    assert len(summary["completed"]) == 16
    assert summary["partial_results"].keys() == set(summary["completed"])
    assert summary["metrics"]["success_rate"] == 0.8
    assert run["t9"].because == "t5"


def test_a_failure_carries_the_agents_own_traceback_and_no_engine_frames() -> None:
    error = team_of(breaks).run(plan_of(a=[]))["a"].error
    assert error is not None
    assert str(error) == "ValueError: cannot do a"
    assert isinstance(error.exception, ValueError)
    assert "in breaks" in error.traceback
    assert "nbagents/engine" not in error.traceback


@pytest.mark.parametrize(
    "error",
    [SystemExit(3), KeyboardInterrupt(), StopIteration(), Exception()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("is_async", [False, True])
def test_whatever_an_agent_raises_fails_its_task_and_nothing_else(
    error: BaseException, is_async: bool
) -> None:
    def sync(task: str, context: dict[str, Any]) -> None:
        raise error

    async def coroutine(task: str, context: dict[str, Any]) -> None:
        raise error

    team = Orchestrator({"x": coroutine if is_async else sync, "y": echo})
    run = team.run(plan_of(a=[]).add(Task("b", "b", "y")))
    # Python turns a StopIteration that leaves a coroutine into a RuntimeError.
    python_changes_it = is_async and isinstance(error, StopIteration)
    expected = "RuntimeError" if python_changes_it else type(error).__name__
    assert run["a"].error is not None
    assert run["a"].error.kind == expected
    assert run["b"].status == "completed"


class Unprintable(Exception):
    """Raises when somebody looks, as an error and as a result."""

    def __str__(self) -> str:
        raise self

    __repr__ = __str__


def test_values_that_cannot_be_shown_do_not_stop_a_run() -> None:
    def fails(task: str, context: dict[str, Any]) -> None:
        raise Unprintable

    def returns(task: str, context: dict[str, Any]) -> Any:
        return Unprintable()

    plan = Plan([Task("a", "", "fails"), Task("b", "", "returns")])
    run = Orchestrator([agent(fails), agent(returns)]).run(
        plan.add(Task("c", "", "returns", ["b"]))
    )
    assert run["a"].error is not None
    assert run["a"].error.kind == "Unprintable"
    assert [view.status for view in run.tasks] == ["failed", "completed", "completed"]
    assert run.summary()["trace"]
    assert "Unprintable" in repr(run)
    assert "text/html" in run._repr_mimebundle_()


def test_an_agent_that_is_cancelled_from_within_has_failed() -> None:
    async def cancelled(task: str, context: dict[str, Any]) -> None:
        inner = asyncio.ensure_future(asyncio.sleep(PATIENCE))
        inner.cancel()
        await inner

    run = team_of(cancelled).run(plan_of(a=[], b=["a"]))
    assert run["a"].error is not None
    assert run["a"].error.kind == "CancelledError"
    assert run["b"].status == "skipped"


# What starts when.


def test_a_child_of_the_fast_side_starts_before_the_slow_side_ends() -> None:
    child_started = threading.Event()

    def execute(task: str, context: Any) -> Any:
        if context.task == "slow":
            return child_started.wait(PATIENCE)
        if context.task == "child":
            child_started.set()
        return None

    plan = plan_of(top=[], slow=["top"], fast=["top"], child=["fast"])
    plan = plan.add(Task("join", "", "x", ["slow", "child"]))
    assert team_of(execute).run(plan)["slow"].result is True


def test_200_tasks_never_exceed_the_limit_sync_and_async_mixed() -> None:
    at_once, most = Counter[str](), Counter[str]()
    lock, full = threading.Lock(), threading.Event()

    def enter() -> None:
        with lock:
            at_once["now"] += 1
            most["now"] = max(most["now"], at_once["now"])
            if at_once["now"] >= 8:
                full.set()

    def leave() -> None:
        with lock:
            at_once["now"] -= 1

    def sync(task: str, context: Any) -> None:
        enter()
        assert full.wait(20)
        time.sleep(0.001)
        leave()

    async def coroutine(task: str, context: Any) -> None:
        enter()
        await asyncio.sleep(0.001)
        while not full.is_set():  # noqa: ASYNC110 - other threads set it
            await asyncio.sleep(0.001)
        leave()

    plan = Plan(Task(f"t{n}", "", "sa"[n % 2]) for n in range(200))
    team = Orchestrator({"s": sync, "a": coroutine}, max_parallel=8)
    assert team.run(plan).success
    assert most["now"] == 8


def test_no_task_runs_twice_and_each_after_its_dependencies() -> None:
    counts = Counter[str]()
    finished: list[str] = []
    plan = layered(10, 8)

    async def execute(task: str, context: Any) -> str:
        counts[context.task] += 1
        assert set(plan[context.task].dependencies) <= set(finished)
        await asyncio.sleep(0)
        finished.append(context.task)
        return context.task

    assert team_of(execute).run(plan).success
    assert set(counts.values()) == {1}
    assert len(counts) == 80


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_every_run_ends_and_its_history_gives_its_state(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 12))
    ids = [f"t{n}" for n in range(count)]
    tasks = [
        Task(
            id,
            "",
            data.draw(st.sampled_from(["sync", "async", "bad"])),
            data.draw(st.lists(st.sampled_from(ids[:n]), unique=True)) if n else [],
        )
        for n, id in enumerate(ids)
    ]
    plan = Plan(tasks)
    team = Orchestrator(
        {"sync": echo, "async": async_echo, "bad": breaks},
        max_parallel=data.draw(st.integers(1, 4)),
    )
    run = team.run(plan)
    failed = {task.id for task in plan if run[task.id].status == "failed"}
    blocked = {id for each in failed for id in plan.downstream(each)}
    for task in plan:
        expected = (
            "skipped"
            if task.id in blocked
            else "failed"
            if task.agent == "bad"
            else "completed"
        )
        assert run[task.id].status == expected
    assert run.success == (not failed)
    assert replay(run.history) == run.state


# Time.


def test_an_async_agent_that_is_too_slow_fails_and_is_stopped() -> None:
    stopped = threading.Event()

    async def slow(task: str, context: Any) -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            stopped.set()

    run = team_of(slow, task_timeout=0.02).run(plan_of(a=[], b=["a"]))
    error = run["a"].error
    assert error is not None
    assert isinstance(error.exception, TaskTimeout)
    assert isinstance(error.exception, TimeoutError)
    assert str(error) == "TaskTimeout: task 'a' did not finish within 0.02 s"
    assert run["b"].because == "a"
    assert stopped.wait(PATIENCE)


def test_a_function_that_is_too_slow_is_left_behind_and_its_result_dropped() -> None:
    release, returned = threading.Event(), threading.Event()

    def stuck(task: str, context: Any) -> str:
        release.wait(PATIENCE)
        returned.set()
        return "too late"

    run = team_of(stuck, task_timeout=0.02).run(plan_of(a=[]))
    (attempt,) = run["a"].attempts
    assert run["a"].status == "failed"
    assert attempt.abandoned
    release.set()
    assert returned.wait(PATIENCE)
    assert run["a"].result is None
    assert run["a"].status == "failed"


def test_an_agent_that_holds_on_after_its_time_does_not_hold_up_the_run() -> None:
    release = threading.Event()

    async def stubborn(task: str, context: Any) -> str:
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue
        return "too late"

    run = team_of(stubborn, task_timeout=0.02).run(plan_of(a=[], b=["a"]))
    release.set()
    assert run["a"].status == "failed"


def test_a_time_limit_that_is_not_reached_changes_nothing() -> None:
    run = team_of(async_echo, task_timeout=PATIENCE).run(layered(5, 5))
    assert run.success


# Steering.


def test_a_paused_run_goes_on_where_it_was() -> None:
    started, release = threading.Event(), threading.Event()
    counts = Counter[str]()

    def execute(task: str, context: Any) -> str:
        counts[context.task] += 1
        started.set()
        release.wait(PATIENCE)
        return context.task

    run = team_of(execute).start(plan_of(a=[], b=["a"], c=["b"]))
    assert started.wait(PATIENCE)
    threading.Timer(0.01, release.set).start()
    run.pause()
    assert run.status == "paused"
    assert run.reason == "you paused it"
    assert [view.status for view in run.tasks] == ["completed", "pending", "pending"]
    assert run.resume().result == "c"
    assert counts == {"a": 1, "b": 1, "c": 1}


def test_a_cancelled_run_ends_at_once_and_nothing_is_pending() -> None:
    started, left = threading.Event(), threading.Event()

    async def forever(task: str, context: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    run = team_of(forever).start(plan_of(a=[], b=["a"]))
    assert started.wait(PATIENCE)
    run.cancel()
    assert left.is_set()
    assert run.status == "cancelled"
    assert [view.status for view in run.tasks] == ["cancelled", "cancelled"]
    assert replay(run.history) == run.state


@pytest.mark.parametrize("raises", [False, True])
def test_a_run_can_be_cancelled_while_its_goal_is_planned(raises: bool) -> None:
    asked = threading.Event()

    async def answer(request: Any) -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if raises:
                message = "no"
                raise ValueError(message) from None
            raise
        return ""

    run = team_of(model=ScriptedModel(answer)).start("get it done")
    assert asked.wait(PATIENCE)
    assert len(run.plan) == 0
    run.cancel()
    assert (run.status, run.reason) == ("cancelled", "you cancelled it")
    assert run.wait().status == "cancelled"
    assert team_of().run(plan_of(a=[])).success


def test_verbs_that_are_not_legal_say_so() -> None:
    run = team_of().run(plan_of(a=[]))
    with pytest.raises(RunStateError, match="a run that is completed cannot pause"):
        run.pause()
    with pytest.raises(RunStateError, match="a run that is completed cannot step"):
        run.step()
    assert run.resume() is run
    assert run.cancel().status == "completed"


def test_waiting_can_be_limited_and_the_run_goes_on() -> None:
    release = threading.Event()
    run = team_of(lambda t, c: release.wait(PATIENCE)).start(plan_of(a=[]))
    with pytest.raises(TimeoutError):
        run.wait(0.01)
    assert run.status == "running"
    release.set()
    assert run.wait().result is True


def test_an_unknown_task_is_named() -> None:
    run = team_of().run(plan_of(draft=[]))
    with pytest.raises(UnknownTaskError, match="Did you mean 'draft'"):
        run["drfat"]


def test_tasks_are_a_sequence_and_found_by_id() -> None:
    run = team_of().run(plan_of(a=[], b=["a"]))
    assert [view.id for view in run.tasks] == ["a", "b"]
    assert run.tasks["b"] == run.tasks[1] == run["b"]
    assert run["b"].dependencies == ("a",)
    assert run["b"].description == "do b"
    assert run["b"].prompt is None
    assert run["b"].status is TaskStatus.COMPLETED


# Watching.


def test_listeners_see_every_event_and_progress_besides() -> None:
    seen: list[Any] = []
    go = threading.Event()

    def execute(task: str, context: Any) -> str:
        go.wait(PATIENCE)
        report("half way", 0.5)
        report("nearly", 2)
        return task

    run = team_of(execute).start(plan_of(a=[]))
    unsubscribe = run.subscribe(seen.append)
    go.set()
    run.wait()
    kept = [event for event in seen if not isinstance(event, Progress)]
    assert kept == list(run.history[-len(kept) :])
    said = [(e.message, e.fraction) for e in seen if isinstance(e, Progress)]
    assert said == [("half way", 0.5), ("nearly", 1.0)]
    assert run.progress["a"].message == "nearly"
    unsubscribe()


def test_a_listener_that_fails_is_dropped_and_the_run_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[Any] = []
    go = threading.Event()

    def listener(event: Any) -> None:
        calls.append(event)
        message = "cannot paint"
        raise RuntimeError(message)

    def execute(task: str, context: Any) -> str:
        go.wait(PATIENCE)
        return task

    run = team_of(execute).start(plan_of(a=[], b=["a"]))
    run.subscribe(listener)
    go.set()
    assert run.wait().success
    assert len(calls) == 1
    assert "a listener failed" in caplog.text


def test_reporting_outside_a_run_does_nothing() -> None:
    report("nobody listens", 0.5)


# Agents and limits.


def test_agents_may_be_a_list_a_dict_or_objects() -> None:
    @agent
    def decorated(task: str, context: dict[str, Any]) -> str:
        """Says d."""
        return "d"

    class Published:
        name = "published"
        description = "Has a method."

        async def execute(self, task: str, context: dict[str, Any]) -> str:
            return "p"

    plan = Plan([Task(n, "", n) for n in ("decorated", "published", "echo")])
    team = Orchestrator([decorated, Published(), echo])
    assert team.run(plan).result == {
        "decorated": "d",
        "published": "p",
        "echo": " <- nothing",
    }
    named = Orchestrator({"one": decorated, "two": Published()})
    assert [each.name for each in named.agents.values()] == ["one", "two"]
    assert named.agents["one"].description == "Says d."


def test_unknown_agents_are_all_named_before_anything_runs() -> None:
    plan = Plan([Task("a", "", "writr"), Task("b", "", "nobody")])
    team = Orchestrator([Agent("writer", "Writes", echo)])
    with pytest.raises(PlanError, match="Did you mean 'writer'") as caught:
        team.start(plan)
    assert [defect.task for defect in caught.value.defects] == ["a", "b"]
    assert team.last_run is None


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "5", None])
def test_max_parallel_must_be_a_whole_number_above_zero(value: Any) -> None:
    with pytest.raises(ValueError, match="max_parallel must be"):
        team_of(max_parallel=value)


@pytest.mark.parametrize("value", [0, -1, float("nan"), "5"])
def test_task_timeout_must_be_above_zero(value: Any) -> None:
    with pytest.raises(ValueError, match="task_timeout must be"):
        team_of(task_timeout=value)


@pytest.mark.parametrize("value", [None, 3, "", "   ", ["a"]])
def test_what_is_neither_goal_nor_plan_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        team_of().start(value)


def test_plain_functions_run_where_the_user_says() -> None:
    with ProcessPoolExecutor(1) as pool:
        run = team_of(_pid, executor=pool).run(plan_of(a=[], b=["a"]))
        assert run["a"].result == run["b"].result != _pid("", {})


def _pid(task: str, context: dict[str, Any]) -> int:
    import os

    return os.getpid()


def test_the_history_is_in_order_and_complete() -> None:
    run = team_of().run(plan_of(a=[], b=["a"]))
    kinds = [type(event).__name__ for event in run.history]
    assert kinds == [
        "RunCreated",
        "RunStarted",
        "TaskStarted",
        "TaskCompleted",
        "TaskStarted",
        "TaskCompleted",
        "RunEnded",
    ]
    started, completed = run.history[2:4]
    assert isinstance(started, TaskStarted)
    assert isinstance(completed, TaskCompleted)
    assert started.at <= completed.at
