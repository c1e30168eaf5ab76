"""Retries: what fails waits, is tried again, and can be steered while it waits."""

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Orchestrator,
    Plan,
    Retry,
    Run,
    RunStateError,
    Task,
)
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import agent_of, check_starts, plan_of

PATIENCE = 20
SOON = Retry(attempts=3, first=0.01, jitter=0)
LATER = Retry(attempts=3, first=3000, longest=3000, jitter=0)


class Flaky:
    """Fails as often as it is told, then returns its task."""

    def __init__(self, failures: int, error: BaseException | None = None) -> None:
        self.failures = failures
        self.calls: list[str] = []
        self._error = error

    def __call__(self, task: str, context: Any) -> str:
        self.calls.append(context.task)
        if len(self.calls) <= self.failures:
            raise self._error or ValueError(f"no {len(self.calls)}")
        return f"{task}!"


def team_of(execute: Any, retry: Retry | int | None = SOON, **more: Any) -> Any:
    return Orchestrator([agent_of(execute)], retry=retry, **more)


def kinds(run: Run, task: str) -> list[str]:
    named = [each for each in run.history if getattr(each, "task", None) == task]
    return [type(each).__name__ for each in named]


def waiting(run: Run, id: str = "a") -> bool:
    return run.state.tasks[id].not_before is not None


def once(run: Run, condition: Callable[[], bool]) -> None:
    """Return when `condition` holds; it is looked at after each event."""
    met = threading.Event()
    stop = run.subscribe(lambda _: met.set() if condition() else None)
    assert condition() or met.wait(PATIENCE)
    stop()


def consistent(run: Run) -> None:
    assert replay(run.history) == run.state
    check_starts(run.history)


def test_a_task_that_fails_twice_is_tried_three_times() -> None:
    run = team_of(Flaky(2)).run(plan_of(a=[], b=["a"]))
    assert run.success
    assert run["b"].result == "do b!"
    states = [str(each.status) for each in run["a"].attempts]
    assert states == ["failed", "failed", "completed"]
    assert [each.wait for each in run["a"].attempts] == [0.01, 0.02, None]
    assert kinds(run, "a").count("TaskRetried") == 2
    assert [each.number for each in run["a"].attempts] == [1, 2, 3]
    consistent(run)


def test_after_the_last_try_it_has_failed_and_says_how_often_it_was_tried() -> None:
    run = team_of(Flaky(9)).run(plan_of(a=[], b=["a"]))
    assert run.status == "failed"
    assert len(run["a"].attempts) == 3
    error = run["a"].error
    assert error is not None
    assert str(error) == "ValueError: no 3"
    assert error.traceback.rstrip().endswith("Tried 3 times.")
    assert run["b"].status == "skipped"
    consistent(run)


def test_without_a_retry_a_task_is_tried_once_and_no_note_is_added() -> None:
    run = team_of(Flaky(1), retry=None).run(plan_of(a=[]))
    error = run["a"].error
    assert error is not None
    assert "Tried" not in error.traceback
    assert kinds(run, "a") == ["TaskStarted", "TaskFailed"]


def test_an_agents_own_retry_goes_before_that_of_the_team() -> None:
    patient, hasty = Flaky(1), Flaky(1)
    agents = [Agent("x", "", patient), Agent("y", "", hasty, retry=1)]
    run = Orchestrator(agents, retry=SOON).run(
        Plan([Task("a", "", "x"), Task("b", "", "y")])
    )
    assert run["a"].status == "completed"
    assert run["b"].status == "failed"
    assert (len(patient.calls), len(hasty.calls)) == (2, 1)


def test_an_attempt_that_timed_out_is_tried_again_and_its_late_result_dropped() -> None:
    gate, calls = threading.Event(), []

    def execute(task: str, context: Any) -> str:
        calls.append(task)
        if len(calls) == 1:
            gate.wait(PATIENCE)
            return "too late"
        return "in time"

    run = team_of(execute, task_timeout=0.05).run(plan_of(a=[]))
    gate.set()
    assert run["a"].result == "in time"
    first = run["a"].attempts[0]
    assert first.abandoned
    assert first.error is not None
    assert first.error.kind == "TaskTimeout"


@pytest.mark.parametrize(
    "error", [NotImplementedError("not yet"), SystemExit(2), AgentError("bad")]
)
def test_what_cannot_come_out_differently_is_not_tried_again(
    error: BaseException,
) -> None:
    run = team_of(Flaky(1, error)).run(plan_of(a=[]))
    assert run.status == "failed"
    assert len(run["a"].attempts) == 1


@pytest.mark.parametrize("status, tries", [(401, 1), (404, 1), (429, 2), (503, 2)])
def test_of_an_error_of_another_library_the_http_status_decides(
    status: int, tries: int
) -> None:
    error = ValueError("of some client")
    error.status_code = status  # type: ignore[attr-defined]
    run = team_of(Flaky(1, error)).run(plan_of(a=[]))
    assert len(run["a"].attempts) == tries


