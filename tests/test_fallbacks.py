"""Fallbacks: another agent takes over when the first has failed for good."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Limits,
    Orchestrator,
    Plan,
    Retry,
    Run,
    ScriptedModel,
    Task,
)
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import agent_of, check_starts, plan_of

SOON = Retry(attempts=2, first=0.01, jitter=0)


def broken(task: str, context: Any) -> str:
    raise ValueError(f"cannot {task}")


def done(task: str, context: Any) -> str:
    return f"{task}!"


def again(task: str, context: Any) -> str:
    return f"{task}, by the other"


def team(first: Callable[..., Any] = broken, **more: Any) -> Orchestrator:
    more.setdefault("fallbacks", {"x": [agent_of(done, "backup")]})
    return Orchestrator([agent_of(first)], **more)


def who(run: Run, id: str = "a") -> list[str]:
    return [attempt.agent for attempt in run[id].attempts]


def let_go(run: Run) -> str:
    """Have this kernel forget the run, as if it had ended; return its id."""
    run._engine.books.stop_recording()
    return run.id


def consistent(run: Run) -> None:
    assert replay(run.history) == run.state
    check_starts(run.history)


def test_another_agent_does_what_the_first_could_not() -> None:
    run = team().run(plan_of(a=[], b=["a"]))
    assert run.success
    assert run["b"].result == "do b!"
    assert who(run) == ["x", "backup"]
    assert [str(each.status) for each in run["a"].attempts] == ["failed", "completed"]
    assert (run["a"].agent, run["a"].by) == ("x", "backup")
    assert set(run.agents) == {"x", "backup"}
    consistent(run)


def test_a_fallback_after_a_retry_after_a_timeout() -> None:
    calls: list[str] = []

    async def first(task: str, context: Any) -> str:
        calls.append(task)
        if len(calls) == 1:
            await asyncio.Event().wait()
        raise ConnectionError("refused")

    model = ScriptedModel(lambda messages: "from a model", price=(2, 10))
    backup = Agent.llm("backup", "Writes", model=model)
    Orchestrator([backup]).run(plan_of("backup", a=[]))  # Its library is loaded.
    run = Orchestrator(
        [Agent("x", "", first)],
        task_timeout=0.5,
        retry=SOON,
        fallbacks={"x": [backup]},
    ).run(plan_of(a=[]))

    assert run.result == "from a model"
    timeout, refused, answered = run["a"].attempts
    assert [a.number for a in run["a"].attempts] == [1, 2, 3]
    assert who(run) == ["x", "x", "backup"]
    assert timeout.error is not None
    assert timeout.error.kind == "TaskTimeout"
    assert timeout.wait == 0.01
    assert refused.error is not None
    assert str(refused.error) == "ConnectionError: refused"
    assert refused.wait == 0
    assert answered.error is None
    retries = [each for each in run.history if isinstance(each, e.TaskRetried)]
    assert [each.by for each in retries] == [None, "backup"]

    trace, metrics = run.trace, run.metrics
    assert [entry["agent"] for entry in trace] == ["x", "x", "backup"]
    assert [entry["success"] for entry in trace] == [False, False, True]
    assert metrics["total_tokens"] == answered.tokens > 0
    assert metrics["total_cost"] == answered.cost > 0
    assert (metrics["tasks_completed"], metrics["tasks_failed"]) == (1, 0)
    assert sum(entry["tokens"] for entry in trace) == metrics["total_tokens"]
    text = repr(run["a"])
    assert text.index("TaskTimeout") < text.index("refused") < text.index("3. backup")
    consistent(run)


def test_each_fallback_is_tried_as_often_as_it_says_and_the_last_failure_counts() -> (
    None
):
    tries = {
        "x": Agent("x", "", broken),
        "y": Agent("y", "", broken, retry=1),
        "z": Agent("z", "", broken),
    }
    listed = {"x": ["y", "z"], "y": ["x"], "z": ["x"]}
    run = Orchestrator(tries, retry=SOON, fallbacks=listed).run(plan_of(a=[], b=["a"]))
    assert who(run) == ["x", "x", "y", "z", "z"]
    assert run.status == "failed"
    assert run["b"].status == "skipped"
    consistent(run)


@pytest.mark.parametrize("error", [SystemExit(2), NotImplementedError("not yet")])
def test_what_the_same_agent_cannot_do_differently_still_goes_to_another(
    error: BaseException,
) -> None:
    def first(task: str, context: Any) -> str:
        raise error

    run = team(first, retry=3).run(plan_of(a=[]))
    assert who(run) == ["x", "backup"]
    assert run.success


def test_a_limit_is_no_failure_and_asks_no_fallback() -> None:
    model = ScriptedModel(lambda messages: "ok")
    asks = Agent.llm("x", "Asks", model=model)
    run = Orchestrator([asks], fallbacks={"x": [done]}, limits=Limits(calls=0)).run(
        plan_of(a=[])
    )
    assert run.status == "paused"
    assert who(run) == ["x"]


def test_an_attempt_of_a_fallback_is_counted_as_any_other() -> None:
    run = team(limits=Limits(tasks=1)).run(plan_of(a=[]))
    assert run.status == "paused"
    run.limit(tasks=2).resume()
    assert run.success
    assert who(run) == ["x", "backup"]


def test_a_breakpoint_at_a_failure_holds_at_the_last_one_only() -> None:
    run = team().debug(plan_of(a=[], b=[]))
    run.break_on_failure()
    assert run.resume().success
    run = team(fallbacks={"x": [agent_of(broken, "worse")]}).debug(plan_of(a=[], b=[]))
    run.break_on_failure()
    run.resume()
    assert (run.status, run.reason) != ("completed", "")
    assert len(who(run)) == 2


def test_a_step_makes_one_try_and_the_next_is_anothers() -> None:
    run = team().debug(plan_of(a=[]))
    run.step()
    assert (run["a"].status, run["a"].by) == ("pending", "backup")
    run.step()
    assert run.result == "do a!"
    consistent(run)


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.edit("a", description="other"),
        lambda run: run.replace(agent_of(again)),
        lambda run: run.replace("x", agent_of(again, "y")),
        lambda run: run.retry("a"),
        lambda run: run.replace(agent_of(again, "backup")),
        lambda run: run.cancel() and run.resume(),
    ],
    ids=["edit", "replace", "other name", "retry", "replace fallback", "cancel"],
)
def test_what_a_person_changes_is_tried_by_the_first_agent_again(
    change: Callable[[Run], Any],
) -> None:
    run = team().debug(plan_of(a=[]))
    run.step()
    begun = len(who(run))
    change(run)
    if run.status == "paused" and len(who(run)) == begun:
        assert run["a"].by is None
        run.resume()
    assert who(run)[begun] != "backup"
    consistent(run)


def test_a_person_who_names_an_agent_gets_that_one_only() -> None:
    run = team(done).run(plan_of(a=[]))
    run.retry("a", agent=agent_of(broken, "worse"))
    assert who(run) == ["x", "worse"]
    assert run["a"].status == "failed"


@pytest.mark.parametrize("name, tries", [("x", ["x"]), ("backup", ["x", "backup"])])
def test_what_a_fallback_made_is_made_again_when_either_is_replaced(
    name: str, tries: list[str]
) -> None:
    run = team().run(plan_of(a=[], b=["a"]))
    run.replace(agent_of(again, name))
    assert run.stale == {"a", "b"}
    run.resume()
    assert who(run)[2:] == tries
    assert run["a"].result == "do a, by the other"
    consistent(run)


def test_a_fallback_that_is_replaced_by_one_of_another_name_stands_in_no_more() -> None:
    run = team().run(plan_of(a=[]))
    run.replace("backup", agent_of(again, "newcomer"))
    assert run["a"].status == "pending"
    run.resume()
    assert who(run)[2:] == ["x", "newcomer"]
    assert run["a"].agent == "x"


def test_what_a_fallback_made_counts_again_where_nothing_has_changed() -> None:
    run = team().run(plan_of(a=[], b=["a"]))
    run.replace(agent_of(done, "backup")).resume()
    run.edit("a", result="other").edit("a", result="do a!").resume()
    assert who(run, "b") == ["x", "backup"]
    consistent(run)


def test_after_a_change_upstream_the_first_agent_is_asked_first_again() -> None:
    run = team().run(plan_of(a=[], b=["a"]))
    run.edit("a", result="other").resume()
    assert who(run, "b") == ["x", "backup"] * 2


def test_a_run_of_before_goes_on_with_who_has_taken_over(tmp_path: Path) -> None:
    run = team(journal=tmp_path / "runs").debug(plan_of(a=[], b=["a"]))
    run.step()
    loaded = team(journal=tmp_path / "runs").load_run(let_go(run))
    assert loaded["a"].by == "backup"
    loaded.resume()
    assert loaded.success
    assert who(loaded) == ["x", "backup"]
    consistent(loaded)


def test_nothing_is_made_again_because_a_run_was_loaded(tmp_path: Path) -> None:
    run = team(journal=tmp_path / "runs").run(plan_of(a=[], b=["a"]))
    loaded = team(journal=tmp_path / "runs").load_run(let_go(run))
    assert not loaded.stale
    loaded.edit("a", result="other").edit("a", result="do a!").resume()
    assert who(loaded, "b") == ["x", "backup"]
    loaded.replace(agent_of(done, "backup")).resume()
    assert who(loaded, "b") == ["x", "backup"]


def test_after_a_restart_a_fallback_that_is_another_makes_it_again(
    tmp_path: Path,
) -> None:
    id = let_go(team(journal=tmp_path / "runs").run(plan_of(a=[])))
    other = {"x": [agent_of(again, "backup")]}
    loaded = team(journal=tmp_path / "runs", fallbacks=other).load_run(id)
    assert loaded.stale == {"a"}
    assert "'backup' has changed" in loaded.reason


def test_a_run_of_before_says_who_is_missing(tmp_path: Path) -> None:
    id = let_go(team(journal=tmp_path / "runs").run(plan_of(a=[])))
    with pytest.raises(AgentError, match="'backup' took over task 'a'"):
        team(journal=tmp_path / "runs", fallbacks=None).load_run(id)


def test_a_fork_and_a_rewind_have_who_has_taken_over() -> None:
    run = team().debug(plan_of(a=[], b=["a"]))
    run.step()
    moment = run.history[-1]
    fork = run.fork()
    assert fork["a"].by == "backup"
    assert fork.resume().success
    run.resume().rewind(moment)
    assert run["a"].by == "backup"
    assert run.resume().success
    consistent(run)
    consistent(fork)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"z": [done]}, "'z' that the team has not"),
        ({"x": ["backu"]}, r"'backu' that the team has not .*Did you mean 'backup'"),
        ({"x": ["x"]}, "'x' cannot take over from itself"),
        ({"x": ["backup", "backup"]}, "more than once"),
        ({"x": [3]}, "cannot be an agent"),
        ([done], "must be a dict"),
        ({"x": [agent_of(done, "backup")]}, "as another agent is"),
    ],
)
def test_fallbacks_that_cannot_be_are_refused_at_once(given: Any, words: str) -> None:
    agents = [agent_of(broken), agent_of(again, "backup")]
    with pytest.raises(AgentError, match=words):
        Orchestrator(agents, fallbacks=given)


def test_a_plan_has_no_tasks_for_who_only_takes_over() -> None:
    with pytest.raises(ValueError, match="backup"):
        team().run(Plan([Task("a", "", "backup")]))


def test_a_task_says_who_did_it_and_for_whom() -> None:
    run = team().run(plan_of(a=[]))
    html = run["a"]._repr_mimebundle_()["text/html"]
    for shown in (repr(run["a"]), html):
        assert "backup for x" in shown
        assert "next try at once" in shown
