"""What may be done now, as data: it agrees with what the verbs then do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from holding import until
from nbagents import (
    Agent,
    Limits,
    Orchestrator,
    Plan,
    Retry,
    Run,
    RunStateError,
    ScriptedModel,
    Task,
    UnknownTaskError,
)
from nbagents.engine import background, possible
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from teams import agent_of, layered

PATIENCE = 20
HOUR = 3600.0


class Work:
    """Agents that block, and that fail, where a task's description says so."""

    def __init__(self) -> None:
        self.leave = threading.Event()
        self.broken = True

    def execute(self, task: str, context: Any) -> str:
        if "broken" in task and self.broken:
            raise ValueError(task)
        if "held" in task:
            assert self.leave.wait(PATIENCE)
        return task


def team_of(work: Work, **settings: Any) -> Orchestrator:
    agents = [agent_of(work.execute), agent_of(work.execute, "other")]
    return Orchestrator(agents, ScriptedModel({"": "wait"}, delay=60), **settings)


# `a` comes first, then `b`, then `c`; `d` is on its own, and its agent has no other.
def plan_with(b: str = "do b", a: str = "do a") -> Plan:
    return Plan(
        [
            Task("a", a, "x"),
            Task("b", b, "x", ["a"]),
            Task("c", "do c", "x", ["b"]),
            Task("d", "do d", "other"),
        ]
    )


def planning(work: Work) -> Run:
    return team_of(work).start("a goal that takes long to plan")


def planning_was_cancelled(work: Work) -> Run:
    return planning(work).cancel()


def empty(work: Work) -> Run:
    return team_of(work).debug(Plan([]))


def planned(work: Work) -> Run:
    return team_of(work).debug(plan_with())


def running(work: Work) -> Run:
    run = team_of(work).start(plan_with("held"))
    assert until(lambda: {run["b"].status, run["d"].status} == {"running", "completed"})
    return run


def running_at_its_root(work: Work) -> Run:
    run = team_of(work).start(plan_with(a="held"))
    assert until(lambda: {run["a"].status, run["d"].status} == {"running", "completed"})
    return run


def running_with_one_skipped(work: Work) -> Run:
    return running(work).skip("c")


def running_in_doubt(work: Work) -> Run:
    """Return a run in which `b` is held while `d`, which was done, is in doubt."""
    run = paused(work)
    run.step("d").edit("b", description="held").edit("d", description="broken")
    run.resume(until="c", wait=False)
    assert until(lambda: run["b"].status == "running")
    assert run["d"].status == "stale"
    return run


def asked_to_pause(work: Work) -> Run:
    return running(work).pause(wait=False)


def waiting_for_a_retry(work: Work) -> Run:
    retry = Retry(attempts=2, first=HOUR, longest=HOUR)
    run = team_of(work, retry=retry).start(plan_with("broken"))
    assert until(
        lambda: run.state.tasks["b"].not_before and run["d"].status == "completed"
    )
    return run


def paused_before_a_retry(work: Work) -> Run:
    return waiting_for_a_retry(work).pause()


def paused(work: Work) -> Run:
    return planned(work).step("a")


def in_doubt(work: Work) -> Run:
    return completed(work).edit("a", result="another")


def in_doubt_for_nothing(work: Work) -> Run:
    """Return a paused run whose stale results would count again."""
    run = completed(work)
    return run.edit("a", result="another").edit("a", result="do a")


def in_doubt_and_cancelled(work: Work) -> Run:
    return in_doubt(work).cancel()


def completed(work: Work) -> Run:
    return team_of(work).run(plan_with())


def completed_without(work: Work) -> Run:
    return planned(work).skip("b").resume()


def failed(work: Work) -> Run:
    run = team_of(work).run(plan_with("broken"))
    work.broken = False
    return run


def cancelled(work: Work) -> Run:
    return paused(work).cancel()


def cancelled_at_work(work: Work) -> Run:
    return running(work).cancel()


def at_its_limit(work: Work) -> Run:
    return team_of(work, limits=Limits(tasks=1)).run(plan_with())


def completed_at_its_limit(work: Work) -> Run:
    return team_of(work, limits=Limits(tasks=4)).run(plan_with())


STANDS: list[Callable[[Work], Run]] = [
    planning,
    planning_was_cancelled,
    empty,
    planned,
    running,
    running_at_its_root,
    running_with_one_skipped,
    running_in_doubt,
    asked_to_pause,
    waiting_for_a_retry,
    paused_before_a_retry,
    paused,
    in_doubt,
    in_doubt_for_nothing,
    in_doubt_and_cancelled,
    completed,
    completed_without,
    failed,
    cancelled,
    cancelled_at_work,
    at_its_limit,
    completed_at_its_limit,
]


@contextmanager
def standing(where: Callable[[Work], Run]) -> Iterator[Run]:
    """Yield a run that stands there; what it holds is let go afterwards."""
    work = Work()
    run = where(work)
    try:
        yield run
    finally:
        work.leave.set()
        run.cancel()


def better(task: str, context: Any) -> str:
    return "better"


OF_A_RUN: dict[str, Callable[[Run], object]] = {
    "resume": lambda run: run.resume(wait=False),
    "pause": lambda run: run.pause(wait=False),
    "step": lambda run: run.step(wait=False),
    "stop": lambda run: run.cancel(wait=False),
    "approve": lambda run: run.approve(wait=False),
}

