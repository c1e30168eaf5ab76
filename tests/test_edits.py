"""Changing a run by hand: what each verb does, and what it refuses, with a way out."""

import threading
import time
from collections import Counter
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Orchestrator,
    Plan,
    PlanError,
    Run,
    RunStateError,
    ScriptedModel,
    Task,
    UnknownAgentError,
    UnknownTaskError,
)
from nbagents.engine import events as e
from teams import agent_of, plan_of

PATIENCE = 20


class Team:
    """A team whose agent fails where it is told to, and counts what it does."""

    def __init__(self) -> None:
        self.ran = Counter[str]()
        self.fails: set[str] = set()
        self.orchestrator = Orchestrator(
            [agent_of(self.execute), agent_of(self.execute, "y")]
        )

    def execute(self, task: str, context: Any) -> str:
        self.ran[context.task] += 1
        if context.task in self.fails:
            message = f"{context.task} cannot"
            raise ValueError(message)
        return f"{task}({','.join(context.values())})"

    def run(self, plan: Plan | None = None) -> Run:
        run = self.orchestrator.run(plan or diamond())
        self.ran.clear()
        return run


def diamond() -> Plan:
    return plan_of(top=[], left=["top"], right=["top"], join=["left", "right"])


def statuses(run: Any) -> dict[str, str]:
    return {task.id: str(task.status) for task in run.tasks}


def said(run: Any) -> list[str]:
    return repr(run).splitlines()[1:3]


# Results.


def test_a_corrected_result_makes_what_follows_stale_and_nothing_else() -> None:
    team = Team()
    run = team.run().edit("left", result="L")
    assert statuses(run) == {
        "top": "completed",
        "left": "completed",
        "right": "completed",
        "join": "stale",
    }
    assert run.stale == {"join"}
    assert run["join"].result == "do join(do left(do top()),do right(do top()))"
    assert (run["join"].because, run["join"].reason) == ("left", "you edited 'left'")
    assert said(run) == [
        "stopped: you edited 'left'; 1 task is stale",
        "next: run.step()  run.resume()  run.cancel()",
    ]
    assert run.result is None
    assert run.resume().result == "do join(L,do right(do top()))"
    assert team.ran == {"join": 1}


def test_a_failed_task_can_be_given_its_result_and_the_run_goes_on() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run()
    assert statuses(run)["join"] == "skipped"
    run.edit("left", result="L")
    assert statuses(run)["join"] == "pending"
    assert run["left"].edited
    assert run["left"].error is None
    assert run.resume().result == "do join(L,do right(do top()))"
    assert team.ran == {"join": 1}


def test_a_result_can_be_given_before_anything_ran() -> None:
    team = Team()
    run = team.orchestrator.debug(diamond()).edit("top", result="T")
    assert run.status == "planned"
    assert run.resume().result == "do join(do left(T),do right(T))"
    assert team.ran == {"left": 1, "right": 1, "join": 1}


def test_the_last_result_of_a_finished_run_can_be_corrected() -> None:
    run = Team().run().edit("join", result="J")
    assert (run.status, run.result) == ("completed", "J")


def test_none_is_a_result_and_dots_are_not() -> None:
    run = Team().run().edit("join", result=None)
    assert run["join"].result is None
    assert run["join"].status == "completed"
    with pytest.raises(TypeError, match="in place of the dots"):
        run.edit("left", result=...)
    with pytest.raises(TypeError, match="give result=, description=, dependencies="):
        run.edit("left")


# Descriptions and dependencies.


def test_another_description_runs_the_task_and_what_follows() -> None:
    team = Team()
    run = team.run().edit("left", description="look left")
    assert run.stale == {"left", "join"}
    assert run.plan["left"].description == "look left"
    run.resume()
    assert run.result == "do join(look left(do top()),do right(do top()))"
    assert team.ran == {"left": 1, "join": 1}


def test_other_dependencies_give_the_task_other_inputs() -> None:
    team = Team()
    run = team.run().edit("join", dependencies="top").resume()
    assert run.result["join"] == "do join(do top())"
    assert team.ran == {"join": 1}


