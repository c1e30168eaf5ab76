"""About how long a run will still take."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents import Plan, Task
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.fold import replay
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.record import Attempt, TaskState
from nbagents.engine.remaining import remaining
from nbagents.engine.state import RunState

FAILURE = Failure.of(ValueError("no"))


def plan_of(agent: str = "x", /, **needs: list[str]) -> Plan:
    return Plan([Task(id, f"do {id}", agent, each) for id, each in needs.items()])


def chain() -> Plan:
    return plan_of(a=[], b=["a"], c=["b"])


def after(plan: Plan, *events: e.Event) -> RunState:
    """Return the state of a run that started at 0, after `events`."""
    return replay([e.RunCreated(0.0, "r", plan), e.RunStarted(0.0), *events])


def started(id: str, at: float, agent: str = "x", attempt: int = 1) -> e.Event:
    return e.TaskStarted(at, id, attempt, agent)


def did(id: str, start: float, end: float, agent: str = "x") -> list[e.Event]:
    return [started(id, start, agent), e.TaskCompleted(end, id, 1, "done")]


def test_a_chain_takes_the_mean_of_its_agent_for_each_task_left() -> None:
    state = after(chain(), *did("a", 0, 4), *did("b", 4, 6))
    assert remaining(state, 6) == 3


def test_a_running_task_takes_what_is_left_of_it() -> None:
    state = after(chain(), *did("a", 0, 4), started("b", 4))
    assert remaining(state, 4) == 8
    assert remaining(state, 5) == 7


def test_a_task_that_takes_longer_than_expected_is_about_to_end() -> None:
    state = after(chain(), *did("a", 0, 4), started("b", 4))
    assert remaining(state, 100) == 4


def test_its_own_last_completed_attempt_tells_more_than_those_of_its_agent() -> None:
    state = after(
        plan_of(a=[], b=[]),
        *did("a", 0, 10),
        *did("b", 10, 12),
        e.TaskReopened(12, "b", afresh=True),
        started("b", 12, attempt=2),
        e.TaskCompleted(15, "b", 2, "done"),
        e.TaskReopened(15, "b", afresh=True),
        started("b", 15, attempt=3),
        e.TaskInterrupted(16, "b", 3),
    )
    assert remaining(state, 16) == 3


def test_an_agent_of_which_nothing_is_known_takes_the_mean_of_all() -> None:
    plan = plan_of(a=[], b=[]).add(Task("c", "", "other", ["a", "b"]))
    state = after(plan, *did("a", 0, 2), *did("b", 2, 6))
    assert remaining(state, 6) == 3


def test_each_agent_has_a_mean_of_its_own() -> None:
    plan = plan_of(a=[], c=["a"]).add(
        Task("b", "", "other", []), Task("d", "", "other", ["c"])
    )
    state = after(plan, *did("a", 0, 2), *did("b", 2, 12, "other"))
    assert remaining(state, 12) == 2 + 10


def test_work_side_by_side_is_divided_by_how_many_went_on_at_once() -> None:
    plan = plan_of(a=[], b=[], c=[], d=[], e=[], f=[])
    done = [started("a", 0), started("b", 0)]
    done += [e.TaskCompleted(4, id, 1, "done") for id in "ab"]
    state = after(plan, *done)
    # Two at once so far: 8 seconds of attempts in 4; four tasks of 4 seconds are left.
    assert remaining(state, 4) == 8


def test_as_many_as_run_now_go_on_at_once() -> None:
    plan = plan_of(a=[], b=[], c=[], d=[], e=[])
    state = after(plan, *did("a", 0, 6), *(started(id, 6) for id in "bcd"))
    # Three run now: of four times 6 seconds each third.
    assert remaining(state, 6) == 8


def test_no_parallelism_shortens_the_longest_path() -> None:
    plan = plan_of(a=[], b=[], c=[], d=["a"], e=["d"], f=["e"])
    done = [started(id, 0) for id in "abc"]
    done += [e.TaskCompleted(4, id, 1, "done") for id in "abc"]
    assert remaining(after(plan, *done), 4) == 12


def test_the_wait_for_another_try_is_added_and_is_no_work() -> None:
    tried = [started("b", 4), e.TaskRetried(5, "b", 1, FAILURE, 10.0)]
    state = after(chain(), *did("a", 0, 4), *tried)
    assert remaining(state, 5) == 10 + 4 + 4
    assert remaining(state, 12) == 3 + 4 + 4
    wide = after(plan_of(a=[], b=[], c=[]), *did("a", 0, 4), *tried)
    assert remaining(wide, 12) == 8, "one after another, as before"


def test_what_failed_or_was_skipped_takes_nothing() -> None:
    failed = [started("b", 4), e.TaskFailed(5, "b", 1, FAILURE)]
    skipped = e.TaskSkipped(5, "c", "b", "needs 'b'")
    state = after(chain().add(Task("d", "", "x")), *did("a", 0, 4), *failed, skipped)
    assert remaining(state, 5) == 4


def test_a_stale_task_counts_as_if_it_ran() -> None:
    stale = e.TaskStale(6, "b", "a", "you edited 'a'", "key")
    state = after(chain(), *did("a", 0, 4), *did("b", 4, 6), stale)
    assert remaining(state, 6) == 2 + 3


def test_time_at_rest_does_not_count_as_time_the_run_has_run() -> None:
    plan = plan_of(a=[], b=[], c=[], d=[])
    done = [started("a", 0), started("b", 0)]
    done += [e.TaskCompleted(4, id, 1, "done") for id in "ab"]
    state = after(plan, *done, e.RunPaused(4, ""), e.RunStarted(100))
    assert remaining(state, 100) == 4


def test_what_a_removed_task_did_still_tells() -> None:
    state = after(plan_of(a=[], b=[]), *did("a", 0, 4), e.PlanEdited(4, plan_of(b=[])))
    assert remaining(state, 4) == 4


def test_nothing_is_left_when_all_is_done() -> None:
    assert remaining(after(plan_of(a=[]), *did("a", 0, 4)), 4) == 0


@pytest.mark.parametrize(
    "events",
    [
        [],
        [started("a", 0)],
        [started("a", 0), e.TaskFailed(5, "a", 1, FAILURE)],
        [*did("a", 0, 4), e.RunPaused(4, "you paused it")],
        [*did("a", 0, 4), e.RunEnded(4, RunStatus.CANCELLED)],
    ],
    ids=["no start", "no end", "a failure", "a pause", "an end"],
)
def test_nothing_is_said_where_it_does_not_run_or_nothing_is_known(
    events: list[e.Event],
) -> None:
    assert remaining(after(chain(), *events), 10) is None


def test_nothing_is_said_while_the_goal_is_planned() -> None:
    assert remaining(after(Plan(goal="a goal")), 10) is None


MOMENTS = st.floats(0, 1e6) | st.floats()


@st.composite
def attempts(draw: st.DrawFn, number: int, status: TaskStatus) -> Attempt:
    begun = draw(MOMENTS)
    ended = None if status is TaskStatus.RUNNING else draw(MOMENTS)
    return Attempt(number, draw(st.sampled_from("xyz")), begun, ended, status)


@st.composite
def task_states(draw: st.DrawFn) -> TaskState:
    ended = [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED]
    kinds = draw(st.lists(st.sampled_from(ended), max_size=3))
    status = draw(st.sampled_from(list(TaskStatus)))
    if status in {*ended, TaskStatus.RUNNING}:
        kinds.append(status)
    tries = [draw(attempts(n, kind)) for n, kind in enumerate(kinds, 1)]
    last = tries.pop() if tries else None
    put_off = status is TaskStatus.PENDING and draw(st.booleans())
    wait = draw(MOMENTS) if put_off else None
    return TaskState(status, last, tuple(tries), not_before=wait)


@st.composite
def states(draw: st.DrawFn) -> RunState:
    """A run that stands anywhere, by clocks that may have been set meanwhile."""
    tasks: dict[str, TaskState] = {}
    plan = Plan()
    for number in range(draw(st.integers(0, 8))):
        needs = draw(st.sets(st.sampled_from(sorted(tasks)))) if tasks else set()
        tasks[f"t{number}"] = draw(task_states())
        plan = plan.add(Task(f"t{number}", "", draw(st.sampled_from("xy")), needs))
    state = after(plan)
    state.adopt(plan, tasks)
    state.status = draw(st.sampled_from(list(RunStatus)))
    state.ran = draw(MOMENTS)
    state.resumed = draw(MOMENTS) if state.status is RunStatus.RUNNING else None
    return state


@given(states(), MOMENTS)
def test_it_is_a_number_from_zero_wherever_anything_is_known(
    state: RunState, now: float
) -> None:
    tries = [each for task in state.tasks.values() for each in task.attempts]
    known = any(attempt.status is TaskStatus.COMPLETED for attempt in tries)
    left = remaining(state, now)
    if state.status is RunStatus.RUNNING and known:
        assert left is not None
        assert left >= 0
        assert math.isfinite(left)
    else:
        assert left is None


@given(states(), st.floats(0, 1e6))
def test_a_longer_wait_makes_it_no_shorter(state: RunState, now: float) -> None:
    before = remaining(state, now)
    waiting = [id for id, task in state.tasks.items() if task.not_before is not None]
    for id in waiting:
        task = state.tasks[id]
        state.tasks[id] = replace(task, not_before=now + 2e9)
    after_it = remaining(state, now)
    assert (before is None) == (after_it is None)
    assert (before or 0) <= (after_it or 0)