@pytest.mark.parametrize(
    "on, tries",
    [
        (ValueError, 2),
        (ConnectionError, 1),
        ((OSError, ValueError), 2),
        (lambda error: "no" in str(error), 2),
        (lambda error: False, 1),
    ],
    ids=["its type", "another type", "types", "a function", "one that says no"],
)
def test_on_says_which_errors_are_worth_another_try(on: Any, tries: int) -> None:
    retry = Retry(on=on, first=0.01)
    run = team_of(Flaky(1), retry=retry).run(plan_of(a=[]))
    assert len(run["a"].attempts) == tries


def test_a_function_that_fails_to_say_ends_the_task_and_is_named() -> None:
    def broken(error: BaseException) -> bool:
        message = "what is it?"
        raise KeyError(message)

    run = team_of(Flaky(1), retry=Retry(on=broken)).run(plan_of(a=[]))
    error = run["a"].error
    assert error is not None
    assert "what is it?" in error.traceback


# While it waits.


def test_a_waiting_task_takes_nobodys_place() -> None:
    flaky = Flaky(1)
    team = team_of(flaky, retry=LATER, max_parallel=1)
    run = team.start(plan_of(a=[], b=[], c=[]))
    once(run, lambda: run["c"].status == "completed")
    assert run.status == "running"
    assert waiting(run)
    run.retry("a")
    assert run.wait(PATIENCE).success
    consistent(run)


