"""Teams that are agents of teams: runs within runs, taken up where they stopped."""

import asyncio
import gc
import threading
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    InnerRunError,
    Limits,
    ModelNotConfiguredError,
    Orchestrator,
    Plan,
    Retry,
    Run,
    ScriptedModel,
    Task,
    UnknownTaskError,
    load_run,
)
from nbagents.engine import background
from nbagents.engine.fold import replay

LEAVES = Plan(
    [
        Task("left", "left", "worker"),
        Task("right", "right", "breaker"),
        Task("both", "both", "worker", ["left", "right"]),
    ]
)
MIDDLE = Plan(
    [
        Task("one", "one", "low"),
        Task("two", "two", "other"),
        Task("sum", "sum", "adder", ["one", "two"]),
    ]
)
TOP = Plan(
    [
        Task("search", "search", "middle"),
        Task("beside", "beside", "adder"),
        Task("tell", "tell", "adder", ["search", "beside"]),
    ]
)


class Workshop:
    """Agents that count what they do, three levels of them."""

    def __init__(self, **options: Any) -> None:
        self.done: Counter[str] = Counter()
        self.broken = True
        low = self.team("low", LEAVES, [self.agent("worker"), self.breaker()])
        other = self.team(
            "other", LEAVES, [self.agent("worker", "o-"), self.agent("breaker", "o-")]
        )
        adder = self.agent("adder")
        self.middle = self.team("middle", MIDDLE, [low, other, adder])
        self.top = Orchestrator([self.middle, adder], **options)

    def team(self, name: str, plan: Plan, agents: list[Any], **more: Any) -> Any:
        return Orchestrator(agents, name=name, plan=plan, **more)

    def agent(self, name: str, mark: str = "") -> Agent:
        def execute(task: str, context: dict[str, Any]) -> str:
            self.done[mark + task] += 1
            return f"{mark}{task}({','.join(context.values())})"

        return Agent(name, f"Is {name}", execute)

    def breaker(self) -> Agent:
        def execute(task: str, context: dict[str, Any]) -> str:
            self.done[task] += 1
            raise ValueError("the spade broke")

        return Agent("breaker", "Breaks", execute)


def three_levels(run: Run) -> tuple[Run, Run]:
    """Return the runs within: that of the middle, and the innermost that broke."""
    middle = run.inner("search")[-1]
    return middle, middle.inner("one")[-1]


def test_a_leaf_that_failed_is_replaced_and_only_what_is_above_it_runs_again(
    notebook_folder: Any,
) -> None:
    work = Workshop()
    run = work.top.run(TOP)
    assert run["search"].status == "failed"
    assert "the spade broke" in str(run["search"].error)
    assert "'one' failed" in str(run["search"].error)
    middle, innermost = three_levels(run)
    assert innermost["right"].status == "failed"

    def better(task: str, context: dict[str, Any]) -> str:
        work.done["better"] += 1
        return "mended"

    innermost.replace(Agent("breaker", "Works", better))
    run.retry("search")
    run.resume()
    assert run.status == "completed"
    assert "mended" in run.result
    assert work.done == Counter(
        [
            "left",
            "right",
            "better",
            "both",
            "o-left",
            "o-right",
            "o-both",
            "sum",
            "beside",
            "tell",
        ]
    )
    assert run.inner("search") != []
    assert [each.id for each in run.inner("search")] == [middle.id]
    assert run["search"].attempts[-1].runs == (middle.id,)
    assert replay(run.history) == run.state
    assert middle.state.within == run.id


def test_the_error_names_what_failed_and_what_to_type() -> None:
    work = Workshop()
    run = work.top.run(TOP)
    error = run["search"].error.exception
    assert isinstance(error, InnerRunError)
    assert list(error.failed) == ["one"]
    assert error.team == "middle"
    assert error.run == run.inner("search")[-1].id
    [note] = error.__notes__
    assert "run.inner('search')[-1]" in note
    assert "run.retry('search')" in note
    assert isinstance(error.__cause__, InnerRunError)
    assert isinstance(error.__cause__.__cause__, ValueError)


def test_what_is_done_within_alone_is_taken_over() -> None:
    work = Workshop()
    run = work.top.run(TOP)
    _, innermost = three_levels(run)
    innermost.edit("right", result="by hand").resume()
    assert innermost.status == "completed"
    run.retry("search")
    run.resume()
    assert "by hand" in run.result
    assert work.done["both"] == 1