def test_a_task_that_lost_its_failed_input_runs_without_it() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run().edit("join", dependencies=["right"])
    assert statuses(run)["join"] == "pending"
    assert run.resume().status == "failed"
    assert run["join"].result == "do join(do right(do top()))"


def test_a_task_that_comes_to_need_a_failed_one_is_skipped() -> None:
    team = Team()
    team.fails.add("left")
    run = team.orchestrator.debug(diamond().add(Task("late", "late", "x")))
    run.step("top").step("left").edit("late", dependencies=["left"])
    assert statuses(run)["late"] == "skipped"
    assert run["late"].reason == "needs 'left', which failed"
    run.edit("left", result="L")
    assert statuses(run)["late"] == "pending"


def test_a_description_that_is_not_text_changes_nothing() -> None:
    run = Team().run()
    with pytest.raises(PlanError):
        run.edit("left", description=3)  # type: ignore[arg-type]
    assert run.status == "completed"


# Agents.


def better(task: str, context: Any) -> str:
    return "better"


def test_a_replaced_agent_does_its_tasks_again() -> None:
    team = Team()
    run = team.run(diamond().reassign("left", "y")).replace(Agent("y", "Y", better))
    assert run.stale == {"left", "join"}
    assert run.resume().result == "do join(better,do right(do top()))"
    assert team.ran == {"join": 1}


def test_another_agent_can_take_over_under_its_own_name() -> None:
    run = Team().run(diamond().reassign("left", "y"))
    run.replace("y", Agent("z", "Z", better)).resume()
    assert run.plan["left"].agent == "z"
    assert run["left"].attempts[-1].agent == "z"
    assert set(run.agents) == {"x", "y", "z"}


def test_an_agent_of_the_run_can_take_over_by_name() -> None:
    run = Team().run(diamond().reassign("left", "y")).replace("y", "x")
    assert {task.agent for task in run.plan} == {"x"}


def test_a_plain_function_replaces_the_agent_of_its_name() -> None:
    def y(task: str, context: Any) -> str:
        return "plain"

    run = Team().run(diamond().reassign("left", "y")).replace(y).resume()
    assert run["left"].result == "plain"


def test_tasks_that_failed_wait_for_the_better_agent() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run(diamond().reassign("left", "y")).replace(Agent("y", "Y", better))
    assert statuses(run)["left"] == "pending"
    assert run.resume().success


