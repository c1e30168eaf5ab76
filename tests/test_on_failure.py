"""What a run does when a task has failed for good: go on, stop, ask, answer in part."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, Task
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import agent_of, check_starts, plan_of

FORK = plan_of(bad=[], child=["bad"], good=[], after=["good"])


def execute(task: str, context: Any) -> str:
    if "bad" in task:
        raise ValueError("no luck")
    return f"{task}!"


def team(on_failure: Any, **more: Any) -> Orchestrator:
    more.setdefault("max_parallel", 1)
    return Orchestrator([agent_of(execute)], on_failure=on_failure, **more)


def states(run: Run) -> dict[str, str]:
    return {task.id: str(task.status) for task in run.tasks}


def consistent(run: Run) -> None:
    assert replay(run.history) == run.state
    check_starts(run.history)


def let_go(run: Run) -> str:
    """Have this kernel forget the run, as if it had ended; return its id."""
    run._engine.books.stop_recording()
    return run.id


def test_a_word_that_is_none_names_those_that_are() -> None:
    with pytest.raises(
        ValueError, match=r"'continue', 'stop', 'ask', 'partial'.*'stop'"
    ):
        team("stopp")


def test_a_run_that_stops_at_a_failure_skips_what_had_not_started() -> None:
    run = team("stop").run(FORK)
    assert run.status == "failed"
    assert states(run) == {
        "bad": "failed",
        "child": "skipped",
        "good": "skipped",
        "after": "skipped",
    }
    assert "'bad'" in run["good"].reason
    assert "stops at a failure" in run["good"].reason
    assert run["good"].because == "bad"
    consistent(run)


def test_what_is_at_work_at_a_failure_finishes_and_is_not_tried_again() -> None:
    begun, calls = asyncio.Event(), []

    async def work(task: str, context: Any) -> str:
        calls.append(context.task)
        if context.task == "good":
            begun.set()
            await asyncio.sleep(0)
            await failed.wait()
            return "done"
        await begun.wait()
        raise NotImplementedError("never")

    failed = asyncio.Event()
    run = Orchestrator([agent_of(work)], on_failure="stop", retry=3).debug(FORK)
    run.subscribe(lambda event: isinstance(event, e.TaskFailed) and failed.set())
    run.resume()
    assert states(run)["good"] == "completed"
    assert states(run)["after"] == "skipped"
    assert run.status == "failed"
    consistent(run)


def test_a_run_that_stopped_goes_on_when_what_failed_is_repaired() -> None:
    run = team("stop").run(FORK)
    run.edit("bad", description="mended")
    assert states(run)["good"] == "pending"
    assert run.resume().success
    consistent(run)


def test_a_run_that_stopped_goes_on_without_what_a_person_skips() -> None:
    run = team("stop").run(FORK)
    run.edit("good", result="by hand")
    assert states(run)["after"] == "skipped"
    run.skip("bad").resume()
    assert states(run)["after"] == "completed"
    assert run.success


def test_a_person_may_still_execute_one_task_of_a_run_that_stopped() -> None:
    run = team("stop").run(FORK)
    run.retry("good")
    assert states(run)["good"] == "completed"
    assert states(run)["after"] == "skipped"
    assert run.status == "failed"


def test_after_a_restart_it_is_the_team_that_says_what_a_failure_does(
    tmp_path: Path,
) -> None:
    run = team("stop", journal=tmp_path / "runs").run(FORK)
    loaded = team("continue", journal=tmp_path / "runs").load_run(let_go(run))
    loaded.edit("bad", description="still bad").resume()
    assert states(loaded)["after"] == "completed"
    assert loaded.status == "failed"


def test_a_run_that_asks_pauses_at_a_failure_and_says_what_to_type() -> None:
    run = team("ask").run(FORK)
    assert run.status == "paused"
    assert states(run)["after"] == "pending"
    assert "'bad' failed (ValueError: no luck)" in run.reason
    for verb in ("retry('bad')", "edit('bad'", "replace(", "skip('bad')", "resume()"):
        assert f"run.{verb}" in run.reason
    run.resume()
    assert run.status == "failed"
    assert states(run)["after"] == "completed"
    consistent(run)


def test_it_asks_as_well_where_nothing_else_is_left_to_do() -> None:
    run = team("ask").run(Plan([Task("a", "fine", "x"), Task("b", "bad", "x", ["a"])]))
    assert run.status == "paused"
    assert "run.skip('b')" in run.reason
    run.edit("b", result="by hand")
    assert run.success
    run = team("ask").run(Plan([Task("b", "bad", "x")]))
    assert run.status == "paused"
    assert run.resume().status == "failed"
    run = team("ask").run(Plan([Task("b", "bad", "x"), Task("c", "c", "x", ["b"])]))
    assert run.status == "paused"
    assert run.skip("b").status == "completed"


def test_a_failure_that_is_tried_again_asks_nobody() -> None:
    calls: list[str] = []

    def flaky(task: str, context: Any) -> str:
        calls.append(task)
        if len(calls) == 1:
            raise ValueError("once")
        return task

    agents = [agent_of(flaky)]
    assert Orchestrator(agents, on_failure="ask", retry=2).run(plan_of(a=[])).success
    calls.clear()
    backup = {"x": [agent_of(execute, "backup")]}
    run = Orchestrator(agents, on_failure="ask", fallbacks=backup).run(plan_of(a=[]))
    assert run.success


def test_a_partial_answer_is_made_of_what_could_be_completed() -> None:
    run = team("partial").run(FORK)
    assert run.status == "failed"
    assert not run.success
    answer = run["partial answer"]
    assert answer.status == "completed"
    assert answer.dependencies == ("after",)
    assert run.result == answer.result
    assert "1 of 4 tasks failed: 'bad'" in run.result
    assert "- child: do child" in run.result
    assert "do after!" in run.result
    summary = run.summary()
    assert summary["note"] == "1 of 4 tasks failed: 'bad'"
    assert summary["result"] == run.result
    assert summary["partial_results"]["after"] == "do after!"
    assert run.reason == "1 of 4 failed"
    consistent(run)


def test_a_model_words_the_partial_answer_from_fenced_results() -> None:
    asked: list[Any] = []

    def reply(messages: Any) -> str:
        asked.append(messages)
        return "in part"

    run = team("partial", model=ScriptedModel(reply)).run(FORK)
    assert run.result == "in part"
    system, user = (
        each["content"]
        for each in run["partial answer"].attempts[-1].calls[-1].messages
    )
    assert "partial" in system
    assert "do after!" in user.split("<data", 1)[1]
    assert run.metrics["total_tokens"] > 0


@pytest.mark.parametrize(
    "plan", [plan_of(bad=[], child=["bad"]), plan_of(good=[])], ids=["none", "all"]
)
def test_without_a_part_there_is_no_partial_answer(plan: Plan) -> None:
    run = team("partial").run(plan)
    assert "partial answer" not in run.plan
    assert run.result == (None if "bad" in run.plan else "do good!")
    assert "note" not in run.summary()


def test_a_partial_answer_is_stepped_as_any_other() -> None:
    run = team("partial").debug(FORK)
    for _ in range(3):
        run.step()
    assert run.status == "paused"
    assert states(run)["partial answer"] == "pending"
    assert run.result is None
    run.step()
    assert run.status == "failed"
    assert "partial" in run.result
    consistent(run)


def test_a_repair_takes_the_partial_answer_away() -> None:
    run = team("partial").run(FORK)
    run.edit("bad", description="mended").resume()
    assert run.success
    assert "partial answer" not in run.plan
    assert run.result == {"child": "do child!", "after": "do after!"}
    consistent(run)


def test_a_result_by_hand_takes_the_partial_answer_away() -> None:
    run = team("partial").run(plan_of(bad=[], good=[]))
    run.edit("bad", result="by hand")
    assert run.success
    assert "partial answer" not in run.plan
    consistent(run)


def test_a_retry_that_fails_again_makes_the_partial_answer_anew() -> None:
    run = team("partial").run(FORK)
    run.retry("bad")
    assert run.status in {"paused", "failed"}
    if run.status == "paused":
        run.resume()
    assert run.status == "failed"
    assert "partial" in run.result
    assert states(run)["partial answer"] == "completed"
    consistent(run)


def test_a_run_with_a_partial_answer_comes_back(tmp_path: Path) -> None:
    run = team("partial", journal=tmp_path / "runs").run(FORK)
    result = run.result
    loaded = team("continue", journal=tmp_path / "runs").load_run(let_go(run))
    assert loaded.result == result
    assert not loaded.stale
    loaded.edit("bad", description="mended").resume()
    assert loaded.success
    assert "partial answer" not in loaded.plan


def test_a_goal_that_fails_in_part_is_answered_in_part() -> None:
    plan = Plan([Task("bad", "bad", "x"), Task("good", "fine", "x")], goal="Know it")
    run = team("partial", model=ScriptedModel(lambda messages: "in part")).run(plan)
    assert states(run)["answer"] == "skipped"
    assert run.result == "in part"


def test_a_team_may_have_a_writer_of_its_own() -> None:
    writer = Agent("partial answer", "", lambda task, context: sorted(context))
    run = Orchestrator([agent_of(execute), writer], on_failure="partial").run(FORK)
    assert run.result == ["after"]