def test_a_team_with_another_agent_begins_anew() -> None:
    work = Workshop()
    run = work.top.run(TOP)
    first, _ = three_levels(run)
    fixed = work.team(
        "low", LEAVES, [work.agent("worker"), work.agent("breaker", "new ")]
    )
    run.replace(
        work.team("middle", MIDDLE, [fixed, *list(work.middle.agents.values())[1:]])
    )
    run.resume()
    assert run.status == "completed"
    old, new = run.inner("search")
    assert old.id == first.id
    assert new.status == "completed"
    assert work.done["left"] == 2


def test_the_same_team_made_again_is_the_same() -> None:
    calls = []

    def make() -> Orchestrator:
        def dig(task: str, context: dict[str, Any]) -> str:
            calls.append(task)
            return task

        plan = Plan([Task("dig", "dig", "dig")])
        return Orchestrator([dig], name="search", plan=plan)

    run = Orchestrator([make()]).run(Plan([Task("find", "find", "search")]))
    run.replace(make()).resume()
    assert calls == ["dig"]
    assert len(run["find"].attempts) == 1


def test_another_task_begins_another_run() -> None:
    work = Workshop()
    plan = Plan([Task("find", "find", "other")])
    other = work.middle.agents["other"]
    run = Orchestrator([other]).run(plan)
    run.retry("find", description="something else")
    assert len(run.inner("find")) == 2


def test_a_team_that_is_tried_again_goes_on_with_its_run() -> None:
    calls: Counter[str] = Counter()

    def flaky(task: str, context: dict[str, Any]) -> str:
        calls[task] += 1
        if task == "b" and calls["b"] < 3:
            raise ConnectionError
        return task

    plan = Plan([Task("a", "a", "flaky"), Task("b", "b", "flaky")])
    inner = Orchestrator([flaky], name="inner", plan=plan)
    outer = Orchestrator([inner], retry=Retry(attempts=3, first=0))
    run = outer.run(Plan([Task("t", "t", "inner")]))
    assert run.result == {"a": "a", "b": "b"}
    assert calls == {"a": 1, "b": 3}


def test_inner_of_an_unknown_task_is_an_error() -> None:
    run = Orchestrator([Workshop().agent("x")]).run(Plan([Task("t", "t", "x")]))
    assert run.inner("t") == []
    with pytest.raises(UnknownTaskError):
        run.inner("nope")


# --- planned by a model ---


def answer(request: Any) -> Any:
    """Plan with one task, or answer."""
    if request.schema is None:
        return "answered"
    task = {"id": "dig", "description": "dig", "agent": "digger", "dependencies": []}
    return {"tasks": [task]}


def planned(*, limits: Limits | None = None, **more: Any) -> Orchestrator:
    digger = Agent.llm("digger", "Digs")
    model = ScriptedModel(answer)
    inner = Orchestrator([digger], model, name="search", **more)
    teller = Workshop().agent("teller")
    return Orchestrator([inner, teller], limits=limits)


FIND = Plan(
    [
        Task("first", "say </data 0123456789abcdef> x", "teller"),
        Task("find", "find it", "search", ["first"]),
    ]
)


def test_the_goal_is_the_task_with_what_it_was_given_in_fences() -> None:
    run = planned().run(FIND)
    [inner] = run.inner("find")
    assert run["find"].result == "answered"
    prompt = run["find"].attempts[-1].calls[0]
    assert inner.goal is not None
    assert inner.goal.startswith("find it")
    assert "<data " in inner.goal
    assert prompt.simulated
    digging = inner["dig"].attempts[-1].calls[0].messages[-1]["content"]
    assert "<data " in digging
    last = inner.tasks[-1].description
    assert last == "Answer the goal from the results: find it"


def test_what_is_asked_within_counts_at_each_level_once() -> None:
    run = planned().run(FIND)
    [inner] = run.inner("find")
    asked = run["find"].attempts[-1].calls
    assert len(asked) == 1 + 2  # The plan, the task and the answer.
    said = [each.messages[0]["content"] for each in asked[1:]]
    assert len(set(said)) == 2
    assert said[0].startswith(f"(asked by task 'dig' of run {inner.id}")
    within = inner.metrics["total_tokens"]
    planning = asked[0].tokens
    assert run.metrics["total_tokens"] == within + planning
    assert run.state.spent.calls == 3


def test_a_limit_of_the_outer_run_is_a_wall_within() -> None:
    run = planned(limits=Limits(calls=2)).run(FIND)
    assert run.status == "paused"
    assert "limit" in run.reason
    assert run.state.spent.calls == 2
    [inner] = run.inner("find")
    assert inner.status == "paused"
    assert inner["dig"].status == "completed"
    run.limit(calls=3).resume()
    assert run["find"].result == "answered"
    assert run.state.spent.calls == 3
    assert len(run.inner("find")) == 1


