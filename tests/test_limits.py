"""Limits: a run that reaches one pauses, says so, and goes on when it is raised."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from nbagents import (
    Agent,
    LimitReachedError,
    Limits,
    Orchestrator,
    Plan,
    Run,
    RunStateError,
    ScriptedModel,
    Task,
)
from nbagents.engine import background
from nbagents.engine import events as e
from nbagents.engine.attempt import Call
from nbagents.engine.fold import replay
from nbagents.engine.gate import Gate
from nbagents.engine.loop import Engine
from nbagents.engine.state import RunState
from nbagents.journal.codec import decode_all, encode
from nbagents.reporting import current
from teams import agent_of, plan_of

TOKENS = 100  # of each answer
COST = 0.5  # US dollars, of each answer

ROW = plan_of(a=[], b=["a"], c=["b"], d=["c"])


def ask(word: str = "?", cost: float | None = COST) -> str:
    """Ask a model that answers at once."""
    reporter = current.get()
    messages = [{"role": "user", "content": word}]
    reporter.asked("mine", messages, simulated=False)
    reporter.answered("mine", TOKENS - 10, 10, 0.1, cost=cost)
    return word


def plainly(task: str, context: dict[str, Any]) -> str:
    return ask(task)


async def asynchronously(task: str, context: dict[str, Any]) -> str:
    return ask(task)


KINDS = {
    "plain": lambda: agent_of(plainly),
    "async": lambda: agent_of(asynchronously),
    "isolated": lambda: Agent("x", "Is x", plainly, isolate="process"),
}

kinds = pytest.mark.parametrize("kind", KINDS)


def team(kind: str = "plain", **limits: Any) -> Orchestrator:
    return Orchestrator([KINDS[kind]()], limits=Limits(**limits))


def of(execute: Callable[..., Any], **limits: Any) -> Orchestrator:
    return Orchestrator([agent_of(execute)], limits=Limits(**limits))


def check(run: Run) -> Run:
    """Check what always holds: the events alone say the same."""
    again = replay(run.history)
    assert again == run.state
    assert again.spent == run.state.spent
    return run


def statuses(run: Run) -> dict[str, str]:
    return {id: str(task.status) for id, task in run.state.tasks.items()}


# --- each limit, wherever agents are at work ---


@kinds
@pytest.mark.parametrize(
    "limit, most, done, said, remedy",
    [
        ("tasks", 2, "ab", "attempts: 2 of 2 used", "run.limit(tasks=4).resume()"),
        ("calls", 2, "ab", "model calls: 2 of 2 used", "run.limit(calls=4).resume()"),
        ("tokens", 150, "ab", "tokens: 200 of 150", "run.limit(tokens=400).resume()"),
        ("cost", 0.75, "ab", "cost: $1.00 of $0.75", "run.limit(cost=2.0).resume()"),
    ],
)
def test_a_run_pauses_at_its_limit_and_goes_on_when_it_is_raised(
    kind: str, limit: str, most: float, done: str, said: str, remedy: str
) -> None:
    without = team(kind).run(ROW)
    run = check(team(kind, **{limit: most}).run(ROW))
    assert run.status == "paused"
    assert [id for id, status in statuses(run).items() if status == "completed"] == [
        *done
    ]
    assert set(statuses(run).values()) == {"completed", "pending"}
    assert said in run.reason
    assert remedy in run.reason
    assert said in repr(run)
    check(run.limit(**{limit: 10_000}).resume())
    assert run.status == "completed"
    assert run.result == without.result


@kinds
def test_time_that_is_up_takes_away_what_is_at_work(kind: str) -> None:
    gate = threading.Event()

    def waits(task: str, context: dict[str, Any]) -> str:
        gate.wait()
        return task

    async def sleeps(task: str, context: dict[str, Any]) -> str:
        while not gate.is_set():  # noqa: ASYNC110 - of this thread, not of a loop
            await asyncio.sleep(0.01)
        return task

    def endless(task: str, context: dict[str, Any]) -> str:
        while True:
            time.sleep(1)

    agents = {
        "plain": agent_of(waits),
        "async": agent_of(sleeps),
        "isolated": Agent("x", "Is x", endless, isolate="process"),
    }
    limited = Orchestrator([agents[kind]], limits=Limits(seconds=0.2))
    run = check(limited.run(plan_of(a=[])))
    gate.set()
    assert run.status == "paused"
    assert statuses(run) == {"a": "pending"}
    assert "reached the limit on time: " in run.reason
    assert "of 0.2 s used" in run.reason
    assert run.state.ran >= 0.2
    assert [attempt.status for attempt in run["a"].attempts] == ["cancelled"]
    if kind == "isolated":
        run.replace(agent_of(lambda task, context: task))
    check(run.limit(seconds=600).resume())
    assert run.result == "do a"


def test_no_time_at_all_starts_nothing() -> None:
    run = of(lambda task, context: task, seconds=0).run(plan_of(a=[]))
    assert (run.status, run["a"].attempts) == ("paused", ())
    assert run.limit(seconds=None).resume().status == "completed"


def test_pauses_are_not_time_that_a_run_ran() -> None:
    run = of(lambda task, context: task, seconds=3600).debug(ROW)
    run.step()
    before = run.state.ran
    assert run.state.resumed is None
    run.limit(seconds=before + 600)
    assert run.resume().status == "completed"


# --- walls stand before the thing ---


@pytest.mark.parametrize("execute", [plainly, asynchronously])
def test_agents_side_by_side_make_as_many_calls_as_they_may(execute: Any) -> None:
    made: list[str] = []
    everybody = threading.Barrier(10)

    def together(task: str, context: dict[str, Any]) -> str:
        everybody.wait(20)
        ask(task)
        made.append(task)
        return task

    async def at_once(task: str, context: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        ask(task)
        made.append(task)
        return task

    agent = agent_of(together if execute is plainly else at_once)
    limited = Orchestrator([agent], max_parallel=10, limits=Limits(calls=5))
    run = check(limited.run(Plan([Task(f"t{n}", f"{n}", "x") for n in range(10)])))
    assert len(made) == run.state.spent.calls == 5
    assert sorted(statuses(run).values()) == ["completed"] * 5 + ["pending"] * 5
    everybody = threading.Barrier(5)
    assert run.limit(calls=10).resume().status == "completed"
    assert len(made) == 10


def test_a_gate_lets_exactly_as_many_through_as_may() -> None:
    state = RunState(e.RunCreated(0.0, "r", Plan(), limits=Limits(calls=50)))
    gate, passed, refused = Gate(state), [], []
    begin = threading.Barrier(16)

    def work(number: int) -> None:
        own = gate.attempt(Call(f"t{number}", 1))
        begin.wait(20)
        for turn in range(20):
            try:
                own.ask("m", [{"n": turn}], {})
                passed.append(number)
            except LimitReachedError:
                refused.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(passed), len(refused)) == (50, 270)


def test_a_plan_that_needs_just_what_it_may_use_completes() -> None:
    run = team(tasks=4, calls=4).run(ROW)
    assert run.status == "completed"


def test_a_task_that_asks_nothing_runs_when_all_calls_are_made() -> None:
    agents = {"x": plainly, "code": lambda task, context: "done"}
    plan = plan_of(a=[]).add(Task("b", "compute", "code", ["a"]))
    run = Orchestrator(agents, limits=Limits(calls=1)).run(plan)
    assert (run.status, run.result) == ("completed", "done")


def test_no_calls_at_all_ask_nothing() -> None:
    run = check(team(calls=0).run(ROW))
    assert (run.status, run.state.spent.calls) == ("paused", 0)
    assert "run.limit(calls=1).resume()" in run.reason


def test_what_costs_nothing_runs_where_nothing_may_be_spent() -> None:
    assert of(lambda task, _: task, cost=0, tokens=0).run(ROW).status == "completed"
    run = team(cost=0).run(ROW)
    assert (run.status, run.state.spent.calls) == ("paused", 0)


def test_other_tasks_at_work_finish_when_one_is_kept_from_asking() -> None:
    asked = asyncio.Event()

    async def first(task: str, context: dict[str, Any]) -> str:
        await asked.wait()
        return task

    async def second(task: str, context: dict[str, Any]) -> str:
        try:
            return ask(task)
        finally:
            asked.set()

    agents = {"x": first, "y": second}
    plan = plan_of(a=[]).add(Task("b", "ask", "y"), Task("c", "then", "x", ["a"]))
    run = check(Orchestrator(agents, limits=Limits(calls=0)).run(plan))
    assert run.status == "paused"
    assert statuses(run) == {"a": "completed", "b": "pending", "c": "pending"}


# --- the agent's side of it ---


def test_a_real_model_is_not_asked_once_too_often() -> None:
    requests: list[str] = []

    def answer(request: Any) -> str:
        requests.append(request.prompt)
        return "yes"

    writer = Agent.llm("x", "Writes")
    limited = Orchestrator([writer], ScriptedModel(answer), limits=Limits(calls=2))
    run = check(limited.run(ROW))
    assert (run.status, len(requests)) == ("paused", 2)
    assert [attempt.status for attempt in run["c"].attempts] == ["cancelled"]
    assert run.limit(calls=4).resume().result == "yes"
    assert len(requests) == 4


def test_an_agent_that_wraps_the_error_is_interrupted_all_the_same() -> None:
    def wraps(task: str, context: dict[str, Any]) -> str:
        try:
            return ask(task)
        except RuntimeError as error:
            message = "something went wrong"
            raise ValueError(message) from error

    run = check(of(wraps, calls=1).run(ROW))
    assert run.status == "paused"
    assert statuses(run)["b"] == "pending"
    assert not any(isinstance(each, e.TaskFailed) for each in run.history)


@kinds
def test_an_agent_that_swallows_the_error_has_done_its_task(kind: str) -> None:
    def swallows(task: str, context: dict[str, Any]) -> str:
        try:
            return ask(task)
        except RuntimeError as error:
            return f"without: {error}"

    async def swallowing(task: str, context: dict[str, Any]) -> str:
        return swallows(task, context)

    execute = swallowing if kind == "async" else swallows
    isolate = "process" if kind == "isolated" else None
    agent = Agent("x", "Is x", execute, isolate=isolate)
    run = check(Orchestrator([agent], limits=Limits(calls=1)).run(ROW))
    assert run.status == "paused"
    assert statuses(run)["b"] == "completed"
    assert run["b"].result == "without: reached the limit on model calls: 1 of 1 used"
    assert statuses(run)["c"] == "pending"


def test_the_error_says_which_limit_and_what_to_type() -> None:
    caught: list[LimitReachedError] = []

    def catches(task: str, context: dict[str, Any]) -> str:
        try:
            return ask(task)
        except LimitReachedError as error:
            caught.append(error)
            raise

    of(catches, calls=0).run(plan_of(a=[]))
    assert (caught[0].limit, caught[0].used) == ("calls", 0)
    assert caught[0].__notes__ == ["Try: run.limit(calls=1).resume()"]


def test_a_step_inline_raises_what_the_agent_was_told() -> None:
    run = team(calls=1).debug(ROW)
    run.step(inline=True)
    with pytest.raises(LimitReachedError, match="1 of 1 used"):
        run.step(inline=True)
    assert (run.status, statuses(run)["b"]) == ("paused", "pending")
    assert run.limit(calls=9).step(inline=True)["b"].result == "do b"


def test_a_step_inline_starts_no_task_too_many() -> None:
    run = check(team(tasks=1).debug(ROW).step(inline=True).step(inline=True))
    assert "attempts: 1 of 1 used" in run.reason
    assert run["b"].attempts == ()


def test_an_attempt_that_was_given_up_on_asks_no_more() -> None:
    begun, given_up, told = threading.Event(), threading.Event(), threading.Event()
    errors: list[Exception] = []

    def late(task: str, context: dict[str, Any]) -> None:
        begun.set()
        given_up.wait(20)
        try:
            ask(task)
        except RuntimeError as error:
            errors.append(error)
        told.set()

    run = of(late).start(plan_of(a=[]))
    assert begun.wait(20)
    run.cancel()
    given_up.set()
    assert told.wait(20)
    assert "given up on" in str(errors[0])
    assert run.state.spent.calls == 0


# --- costs that nobody knows ---


def test_a_cost_that_is_not_known_pauses_the_run_after_that_call() -> None:
    def unpriced(task: str, context: dict[str, Any]) -> str:
        return ask(task, cost=None if task == "do b" else COST)

    run = check(of(unpriced, cost=100).run(ROW))
    assert run.status == "paused"
    assert statuses(run)["b"] == "completed"
    assert run["c"].attempts == ()
    assert "cannot be watched: that of 1 answer is not known" in run.reason
    assert "$0.50 of $100.00 used else" in run.reason
    assert "Try: run.limit(cost=None).resume()" in repr(run)
    assert "cost $0.50 and 1 answer not known of $100.00" in repr(run)
    assert run.limit(cost=None).resume().status == "completed"


def test_without_a_limit_on_cost_an_unknown_one_pauses_nothing() -> None:
    run = of(lambda task, _: ask(task, cost=None), calls=10).run(ROW)
    assert run.status == "completed"


# --- what counts ---


def test_failed_attempts_count() -> None:
    def fails(task: str, context: dict[str, Any]) -> str:
        ask(task)
        raise ValueError(task)

    run = of(fails, calls=2, tasks=5).run(plan_of(a=[]))
    assert run.status == "failed"
    run.retry("a")
    assert run.state.spent.calls == 2
    run.retry("a")
    assert (run.status, run.state.spent.tasks) == ("paused", 3)
    assert "model calls: 2 of 2" in run.reason


def test_what_was_undone_and_removed_counts() -> None:
    run = team(cost=1.0).debug(ROW)
    run.step()
    start = run.history[0]
    run.rewind(start)
    assert statuses(run)["a"] == "pending"
    run.step()
    assert run.state.spent.cost == 2 * COST
    for id in ("d", "c", "b"):
        run.remove(id)
    run.add(Task("e", "more", "x"))
    check(run.resume())
    assert "cost: $1.00 of $1.00" in run.reason
    assert run.metrics["total_cost"] == run.state.spent.cost


def test_a_fork_begins_with_what_its_run_has_used() -> None:
    run = team(calls=3).debug(ROW)
    run.step()
    run.step()
    other = run.fork()
    assert other.limits == run.limits
    assert check(other.resume()).state.spent.calls == 3
    assert (other.status, statuses(other)["c"]) == ("paused", "completed")
    assert run.resume().state.spent.calls == 3
    other.limit(calls=4).resume()
    assert (other.status, run.status) == ("completed", "paused")


def test_attempts_that_were_interrupted_count() -> None:
    run = check(team(calls=1, tasks=3).run(ROW))
    assert run.state.spent.tasks == 2
    run.resume()
    assert run.state.spent.tasks == 3
    run.limit(calls=100).resume()
    assert "attempts: 3 of 3 used" in run.reason


def test_answers_without_a_question_count_as_calls() -> None:
    def tells(task: str, context: dict[str, Any]) -> str:
        current.get().answered("mine", 1, 1, 0.1, cost=0.0)
        return task

    run = check(of(tells, calls=2).run(ROW))
    assert (run.status, run.state.spent.calls) == ("completed", 4)


def test_after_answers_without_a_question_no_question_is_one_too_many() -> None:
    def tells_then_asks(task: str, context: dict[str, Any]) -> str:
        for _ in range(2):
            current.get().answered("mine", 1, 1, 0.1, cost=0.0)
        return ask(task)

    run = check(of(tells_then_asks, calls=2).run(ROW))
    assert (run.status, statuses(run)["a"]) == ("paused", "pending")


def test_questions_side_by_side_are_each_answered() -> None:
    def two(task: str, context: dict[str, Any]) -> str:
        reporter = current.get()
        for _ in range(2):
            reporter.asked("mine", [], simulated=False)
        for _ in range(2):
            reporter.answered("mine", 1, 1, 0.1, cost=0.0)
        return task

    run = check(of(two).run(plan_of(a=[])))
    assert run.state.spent.calls == len(run["a"].attempts[0].calls) == 2
    assert run.state.spent.tokens == 4


def test_a_run_built_again_from_its_records_stands_at_the_same_wall() -> None:
    run = team(calls=2, cost=9).run(ROW)
    records = [encode(event) for event in run.history]
    old = run._engine
    engine = background.ask(
        lambda: Engine(
            decode_all(records), old.assignments, old.settings, copy_context()
        )
    )
    again = Run(engine)
    assert (again.state.spent, again.limits) == (run.state.spent, run.limits)
    again.resume()
    assert (again.status, again.state.spent.calls) == ("paused", 2)
    assert check(again.limit(calls=4).resume()).result == "do d"


# --- changing them ---


def test_limits_are_in_the_history() -> None:
    run = team(calls=1).run(ROW)
    run.limit(tasks=9)
    created, *_, changed = run.history
    assert isinstance(created, e.RunCreated)
    assert created.limits == Limits(calls=1)
    assert isinstance(changed, e.LimitsChanged)
    assert run.limits == replay(run.history).limits == Limits(calls=1, tasks=9)


def test_limits_that_change_nothing_are_no_event() -> None:
    run = team(calls=1).run(ROW)
    before = len(run.history)
    run.limit(calls=1)
    assert len(run.history) == before


def test_a_moment_of_the_past_has_the_limits_of_then() -> None:
    run = team(calls=1).run(ROW)
    run.limit(calls=5).resume()
    assert run.at("a").limits == Limits(calls=1)
    assert run.rewind("a").limits == Limits(calls=5)


def test_a_run_that_is_running_goes_on_under_its_new_limits() -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(task: str, context: dict[str, Any]) -> str:
        reached.set()
        go_on.wait(20)
        return task

    run = of(slow, tasks=1).start(ROW)
    assert reached.wait(20)
    run.limit(tasks=4)
    go_on.set()
    assert check(run.wait()).status == "completed"


def test_limits_raised_before_a_refused_attempt_is_back_let_it_start_again() -> None:
    refused, go_on = asyncio.Event(), asyncio.Event()
    arrived = threading.Event()

    async def lingers(task: str, context: dict[str, Any]) -> str:
        try:
            return ask(task)
        except LimitReachedError:
            refused.set()
            arrived.set()
            await go_on.wait()
            raise

    run = of(lingers, calls=0).start(plan_of(a=[]))
    assert arrived.wait(20)
    run.limit(calls=1)
    run._engine._loop.call_soon_threadsafe(go_on.set)
    assert check(run.wait()).status == "completed"
    assert len(run["a"].attempts) == 2


def test_time_can_be_limited_while_a_run_is_running() -> None:
    begun = threading.Event()

    async def endless(task: str, context: dict[str, Any]) -> None:
        begun.set()
        await asyncio.Event().wait()

    run = of(endless).start(plan_of(a=[]))
    assert begun.wait(20)
    run.limit(seconds=0.01)
    assert check(run.wait(20)).status == "paused"
    assert statuses(run) == {"a": "pending"}


def test_time_that_is_up_while_a_goal_is_planned_stops_its_first_task() -> None:
    model = ScriptedModel(lambda request: plan_of(a=[]), delay=0.05)
    run = Orchestrator([agent_of(plainly)], model, limits=Limits(seconds=0.01))
    paused = check(run.run("do it"))
    assert (paused.status, "a" in paused.plan) == ("paused", True)
    assert paused["a"].attempts == ()
    assert paused.limit(seconds=600).resume().status == "completed"


def test_time_that_is_up_does_not_take_a_task_from_who_steps_it() -> None:
    run = of(lambda task, context: time.sleep(0.05) or task, seconds=0.01).debug(ROW)
    assert run.step(inline=True)["a"].result == "do a"
    assert "limit on time" in run.resume().reason


def test_limits_can_be_lowered_below_what_is_used() -> None:
    run = team().debug(ROW)
    run.step()
    run.limit(calls=0, tasks=0).resume()
    assert (run.status, statuses(run)["a"]) == ("paused", "completed")
    assert "attempts: 1 of 0 used" in run.reason


def test_a_wrong_limit_changes_nothing() -> None:
    run = team(calls=1).run(ROW)
    before = run.state.copy()
    with pytest.raises(ValueError, match="cost must be a number from 0 to"):
        run.limit(calls=5, cost=-1)
    assert run.state == before


@pytest.mark.parametrize("name", ["tasks", "calls", "tokens", "cost", "seconds"])
@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), True, "5", [1], 10**16], ids=repr
)
def test_a_limit_is_a_number_from_0_up(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a "):
        Limits(**{name: value})


@pytest.mark.parametrize("name", ["tasks", "calls", "tokens", "repeats"])
def test_what_counts_things_is_a_whole_number(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number"):
        Limits(**{name: 1.5})


def test_a_team_takes_limits_and_nothing_else() -> None:
    with pytest.raises(TypeError, match=r"limits must be Limits\(...\) or None"):
        Orchestrator([agent_of(plainly)], limits={"calls": 1})  # type: ignore[arg-type]


# --- how it is said ---


def test_what_is_used_of_what_is_said_everywhere() -> None:
    run = team(cost=1.5, calls=10).debug(ROW)
    run.step()
    assert "model calls 1 of 10 · cost $0.50 of $1.50" in repr(run)
    assert "cost $0.50 of $1.50" in run._repr_mimebundle_()["text/html"]
    assert run.summary()["limits"] == {
        "calls": {"used": 1, "most": 10},
        "cost": {"used": 0.5, "most": 1.5},
    }
    assert "model calls 1 of 10, cost $0.50 of $1.50" in repr(run.estimate())


def test_a_run_without_limits_says_nothing_of_them() -> None:
    run = team().run(ROW)
    assert "limits" not in run.summary()
    assert " of $" not in repr(run)
    assert repr(run.limits) == "Limits()"


def test_a_plan_that_is_larger_than_the_limit_is_shown_and_stopped_at_the_wall() -> (
    None
):
    tasks = {
        "tasks": [{"id": f"t{n}", "description": "d", "agent": "x"} for n in "123"]
    }
    model = ScriptedModel(lambda request: Plan.from_dict(tasks))
    limited = Orchestrator(
        [agent_of(lambda task, context: task)], model, limits=Limits(tasks=2)
    )
    assert len(limited.plan("do it").tasks) == 3
    run = check(limited.run("do it"))
    assert (run.status, len(run.partial_results)) == ("paused", 2)
    assert "attempts: 2 of 2 used" in run.reason


def test_a_retry_at_a_wall_leaves_the_result_where_it_is() -> None:
    team = Orchestrator([Agent("x", "Is x", lambda task, context: task)])
    run = team.run(Plan([Task("a", "do a", "x")])).limit(tasks=1)
    with pytest.raises(RunStateError, match="nothing more can be started") as refused:
        run.retry("a")
    assert "run.limit(tasks=" in refused.value.__notes__[0]
    assert run["a"].result == "do a"
    assert run.limit(tasks=2).retry("a").success