def test_a_run_whose_only_work_is_a_wait_pauses_at_once_and_honours_the_rest() -> None:
    flaky = Flaky(1)
    run = team_of(flaky, retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    moment = run.state.tasks["a"].not_before
    run.pause()
    assert (run.status, run.reason) == ("paused", "you paused it")
    run.resume(wait=False)
    assert run.status == "running"
    assert run.state.tasks["a"].not_before == moment
    assert len(flaky.calls) == 1
    run.pause()
    assert run.step("a").success
    assert len(flaky.calls) == 2
    consistent(run)


def test_a_step_makes_one_try_and_stops() -> None:
    run = team_of(Flaky(2), retry=LATER).debug(plan_of(a=[]))
    for tries in (1, 2):
        run.step("a")
        assert (run.status, run.reason) == ("paused", "stepped 'a'")
        assert len(run["a"].attempts) == tries
        assert waiting(run)
    assert run.step().success
    consistent(run)


def test_a_step_takes_what_does_not_wait_first() -> None:
    run = team_of(Flaky(1), retry=LATER).debug(plan_of(a=[], b=[]))
    run.step("a").step()
    assert run["b"].status == "completed"
    assert waiting(run)
    assert run.step().success


def test_an_inline_step_raises_what_the_try_raised_and_leaves_the_task_waiting() -> (
    None
):
    run = team_of(Flaky(1), retry=LATER).debug(plan_of(a=[]))
    with pytest.raises(ValueError, match="no 1"):
        run.step("a", inline=True)
    assert run.status == "paused"
    assert waiting(run)
    assert run.step("a", inline=True).success


def test_a_retry_by_hand_begins_the_tries_anew() -> None:
    flaky = Flaky(3)
    run = team_of(flaky, retry=LATER).debug(plan_of(a=[]))
    run.step("a").step("a")
    run.retry("a")
    assert waiting(run), "this was the first of three tries"
    assert run.step("a").success


def test_who_was_asked_for_once_also_makes_the_next_try() -> None:
    other = Flaky(1)
    run = team_of(Flaky(9), retry=LATER).debug(plan_of(a=[]))
    run.retry("a", agent=Agent("other", "", other))
    assert waiting(run)
    assert run.step("a").success
    assert [each.agent for each in run["a"].attempts] == ["other", "other"]


@pytest.mark.parametrize(
    "verb",
    [
        lambda run: run.skip("a"),
        lambda run: run.edit("a", result="by hand"),
        lambda run: run.remove("a"),
        lambda run: run.cancel(),
    ],
    ids=["skip", "edit", "remove", "cancel"],
)
def test_a_wait_ends_with_what_makes_it_pointless(verb: Any) -> None:
    flaky = Flaky(9)
    run = team_of(flaky, retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    verb(run)
    run.wait(PATIENCE)
    assert run.status in {"completed", "cancelled"}
    assert all(each.not_before is None for each in run.state.tasks.values())
    assert run._engine._waits._timer is None
    consistent(run)


@pytest.mark.parametrize(
    "verb",
    [
        lambda run: run.edit("a", description="better"),
        lambda run: run.replace(agent_of(lambda task, context: "new")),
        lambda run: run.retry("a"),
    ],
    ids=["edit", "replace", "retry"],
)
def test_a_change_of_what_waits_has_it_tried_at_once(verb: Any) -> None:
    run = team_of(Flaky(1), retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    verb(run)
    assert run.wait(PATIENCE).success
    consistent(run)


def test_a_cancelled_run_that_is_taken_up_again_does_not_wait() -> None:
    run = team_of(Flaky(1), retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    assert run.cancel().resume().success


def test_resume_until_goes_through_the_tries_of_what_it_needs() -> None:
    run = team_of(Flaky(1)).debug(plan_of(a=[], b=["a"], c=["b"]))
    run.resume(until="b")
    assert run["b"].status == "completed"
    assert run["c"].status == "pending"


def test_a_breakpoint_at_failure_holds_at_the_last_failure_only() -> None:
    flaky = Flaky(9)
    run = team_of(flaky).debug(plan_of(a=[], b=[]))
    run.break_at("a", when="failure")
    run.resume()
    assert len(run["a"].attempts) == 3
    assert run["a"].status == "failed"
    assert run["a"].attempts[-1].wait is None


def test_a_run_can_go_back_to_a_wait_and_a_fork_takes_it_along() -> None:
    flaky = Flaky(1)
    run = team_of(flaky, retry=LATER).debug(plan_of(a=[]))
    run.step("a")
    moment, then = run.state.tasks["a"].not_before, run.history[-1]
    other = run.fork()
    assert other.state.tasks["a"].not_before == moment
    assert run.step("a").success
    run.rewind(then)
    assert run.state.tasks["a"].not_before == moment
    assert run.step("a").success
    assert waiting(other)
    consistent(run)
    consistent(other)


async def test_an_interrupt_during_a_wait_pauses_and_the_wait_stays() -> None:
    run = team_of(Flaky(1), retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    awaiting = asyncio.ensure_future(_awaited(run))
    await asyncio.sleep(0)
    awaiting.cancel()
    await asyncio.wait([awaiting])
    run.wait(PATIENCE)
    assert run.status == "paused"
    assert waiting(run)


async def _awaited(run: Run) -> None:
    await run


def test_waits_of_many_tasks_are_kept_apart() -> None:
    seen: dict[str, int] = {}

    def execute(task: str, context: Any) -> str:
        seen[context.task] = seen.get(context.task, 0) + 1
        if seen[context.task] < 3:
            raise ConnectionError(task)
        return task

    retry = Retry(first=0.01, chance=random.Random(7).random)
    ids = [f"t{n}" for n in range(60)]
    run = team_of(execute, retry=retry).run(Plan([Task(i, i, "x") for i in ids]))
    assert run.success
    assert set(seen.values()) == {3}
    consistent(run)


# What servers say.


def test_a_task_waits_at_least_as_long_as_a_server_says() -> None:
    error = ConnectionError("busy")
    error.retry_after = 300.0  # type: ignore[attr-defined]
    run = team_of(Flaky(1, error)).debug(plan_of(a=[]))
    run.step("a")
    assert run["a"].attempts[0].wait == 300.0


def test_a_server_that_says_ten_to_the_ninth_seconds_ends_the_task() -> None:
    error = ConnectionError("busy")
    error.retry_after = 1e9  # type: ignore[attr-defined]
    run = team_of(Flaky(1, error)).run(plan_of(a=[]))
    failure = run["a"].error
    assert failure is not None
    assert "told to wait 1,000,000,000 s, and 3,600 s are the most" in failure.traceback


# What is seen.


def test_a_wait_can_be_seen_in_the_task_and_in_the_run() -> None:
    run = team_of(Flaky(1), retry=LATER).debug(plan_of(z=[], a=["z"]))
    run.edit("z", result=1)
    run.step("a")
    words = "after ValueError: no 1"
    for shown in (repr(run["a"]), repr(run), run["a"]._repr_mimebundle_()["text/html"]):
        assert words in shown
        assert "tries again in" in shown
    assert "next try after 50:00 min" in repr(run["a"])
    assert not run["a"].error


def test_the_event_can_be_listened_to() -> None:
    told: list[e.TaskRetried] = []
    run = team_of(Flaky(1)).debug(plan_of(a=[]))
    run.subscribe(lambda x: told.append(x) if isinstance(x, e.TaskRetried) else None)
    run.resume()
    (event,) = told
    assert (event.task, event.attempt, event.wait) == ("a", 1, 0.01)
    assert str(event.error) == "ValueError: no 1"


def test_a_run_that_waits_is_running_and_refuses_a_step() -> None:
    run = team_of(Flaky(1), retry=LATER).start(plan_of(a=[]))
    once(run, lambda: waiting(run))
    with pytest.raises(RunStateError):
        run.step("a")
    run.cancel()