OF_A_TASK: dict[str, Callable[[Run, str], object]] = {
    "step": lambda run, id: run.step(id, wait=False),
    "resume": lambda run, id: run.resume(until=id, wait=False),
    "retry": lambda run, id: run.retry(id, wait=False),
    "edit": lambda run, id: run.edit(id, result="by hand"),
    "skip": lambda run, id: run.skip(id),
    "replace": lambda run, id: run.replace(
        Agent(run.plan[id].agent, "Is better", better)
    ),
    "break": lambda run, id: run.break_at(id),
    "approve": lambda run, id: run.approve(id, wait=False),
    "refuse": lambda run, id: run.refuse(id, wait=False),
}


def changes_nothing(run: Run, verb: str, id: str | None = None) -> bool:
    """Return whether the verb would be let pass, and do nothing: the exceptions."""
    ended = run.status in {"completed", "failed", "cancelled"}
    if id is None:
        completed = verb == "resume" and run.status == "completed"
        return completed or (verb == "stop" and ended)
    task = run.state.tasks[id]
    return verb == "skip" and task.status == "skipped" and task.because is None


def check(why_not: str, verb: Callable[..., object], *args: Any) -> None:
    """Check that `verb` is refused in just these words; that it is not, if none."""
    refused = ""
    try:
        verb(*args)
    except RunStateError as error:
        refused = str(error)
    assert refused == why_not


WHERE = pytest.mark.parametrize("where", STANDS, ids=lambda each: each.__name__)


@WHERE
@pytest.mark.parametrize("verb", OF_A_RUN)
def test_of_a_run_it_says_what_the_verb_then_does(
    where: Callable[[Work], Run], verb: str
) -> None:
    with standing(where) as run:
        said = run.possible()
        assert list(said) == list(OF_A_RUN)
        assert possible.for_run(run.state) == said
        if changes_nothing(run, verb):
            before = run.state.copy()
            OF_A_RUN[verb](run)
            assert said[verb]
            assert run.state == before
        else:
            check(said[verb], OF_A_RUN[verb], run)


@WHERE
@pytest.mark.parametrize("verb", OF_A_TASK)
def test_of_a_task_it_says_what_the_verb_then_does(
    where: Callable[[Work], Run], verb: str
) -> None:
    for id in "abcd":
        with standing(where) as run:
            if id not in run.plan:
                with pytest.raises(UnknownTaskError):
                    run.possible(id)
                continue
            before, history = run.state.copy(), run.history
            said = run.possible(id)
            assert set(said) == set(OF_A_TASK)
            assert run.state == before, "asking changed the run"
            assert run.history == history
            if changes_nothing(run, verb, id):
                OF_A_TASK[verb](run, id)
                assert said[verb] == f"task '{id}' is skipped already"
                assert run["b"].status == "skipped" or id != "b"
            else:
                check(said[verb], OF_A_TASK[verb], run, id)


def test_the_runs_that_are_asked_stand_everywhere_a_run_and_a_task_can() -> None:
    runs, tasks = set(), set()
    for where in STANDS:
        with standing(where) as run:
            runs.add(run.status)
            tasks |= {(run.status, task.status) for task in run.tasks}
    assert runs == set(RunStatus)
    ended = {TaskStatus.COMPLETED, TaskStatus.SKIPPED}
    reachable = {
        RunStatus.PLANNED: {TaskStatus.PENDING},
        RunStatus.RUNNING: {*ended, "pending", "running", "stale"},
        RunStatus.PAUSED: {TaskStatus.COMPLETED, "pending", "stale"},
        RunStatus.COMPLETED: ended,
        RunStatus.FAILED: {*ended, "failed"},
        RunStatus.CANCELLED: {TaskStatus.COMPLETED, "cancelled"},
    }
    assert {(run, each) for run, which in reachable.items() for each in which} <= tasks


def test_it_says_what_a_task_still_needs() -> None:
    with standing(paused) as run:
        assert run.possible("c")["step"] == "task 'c' still needs 'b'"
        assert run.possible("c")["resume"] == ""


def test_it_says_that_nothing_is_left_to_do() -> None:
    with standing(completed) as run:
        assert run.possible() == {
            "resume": "the run is completed: nothing is left to do",
            "pause": "a run that is completed cannot pause; it must be running",
            "step": "a run that is completed cannot step; it must be planned or paused "
            "or cancelled",
            "stop": "the run is completed: there is nothing to stop",
            "approve": "no task waits for an approval",
        }


def test_it_names_the_task_at_work_that_uses_what_is_to_change() -> None:
    with standing(running) as run:
        why_not = "task 'b', which uses it, is running: it cannot edit now"
        assert run.possible("a")["edit"] == why_not
        assert run.possible("d")["edit"] == ""


def test_it_says_which_limit_keeps_a_task_from_being_retried() -> None:
    with standing(at_its_limit) as run:
        why_not = "reached the limit on attempts: 1 of 1 used: nothing more can be"
        assert run.possible("a")["retry"].startswith(why_not)


def test_a_listener_may_ask() -> None:
    told: list[str] = []
    with standing(planned) as run:
        run.subscribe(lambda _: told.append(run.possible("a")["skip"]))
        run.resume()
        assert "task 'a' is running: it cannot skip now" in told
        assert told[-1] == "task 'a' is completed: there is nothing to skip"


def test_on_the_engines_thread_it_says_the_same() -> None:
    run = Orchestrator([agent_of(better)]).debug(layered(40, 50))
    here = run.step("t0_0").possible("t39_0")
    assert background.ask(lambda: run.possible("t39_0")) == here
    assert here["step"] == "task 't39_0' still needs 't38_0', 't38_1'"
