"""Breakpoints: what they hold, what goes on beside them, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, Task, UnknownTaskError
from nbagents.engine import events as e
from nbagents.engine.fold import apply, replay
from teams import plan_of


def two_branches() -> Plan:
    """Return two chains from one task, the second by another agent."""
    return plan_of(top=[], left=["top"], left_end=["left"]).add(
        Task("right", "do right", "other", ["top"]),
        Task("right_end", "do right_end", "other", ["right"]),
    )


def debug(plan: Plan | None = None) -> Run:
    def execute(task: str, context: dict[str, Any]) -> str:
        return task

    team = Orchestrator({"x": execute, "other": execute})
    return team.debug(plan or two_branches())


def done(run: Run) -> set[str]:
    return {view.id for view in run.tasks if view.status == "completed"}


def test_a_breakpoint_before_a_task_holds_its_branch_only() -> None:
    run = debug()
    run.break_at("left")
    run.resume()
    assert (run.status, run.reason) == ("paused", "breakpoint before 'left'")
    assert done(run) == {"top", "right", "right_end"}
    assert run.resume().success


def test_a_breakpoint_after_a_task_keeps_its_result_and_holds_what_follows() -> None:
    run = debug()
    run.break_at("left", when="after")
    run.resume()
    assert run.reason == "breakpoint after 'left'"
    assert run["left"].result == "do left"
    assert done(run) == {"top", "left", "right", "right_end"}
    assert run.resume().success


def test_a_breakpoint_at_an_agent_holds_each_of_its_tasks() -> None:
    run = debug()
    run.break_at("other")
    assert run.resume().reason == "breakpoint before 'right'"
    assert done(run) == {"top", "left", "left_end"}
    assert run.resume().reason == "breakpoint before 'right_end'"
    assert run.resume().success


def test_a_breakpoint_may_hold_the_whole_run() -> None:
    run = debug()
    run.break_at("top", when="after", hold="run")
    run.resume()
    assert run.reason == "breakpoint after 'top'"
    assert done(run) == {"top"}
    assert run.resume().success


def test_a_condition_is_asked_with_each_completed_task() -> None:
    asked: list[str] = []

    def ends(task: Any) -> bool:
        asked.append(task.id)
        return task.result.endswith("right")

    run = debug()
    run.break_when(ends, hold="run")
    run.resume()
    assert run.status == "paused"
    assert run.reason == "ends is true of 'right'"
    assert "right_end" not in done(run)
    assert run.resume().success
    assert sorted(asked) == sorted(run.plan.order())


def test_a_condition_that_fails_stops_and_says_so() -> None:
    run = debug()
    run.break_when(lambda task: task.nonsense > 3)
    run.resume()
    assert run.status == "paused"
    assert "failed at 'top': AttributeError" in run.reason
    run.clear()
    assert run.resume().success


def test_breakpoints_are_listed_and_cleared() -> None:
    run = debug()
    first = run.break_at("left")
    second = run.break_at("right", when="after", hold="run")
    assert run.breakpoints == (first, second)
    assert [str(point) for point in run.breakpoints] == [
        "before 'left'",
        "after 'right' (holds the run)",
    ]
    run.clear("left")
    assert run.breakpoints == (second,)
    run.clear()
    assert run.breakpoints == ()
    assert run.resume().success


def test_a_step_steps_over_a_breakpoint_before_its_task() -> None:
    run = debug()
    run.break_at("top")
    assert run.step().reason == "stepped 'top'"


def test_many_held_tasks_are_counted() -> None:
    run = debug(plan_of(**{f"t{n}": [] for n in range(9)}))
    run.break_at("x")
    run.resume()
    assert run.reason.endswith("breakpoint before 't2', and 6 more")
    assert run.resume().success
    assert replay(run.history) == run.state


def test_a_breakpoint_can_be_set_again_after_it_was_passed() -> None:
    run = debug()
    run.break_at("left")
    assert run.resume(until="left").reason == "breakpoint before 'left'"
    assert run.resume(until="left").reason == "ran up to 'left'"
    assert run.resume().success


def test_unknown_names_and_words_are_refused_with_the_valid_ones() -> None:
    run = debug()
    with pytest.raises(UnknownTaskError, match="Did you mean 'left'") as caught:
        run.break_at("lefft")
    assert "other" in caught.value.valid
    with pytest.raises(ValueError, match="when must be 'before' or 'after'"):
        run.break_at("left", when="during")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hold must be 'branch' or 'run'"):
        run.break_at("left", hold="all")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a condition is a function of a task"):
        run.break_when("cost > 1")  # type: ignore[arg-type]
    assert run.breakpoints == ()


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "wait"])
def test_a_condition_cannot_steer_the_run_it_is_asked_about(verb: str) -> None:
    team = Orchestrator([Agent("x", "Is x", lambda task, context: task)])
    run = team.debug(plan_of(a=[], b=["a"]))
    run.break_when(lambda task: getattr(run, verb)())
    run.resume()
    assert run.status == "paused"
    assert not [task for task in run.tasks if task.status == "running"]
    assert "cannot" in run.reason
    run.clear()
    if run.status == "paused":
        run.resume()
    assert run.success


def told_of(run: Run) -> list[e.Event]:
    """Return a list of what is told from now on of where the run is to stop."""
    told: list[e.Event] = []
    run.subscribe(
        lambda event: (
            told.append(event) if isinstance(event, e.BreakpointsChanged) else None
        )
    )
    return told


SETS: dict[str, Callable[[Run], object]] = {
    "at a task": lambda run: run.break_at("left"),
    "at an agent": lambda run: run.break_at("other"),
    "at a condition": lambda run: run.break_when(bool),
    "at any failure": lambda run: run.break_on_failure(),
}


@pytest.mark.parametrize("change", SETS.values(), ids=SETS)
def test_who_watches_is_told_when_a_breakpoint_is_set_and_removed(
    change: Callable[[Run], object],
) -> None:
    run = debug()
    told = told_of(run)
    change(run)
    assert len(told) == 1
    run.clear()
    assert len(told) == 2
    run.clear()
    assert len(told) == 2, "nothing was left to remove"


def test_who_is_told_finds_the_breakpoints_of_now() -> None:
    run, found = debug(), []
    run.subscribe(lambda _: found.append([str(point) for point in run.breakpoints]))
    first = run.break_at("left")
    run.break_at("right", when="after")
    run.clear(first)
    left, right = "before 'left'", "after 'right'"
    assert found == [[left], [left, right], [right]]


def test_a_refused_breakpoint_is_not_told_of() -> None:
    run = debug()
    told = told_of(run)
    with pytest.raises(UnknownTaskError):
        run.break_at("nowhere")
    with pytest.raises(UnknownTaskError):
        run.clear("nowhere")
    run.clear("left")  # There is none.
    assert told == []


def test_what_is_told_of_breakpoints_is_neither_kept_nor_written() -> None:
    run = debug()
    history, state = run.history, run.state.copy()
    told = told_of(run)
    run.break_at("left")
    assert told
    assert run.history == history
    apply(state, told[0])
    assert state == run.state == replay(run.history)
    with pytest.raises(ValueError, match="did not happen in this run"):
        run.at(told[0])


def test_a_listener_that_sets_a_breakpoint_is_told_after_what_it_was_told_of() -> None:
    run, told = debug(), []

    def listen(event: e.Event) -> None:
        told.append((type(event), event.task if isinstance(event, e.TaskEvent) else ""))
        if told[-1] == (e.TaskCompleted, "top"):
            run.break_at("left_end")

    run.subscribe(listen)
    run.resume()
    assert run.reason == "breakpoint before 'left_end'"
    ended = told.index((e.TaskCompleted, "top"))
    assert told.index((e.BreakpointsChanged, "")) > ended
    assert told.count((e.BreakpointsChanged, "")) == 1


def test_a_fork_has_the_breakpoints_and_tells_of_its_own_only() -> None:
    run = debug()
    told = told_of(run)
    run.break_at("left")
    other = run.fork()
    other.clear()
    assert len(told) == 1
    assert run.breakpoints
    assert not other.breakpoints