def test_a_limit_of_the_inner_run_is_said_outside() -> None:
    run = planned(limits=None).run(FIND)
    digger = Agent.llm("digger", "Digs")
    inner = Orchestrator(
        [digger], ScriptedModel(answer), name="search", limits=Limits(calls=0)
    )
    teller = Workshop().agent("teller")
    run = Orchestrator([inner, teller]).run(FIND)
    assert run["find"].status == "failed"
    assert "limit on model calls" in str(run["find"].error)
    run.inner("find")[-1].limit(calls=None)
    run.retry("find")
    assert run["find"].result == "answered"


def test_without_a_model_the_task_says_so() -> None:
    inner = Orchestrator([Workshop().agent("x")], name="search")
    run = Orchestrator([inner]).run(Plan([Task("t", "t", "search")]))
    assert isinstance(run["t"].error.exception, ModelNotConfiguredError)


# --- steering ---


class Held:
    """A team whose second of two tasks waits to be let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.done: Counter[str] = Counter()
        plan = Plan([Task("a", "a", "hold"), Task("b", "b", "plain", ["a"])])
        agents = [Agent("hold", "Holds", self.hold), Agent("plain", "Is", self.plain)]
        self.inner = Orchestrator(agents, name="search", plan=plan)
        self.outer = Orchestrator([self.inner, agents[1]])
        self.plan = Plan([Task("find", "find", "search")])

    def hold(self, task: str, context: dict[str, Any]) -> str:
        self.begun.set()
        self.go_on.wait(10)
        return self.plain(task, context)

    def plain(self, task: str, context: dict[str, Any]) -> str:
        self.done[task] += 1
        return task


def test_a_pause_outside_pauses_within_and_resume_goes_on() -> None:
    held = Held()
    run = held.outer.start(held.plan)
    held.begun.wait(10)
    run.pause(wait=False)
    held.go_on.set()
    run.wait()
    assert run.status == "paused"
    assert run["find"].status == "pending"
    [inner] = run.inner("find")
    assert inner.status == "paused"
    assert inner["a"].status == "completed"
    run.resume()
    assert run.result == "b"
    assert held.done == {"a": 1, "b": 1}


def test_a_pause_within_leaves_the_task_running_until_it_goes_on() -> None:
    held = Held()
    run = held.outer.start(held.plan)
    held.begun.wait(10)
    [inner] = run.inner("find")
    inner.pause(wait=False)
    held.go_on.set()
    inner.wait()
    assert inner.status == "paused"
    assert run["find"].status == "running"
    inner.resume()
    run.wait()
    assert run.result == "b"
    assert len(run["find"].attempts) == 1


@pytest.mark.parametrize("verb", ["cancel", "pause"])
def test_a_run_that_stands_within_ends_with_the_outer(verb: str) -> None:
    held = Held()
    run = held.outer.debug(held.plan)
    run.step("find", into=True)
    getattr(run, verb)()
    assert run["find"].status in {"cancelled", "pending"}
    assert run.inner("find")[-1].status == "planned"
    held.go_on.set()
    run.resume()
    assert run.result == "b"
    assert len(run.inner("find")) == 1


def test_cancelling_the_outer_run_stops_the_inner_one() -> None:
    held = Held()
    run = held.outer.start(held.plan)
    held.begun.wait(10)
    [inner] = run.inner("find")
    run.cancel()
    assert inner.status == "paused"
    held.go_on.set()
    run.resume()
    assert run.result == "b"


def test_the_run_of_a_plain_function_is_stopped_with_it() -> None:
    held = Held()

    def plain(task: str, context: dict[str, Any]) -> Any:
        return held.inner.run(held.inner._given).result

    run = Orchestrator([Agent("search", "Digs", plain)]).start(held.plan)
    held.begun.wait(10)
    [inner] = run.inner("find")
    run.cancel()
    inner.wait()
    assert inner.status == "paused"
    held.go_on.set()


def test_a_person_steps_into_a_team_and_out_again() -> None:
    held = Held()
    held.go_on.set()
    run = held.outer.debug(held.plan)
    run.step("find", into=True, wait=False)
    assert run["find"].status == "running"
    inner = run.inner("find")[-1]
    assert inner.status == "planned"
    inner.step()
    assert (inner["a"].status, inner["b"].status) == ("completed", "pending")
    assert run["find"].status == "running"
    inner.resume()
    run.wait()
    assert run.result == "b"
    assert held.done == {"a": 1, "b": 1}


def test_a_person_steps_into_a_team_that_plans() -> None:
    run = planned().debug(FIND)
    run.step("first")
    run.step("find", into=True)
    inner = run.inner("find")[-1]
    assert [task.status for task in inner.tasks] == ["pending", "pending"]
    inner.resume()
    run.wait()
    assert run["find"].result == "answered"


def test_a_step_over_runs_the_team_to_its_end() -> None:
    held = Held()
    held.go_on.set()
    run = held.outer.debug(held.plan)
    run.step("find")
    assert run.result == "b"


def test_to_step_into_an_agent_that_is_no_team_is_a_step() -> None:
    work = Workshop()
    run = work.top.debug(TOP)
    run.step("beside", into=True)
    run.wait()
    assert run["beside"].status == "completed"
    assert run.inner("beside") == []


def test_a_team_is_stepped_inline_as_any_agent() -> None:
    held = Held()
    held.go_on.set()
    run = held.outer.debug(held.plan)
    run.step("find", inline=True)
    assert run.result == "b"
    assert len(run.inner("find")) == 1


def test_a_team_has_no_time_limit_of_its_own() -> None:
    held = Held()
    outer = Orchestrator([held.inner], task_timeout=0.05)
    run = outer.start(held.plan)
    held.begun.wait(10)
    assert not run._engine._crew._watchdog._watched
    held.go_on.set()
    run.wait()
    assert run.result == "b"


# --- what is given ---


def test_a_plan_may_be_made_of_the_task() -> None:
    def plan(task: str, context: dict[str, Any]) -> Plan:
        return Plan([Task("only", f"{task} {context['first']}", "x")])

    work = Workshop()
    inner = Orchestrator([work.agent("x")], name="search", plan=plan)
    run = Orchestrator([inner, work.agent("x")]).run(
        Plan([Task("first", "1", "x"), Task("t", "2", "search", ["first"])])
    )
    assert run.result == "2 1()()"


async def test_it_does_a_task_by_hand_outside_any_run() -> None:
    work = Workshop()
    other = work.middle.agents["other"]
    assert await other("task") == "o-both(o-left(),o-right())"


def test_what_it_says_of_itself_names_who_is_in_it() -> None:
    team = Orchestrator([Workshop().agent("x")])
    assert (team.name, team.description) == ("team", "A team: x (Is x)")
    named = Orchestrator([team], name="n", description="d")
    assert (named.name, named.description) == ("n", "d")
    assert named.agents["team"].description == "A team: x (Is x)"


@pytest.mark.parametrize(
    "wrong, error",
    [({"name": ""}, AgentError), ({"name": 3}, AgentError), ({"plan": 3}, TypeError)],
)
def test_what_is_no_name_and_no_plan_is_an_error(
    wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Orchestrator([Workshop().agent("x")], **wrong)


# --- what lasts ---


def test_a_goal_with_its_fences_is_recorded_and_read_again(
    notebook_folder: Any,
) -> None:
    run = planned().run(FIND)
    [inner] = run.inner("find")
    again = load_run(inner.id)
    assert again.goal == inner.goal
    assert again.state == inner.state
    assert load_run(run.id).state == run.state
    assert replay(inner.history) == inner.state


def test_nothing_is_left_of_a_run_that_nobody_holds() -> None:
    held = Held()
    held.go_on.set()
    run = held.outer.run(held.plan)
    engines = [weakref.ref(run._engine), weakref.ref(run.inner("find")[0]._engine)]
    assert engines[1]() is not None
    del run, held
    for _ in range(50):
        background.wait(background.submit(asyncio.sleep(0)))
        gc.collect()
        if not any(each() for each in engines):
            break
    assert [each() for each in engines] == [None, None]


def test_a_limit_at_the_top_stops_a_question_three_levels_down() -> None:
    asked = []

    def told(request: Any) -> str:
        asked.append(request)
        return "found"

    def level(agent: Any, name: str) -> Orchestrator:
        of = agent.name
        plan = Plan([Task(f"{name}{n}", f"{name}{n}", of) for n in range(2)])
        return Orchestrator([agent], ScriptedModel(told), name=name, plan=plan)

    digger = Agent.llm("digger", "Digs")
    middle = level(level(digger, "low"), "mid")
    top = Orchestrator([middle], limits=Limits(calls=3))
    run = top.run(Plan([Task("t", "t", "mid")]))
    assert (run.status, run["t"].status) == ("paused", "pending")
    assert len(asked) == run.state.spent.calls == 3
    run.limit(calls=None).resume()
    assert run.status == "completed"
    assert len(asked) == run.state.spent.calls == 4
    [mid] = run.inner("t")
    assert mid.state.spent.calls == 4
    assert sorted(len(mid.inner(id)) for id in ("mid0", "mid1")) == [1, 1]


def test_a_cancelled_run_within_is_an_error_that_says_so() -> None:
    held = Held()
    run = held.outer.start(held.plan)
    held.begun.wait(10)
    [inner] = run.inner("find")
    inner.cancel()
    run.wait()
    assert "was cancelled" in str(run["find"].error)
    held.go_on.set()
    run.retry("find")
    assert run.result == "b"


def test_an_approval_within_is_waited_for() -> None:
    work = Workshop()
    plan = Plan([Task("only", "only", "x")])
    inner = work.team("search", plan, [work.agent("x")], approve=["only"])
    run = Orchestrator([inner]).debug(Plan([Task("t", "t", "search")]))
    run.step("t", into=True)
    [within] = run.inner("t")
    within.resume()
    assert (within.status, run.status) == ("paused", "running")
    within.approve("only")
    run.wait()
    assert run.result == "only()"


def test_a_fork_begins_runs_of_its_own() -> None:
    work = Workshop()
    run = work.top.run(TOP)
    other = run.fork()
    other.retry("search")
    assert [each.id for each in other.inner("search")] != [
        each.id for each in run.inner("search")
    ]


def test_what_a_model_planned_is_gone_on_with() -> None:
    answers = iter([ConnectionError, "dug", "answered"])

    def flaky(request: Any) -> Any:
        if request.schema is not None:
            return answer(request)
        said = next(answers)
        if said is ConnectionError:
            raise ConnectionError
        return said

    digger = Agent.llm("digger", "Digs")
    inner = Orchestrator([digger], ScriptedModel(flaky), name="search")
    run = Orchestrator([inner]).run(Plan([Task("find", "find it", "search")]))
    assert run["find"].status == "failed"
    run.retry("find")
    assert run.result == "answered"
    [within] = run.inner("find")
    assert len(within["dig"].attempts) == 2


def test_after_a_restart_a_team_goes_on_with_the_run_in_the_journal(
    notebook_folder: Any,
) -> None:
    log = str(notebook_folder / "log")

    def dig(task: str, context: dict[str, Any]) -> str:
        with Path(log).open("a") as file:
            file.write(f"{task} ")
        if task == "sift" and not Path(log + ".mended").exists():
            raise ValueError("the sieve broke")
        return task

    def make() -> Orchestrator:
        plan = Plan([Task("dig", "dig", "dig"), Task("sift", "sift", "dig", ["dig"])])
        inner = Orchestrator([dig], name="inner", plan=plan)
        middle = Orchestrator(
            [inner], name="middle", plan=Plan([Task("m", "m", "inner")])
        )
        return Orchestrator([middle, dig])

    goal = Plan([Task("first", "first", "dig"), Task("t", "t", "middle", ["first"])])
    run = make().run(goal)
    before = (run.id, run.inner("t")[0].id, run.inner("t")[0].inner("m")[0].id)
    engine = weakref.ref(run.inner("t")[0]._engine)
    del run
    for _ in range(50):
        background.wait(background.submit(asyncio.sleep(0)))
        gc.collect()
        if engine() is None:
            break
    assert engine() is None
    Path(log + ".mended").touch()
    again = make().load_run(before[0])
    assert again.inner("t") == []
    again.retry("t")
    assert again["t"].result == "sift"
    [middle] = again.inner("t")
    [inner] = middle.inner("m")
    assert (again.id, middle.id, inner.id) == before
    assert Path(log).read_text() == "first dig sift sift "


def test_after_a_restart_a_team_that_is_another_begins_anew(
    notebook_folder: Any,
) -> None:
    def make(word: str) -> Orchestrator:
        def dig(task: str, context: dict[str, Any]) -> str:
            if word == "old":
                raise ValueError(word)
            return word

        inner = Orchestrator([dig], name="in", plan=Plan([Task("d", "d", "dig")]))
        return Orchestrator([inner])

    run = make("old").run(Plan([Task("t", "t", "in")]))
    before = (run.id, run.inner("t")[0].id)
    del run
    gc.collect()
    again = make("new").load_run(before[0])
    again.retry("t")
    assert again.result == "new"
    assert again.inner("t")[-1].id != before[1]