def test_a_language_model_that_joins_a_run_asks_the_model_of_the_team() -> None:
    def answer(request: Any) -> str:
        return request.system.upper()

    plan = plan_of("writer", one=[])
    writer = Agent.llm("writer", "Writes", system="be brief")
    run = Orchestrator([writer], ScriptedModel(answer)).run(plan)
    assert run.result == "BE BRIEF"
    run.replace(Agent.llm("writer", "Writes", system="be long"))
    assert run.resume().result == "BE LONG"
    own = Agent.llm("writer", "Writes", model=ScriptedModel(lambda request: "mine"))
    assert run.replace(own).resume().result == "mine"
    run.replace(Agent.llm("writer", "Writes", system="be long")).resume()
    same = Agent.llm("writer", "Writes", system="be long")
    before = len(run["one"].attempts)
    run.replace(same).resume()
    assert len(run["one"].attempts) == before


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        (("wrtier",), TypeError, "who is to replace 'wrtier'"),
        ((better,), UnknownAgentError, "no agent named 'better' in this run"),
        (("yy", "x"), UnknownAgentError, "Did you mean 'y'"),
        (("y", "xx"), UnknownAgentError, "no agent named 'xx'"),
        (("y", 3), AgentError, "int cannot be an agent"),
        (("y", Agent("x", "Another", better)), AgentError, "is named 'x'"),
        (("y", lambda task: task), AgentError, "its function takes"),
    ],
)
def test_what_cannot_replace_an_agent_is_refused(
    arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    run = Team().run()
    history = run.history
    with pytest.raises(error, match=words):
        run.replace(*arguments)
    assert run.history == history


# Again, without, more and less.


def test_a_retry_executes_the_task_at_once_and_stops() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run()
    team.fails.clear()
    assert "next: run.retry('left')  run.skip('left')" in repr(run)
    run.retry("left")
    assert team.ran == {"left": 1}
    assert (run.status, run.reason) == ("paused", "retried 'left'")
    assert run.resume().success


def test_a_retry_with_the_same_outcome_leaves_nothing_to_do() -> None:
    team = Team()
    run = team.run().retry("top")
    assert team.ran == {"top": 1}
    assert (run.status, run.stale) == ("completed", frozenset())
    assert run.result == "do join(do left(do top()),do right(do top()))"


def test_a_retry_may_be_another_agents_with_other_words_this_once() -> None:
    team = Team()
    run = team.run().retry("top", agent=Agent("z", "Z", lambda task, c: task.upper()))
    assert run["top"].result == "DO TOP"
    run.retry("top", agent="y", description="look up")
    assert run["top"].result == "look up()"
    assert [a.agent for a in run["top"].attempts] == ["x", "z", "y"]
    assert run["top"].attempts[-1].description == "look up"
    assert "asked: look up" in repr(run["top"])
    assert run.plan["top"] == diamond()["top"]
    run.retry("top")
    assert run["top"].result == "do top()"
    assert run.status == "completed"


def test_a_retry_that_fails_again_keeps_the_run_failed() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run().retry("left")
    assert run.status == "failed"
    assert statuses(run)["join"] == "skipped"
    assert [a.status for a in run["left"].attempts] == ["failed", "failed"]


def test_a_retry_needs_what_the_task_depends_on() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run()
    with pytest.raises(RunStateError, match="'join' still needs 'left'"):
        run.retry("join")
    assert run.status == "failed"
    assert statuses(run)["join"] == "skipped"


def test_a_skipped_task_takes_what_needs_it_with_it() -> None:
    team = Team()
    run = team.orchestrator.debug(diamond()).skip("left").resume()
    assert statuses(run)["left"] == statuses(run)["join"] == "skipped"
    assert run["left"].reason == "you skipped it"
    assert run["join"].reason == "needs 'left', which was skipped"
    assert (run.status, run.result) == ("completed", None)
    run.retry("left").resume()
    assert run.success
    assert run.result


def test_skipping_what_failed_ends_the_failure() -> None:
    team = Team()
    team.fails.add("left")
    run = team.run()
    assert run.skip("left").status == "completed"
    assert run.partial_results.keys() == {"top", "right"}


def test_a_task_can_be_added_to_a_finished_run() -> None:
    team = Team()
    run = team.run().add(Task("more", "do more", "x", ["join"]))
    assert said(run)[0] == "stopped: you added 'more'"
    run.resume()
    assert team.ran == {"more": 1}
    assert run.result.startswith("do more(do join(")


def test_a_removed_task_is_gone_and_what_it_used_is_not() -> None:
    model = ScriptedModel(lambda request: "words", price=(1.0, 1.0))
    writer = Agent.llm("writer", "Writes")
    run = Orchestrator([writer], model).run(plan_of("writer", one=[], two=[]))
    before = run.metrics
    run.remove("two")
    assert run.status == "completed"
    assert list(run.plan.dependencies) == ["one"]
    assert run.metrics["total_tokens"] == before["total_tokens"]
    assert run.metrics["total_cost"] == before["total_cost"]
    assert f"{before['total_tokens']:,} tokens" in repr(run)
    assert len(run.trace) == 2


def test_removing_what_was_left_to_do_ends_the_run() -> None:
    run = Team().run().add(Task("more", "do more", "x"))
    assert run.remove("more").status == "completed"


# What is refused.


@pytest.mark.parametrize(
    "verb, error, words, note",
    [
        (
            lambda run: run.edit("top", dependencies=["left", "join"]),
            PlanError,
            "cycle: 'top' -> ",
            "Try: run.edit('top', dependencies=[])",
        ),
        (
            lambda run: run.edit("join", dependencies=["left", "rihgt"]),
            PlanError,
            "unknown task 'rihgt'",
            "Try: run.edit('join', dependencies=['left'])",
        ),
        (
            lambda run: run.edit("lfet", result=1),
            UnknownTaskError,
            "Did you mean 'left'",
            None,
        ),
        (lambda run: run.retry("lfet"), UnknownTaskError, "Did you mean 'left'", None),
        (lambda run: run.skip("lfet"), UnknownTaskError, "Did you mean 'left'", None),
        (lambda run: run.remove("x"), UnknownTaskError, "no task named 'x'", None),
        (lambda run: run.rewind("x"), UnknownTaskError, "no task named 'x'", None),
        (
            lambda run: run.skip("top"),
            RunStateError,
            "task 'top' is completed",
            "Try: run.retry('top')  run.remove('top')",
        ),
        (
            lambda run: run.remove("left"),
            PlanError,
            "'join' depends on an unknown task 'left'",
            "Try: run.edit('join', dependencies=['right'])",
        ),
        (
            lambda run: run.add(Task("top", "", "x")),
            PlanError,
            "'top'",
            None,
        ),
        (
            lambda run: run.add(Task("new", "", "nobody")),
            PlanError,
            "unknown agent 'nobody'",
            None,
        ),
        (
            lambda run: run.retry("top", agent="nobody"),
            UnknownAgentError,
            "no agent named 'nobody'",
            None,
        ),
        (
            lambda run: run.rewind(e.RunStarted(1.0)),
            ValueError,
            "did not happen in this run",
            None,
        ),
    ],
    ids=range(13),
)
def test_an_illegal_edit_names_the_way_out_and_changes_nothing(
    verb: Any, error: type[Exception], words: str, note: str | None
) -> None:
    run = Team().run()
    state, history = run.state.copy(), run.history
    with pytest.raises(error, match=words) as caught:
        verb(run)
    assert getattr(caught.value, "__notes__", [None])[0] == note
    assert run.history == history
    assert run.state == state


def test_a_task_that_is_running_cannot_be_changed_nor_what_it_was_given() -> None:
    started, release = threading.Event(), threading.Event()

    def execute(task: str, context: Any) -> str:
        if context.task == "left":
            started.set()
            release.wait(PATIENCE)
        return task

    run = Orchestrator([agent_of(execute)]).start(diamond())
    assert started.wait(PATIENCE)
    while run["right"].status != "completed":
        time.sleep(0.001)
    for verb in (
        lambda: run.edit("left", result=1),
        lambda: run.retry("left"),
        lambda: run.skip("left"),
        lambda: run.edit("top", description="else"),
        lambda: run.replace(Agent("x", "X", better)),
    ):
        with pytest.raises(RunStateError, match=r"'left'.* is running") as caught:
            verb()
        assert caught.value.__notes__ == ["Try: run.pause()"]
    run.edit("join", description="join them well")
    release.set()
    assert run.wait().result == "join them well"


# Failures as places to stop.


def test_a_run_can_stop_at_the_first_failure() -> None:
    team = Team()
    team.fails.add("left")
    run = team.orchestrator.debug(
        Plan([*plan_of(first=[]), *diamond()]).depend("right", "first")
    )
    point = run.break_on_failure()
    assert str(point) == "any failure (holds the run)"
    run.step("top").step("left")
    assert run.reason == "'left' failed"
    assert "run.retry('left')" in repr(run)
    team.fails.clear()
    run.retry("left").resume()
    assert run.success


def test_a_failure_of_one_agent_can_stop_the_run() -> None:
    team = Team()
    team.fails.add("left")
    run = team.orchestrator.debug(diamond().reassign("left", "y"))
    point = run.break_at("y", when="failure")
    assert str(point) == "failure of 'y' (holds the run)"
    run.step("top").step("left")
    assert (run.status, run.reason) == ("paused", "'left' failed")
    assert statuses(run)["right"] == "pending"


# Time and branches.


def test_going_back_loses_nothing() -> None:
    team = Team()
    run = team.orchestrator.debug(diamond()).resume()
    end = run.history[-1]
    answer, attempts = run.result, len(run.trace)
    run.rewind("top")
    assert statuses(run) == {
        "top": "completed",
        "left": "pending",
        "right": "pending",
        "join": "pending",
    }
    assert run.reason == "you went back to 'top'"
    assert len(run.trace) == attempts
    run.edit("top", result="T").resume()
    assert run.result == "do join(do left(T),do right(T))"
    run.rewind(end)
    assert (run.status, run.result) == ("completed", answer)
    assert team.ran == {"top": 1, "left": 2, "right": 2, "join": 2}


def test_going_back_brings_back_plan_and_agents() -> None:
    run = Team().run()
    start = run.history[-1]
    run.replace(Agent("x", "X", better)).add(Task("new", "new", "x")).resume()
    assert run["top"].result == "better"
    run.rewind(start)
    assert "new" not in run.plan
    assert run.retry("top")["top"].result == "do top()"
    run.rewind("new")
    assert run.retry("new")["new"].result == "better"


def test_a_moment_can_be_gone_back_to() -> None:
    run = Team().run()
    assert run.rewind(run.at("top")).partial_results.keys() == {"top"}


def test_a_fork_shares_what_is_done_and_goes_its_own_way() -> None:
    team = Team()
    run = team.orchestrator.debug(diamond()).resume(until="left")
    team.ran.clear()
    other = run.fork()
    assert other.id != run.id
    assert other.state.parent == run.id
    assert other.partial_results == run.partial_results
    other.edit("left", result="L").resume()
    assert other.result == "do join(L,do right(do top()))"
    assert run.status == "paused"
    assert run.resume().result == "do join(do left(do top()),do right(do top()))"
    assert team.ran == {"right": 2, "join": 2}


def test_a_fork_of_a_running_run_waits_where_that_one_works() -> None:
    started, release = threading.Event(), threading.Event()

    def execute(task: str, context: Any) -> str:
        started.set()
        release.wait(PATIENCE)
        return task

    run = Orchestrator([agent_of(execute)]).start(plan_of(a=[]))
    assert started.wait(PATIENCE)
    other = run.fork()
    assert (other.status, other["a"].status) == ("paused", "pending")
    assert run.status == "running"
    release.set()
    assert run.wait().success
    assert other.resume().success


def test_a_fork_has_the_agents_of_its_run_and_replaces_its_own() -> None:
    run = Team().run()
    other = run.fork().replace(Agent("x", "X", better)).resume()
    assert other.result == "better"
    assert run.retry("top")["top"].result == "do top()"


# Before it is spent.


def test_an_estimate_is_made_of_the_runs_own_figures() -> None:
    model = ScriptedModel(lambda request: "word " * 20, price=(10.0, 100.0))
    writer = Agent.llm("writer", "Writes")
    plan = plan_of("writer", a=[], b=["a"], c=["b"])
    run = Orchestrator([writer], model).debug(plan)
    assert run.estimate().unknown == ("a", "b", "c")
    run.resume(until="a")
    known = run.estimate()
    assert (known.tasks, known.unknown) == (("b", "c"), ())
    assert known.tokens == 2 * run["a"].tokens
    run.resume().edit("b", result="short")
    estimate = run.estimate()
    assert estimate.tasks == ("c",)
    assert estimate.tokens == run["c"].tokens
    assert estimate.cost == run["c"].cost
    assert estimate.seconds == run["c"].duration_seconds
    assert str(estimate).startswith("1 task will run · about ")
    before = run.metrics["total_tokens"]
    run.resume()
    assert run.metrics["total_tokens"] > before
    assert run.estimate().tasks == ()


def test_a_step_at_a_task_that_would_come_out_the_same_executes_nothing() -> None:
    team = Team()
    run = team.run().edit("left", result="L").edit("top", description="do it")
    run.edit("left", result="do left(do top())").edit("top", description="do top")
    assert run.stale == {"top", "left", "right", "join"}
    run.step("top")
    assert not team.ran
    assert run.status == "completed"
    run.edit("left", result="L").edit("right", description="look")
    run.edit("left", result="do left(do top())").step("right")
    assert team.ran == {"right": 1}


def test_a_result_by_hand_below_one_in_doubt_stays_when_that_comes_out_the_same() -> (
    None
):
    team = Team()
    run = team.run().edit("top", description="else").edit("left", result="by hand")
    run.edit("top", description="do top").resume()
    assert run["left"].result == "by hand"
    assert team.ran == {"join": 1}
    run.edit("top", description="else").resume()
    assert run["left"].result == "do left(else())"


def test_an_inline_step_where_nothing_need_be_executed_ends_the_run() -> None:
    team = Team()
    run = team.run().edit("left", result="L")
    run.edit("left", result="do left(do top())").step(inline=True)
    assert not team.ran
    assert run.status == "completed"
