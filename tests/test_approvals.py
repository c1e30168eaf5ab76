"""Approvals: tasks that wait for a person before they start."""

from pathlib import Path
from typing import Any

import pytest

from holding import until
from nbagents import Orchestrator, Plan, Run, RunStateError, Task, UnknownTaskError
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import agent_of, check_starts, plan_of

PLAN = Plan(
    [
        Task("draft", "do draft", "x"),
        Task("publish", "do publish", "y", ["draft"]),
        Task("after", "do after", "x", ["publish"]),
        Task("beside", "do beside", "x"),
    ]
)


def work(task: str, context: Any) -> str:
    return f"{task}!"


def team(*names: str, **more: Any) -> Orchestrator:
    agents = [agent_of(more.pop("execute", work)), agent_of(work, "y")]
    return Orchestrator(agents, approve=names, **more)


def states(run: Run) -> dict[str, str]:
    return {task.id: str(task.status) for task in run.tasks}


def consistent(run: Run) -> None:
    assert replay(run.history) == run.state
    check_starts(run.history)


@pytest.mark.parametrize("name", ["publish", "y"])
def test_a_task_waits_for_a_person_and_everything_beside_goes_on(name: str) -> None:
    run = team(name).run(PLAN)
    assert run.status == "paused"
    assert states(run) == {
        "draft": "completed",
        "publish": "pending",
        "after": "pending",
        "beside": "completed",
    }
    assert run.reason == (
        "task 'publish' waits for your approval: run.approve('publish')"
    )
    assert "run.approve('publish')" in repr(run)
    run.approve("publish")
    assert run.success
    assert run["publish"].approved
    consistent(run)


def test_to_resume_or_to_step_is_no_approval() -> None:
    run = team("publish").run(PLAN)
    assert run.resume().status == "paused"
    assert states(run)["publish"] == "pending"
    for step in (lambda: run.step("publish"), lambda: run.retry("publish")):
        with pytest.raises(RunStateError, match="'publish' waits for your approval"):
            step()
    with pytest.raises(RunStateError, match="all that could start waits"):
        run.step()
    assert run.possible("publish")["step"] == "task 'publish' waits for your approval"
    assert run.possible("publish")["approve"] == ""
    assert run.possible()["approve"] == ""
    assert "still needs" in run.possible("after")["step"]
    assert run.possible("draft")["approve"] == "task 'draft' needs no approval"


def test_who_approves_without_a_name_approves_all_that_waits() -> None:
    run = team("x").run(plan_of(a=[], b=[], c=["a"]))
    assert run.reason == ("tasks 'a', 'b' wait for your approval: run.approve()")
    run.approve()
    assert states(run) == {"a": "completed", "b": "completed", "c": "pending"}
    run.approve(wait=False).wait()
    assert run.success
    with pytest.raises(RunStateError, match="no task waits for an approval"):
        run.approve()


def test_to_refuse_is_to_skip() -> None:
    run = team("publish").run(PLAN)
    run.skip("publish").resume()
    assert states(run)["after"] == "skipped"
    assert run.status == "completed"


def test_what_cannot_be_approved_says_so() -> None:
    run = team("publish").debug(PLAN)
    for id, words in [("publish", "still needs 'draft'"), ("beside", "needs no")]:
        with pytest.raises(RunStateError, match=words):
            run.approve(id)
    with pytest.raises(UnknownTaskError):
        run.approve("nothing")


def test_names_that_are_neither_are_refused_when_a_run_is_made() -> None:
    with pytest.raises(UnknownTaskError, match="Did you mean 'publish'"):
        team("publsh").run(PLAN)
    with pytest.raises(TypeError, match="names of agents or tasks"):
        Orchestrator([agent_of(work)], approve={"x": 1})
    with pytest.raises(TypeError, match="not 3"):
        Orchestrator([agent_of(work)], approve=[3])


def test_all_tries_of_a_task_need_one_approval() -> None:
    calls: list[str] = []

    def flaky(task: str, context: Any) -> str:
        calls.append(task)
        if len(calls) < 3:
            raise ValueError("not yet")
        return task

    run = team("x", execute=flaky, retry=2).run(plan_of(a=[]))
    assert run.approve("a").status == "failed"
    assert run.retry("a").success
    assert len(run["a"].attempts) == 3
    consistent(run)


def test_what_became_stale_needs_another_approval() -> None:
    run = team("publish").run(PLAN)
    run.approve()
    run.edit("draft", result="other").resume()
    assert run.status == "paused"
    assert states(run)["publish"] == "stale"
    assert "approval" in run.reason
    run.approve("publish")
    assert run.success
    assert len(run["publish"].attempts) == 2
    consistent(run)


def test_what_comes_out_the_same_needs_none() -> None:
    run = team("publish").run(PLAN)
    run.approve()
    run.edit("draft", result="other").edit("draft", result="do draft!").resume()
    assert run.success
    assert len(run["publish"].attempts) == 1


@pytest.mark.parametrize("at", ["draft", "publish"])
def test_a_change_after_the_approval_takes_it_away(at: str) -> None:
    run = team("publish").debug(PLAN)
    run.step("draft").approve("publish")
    assert run["publish"].approved
    change = {"result": "other"} if at == "draft" else {"description": "other"}
    run.edit(at, **change)
    assert not run["publish"].approved
    run.resume()
    assert states(run)["publish"] == "pending"
    consistent(run)


def test_an_approval_that_the_run_did_not_pause_for_does_not_start_it() -> None:
    run = team("publish").debug(PLAN)
    run.step("draft")
    run.approve("publish")
    assert run.status == "paused"
    assert states(run)["publish"] == "pending"
    assert run.step("publish")["publish"].status == "completed"


def test_a_run_that_went_up_to_a_task_goes_no_further_after_an_approval() -> None:
    run = team("publish").debug(PLAN)
    run.resume(until="publish").approve()
    assert states(run)["publish"] == "completed"
    assert states(run)["beside"] == "pending"


def test_a_task_is_approved_while_the_run_goes_on() -> None:
    import threading

    leave = threading.Event()

    def held(task: str, context: Any) -> str:
        assert "beside" not in task or leave.wait(20)
        return task

    run = team("publish", execute=held).start(PLAN)
    assert until(lambda: states(run)["draft"] == "completed")
    run.approve("publish")
    assert until(lambda: states(run)["publish"] == "completed")
    leave.set()
    assert run.wait().success


def test_approvals_are_recorded_and_come_back(tmp_path: Path) -> None:
    run = team("publish", journal=tmp_path / "runs").run(PLAN)
    run._engine.books.stop_recording()
    loaded = team(journal=tmp_path / "runs").load_run(run.id)
    loaded.approve()
    assert loaded.success
    approved = [each for each in loaded.history if isinstance(each, e.TaskApproved)]
    assert [each.task for each in approved] == ["publish"]
    loaded._engine.books.stop_recording()
    again = team(journal=tmp_path / "runs").load_run(run.id)
    assert again["publish"].approved
    consistent(again)


def test_a_fork_waits_as_well_and_a_rewind_takes_an_approval_back() -> None:
    run = team("publish").run(PLAN)
    moment = run.history[-1]
    fork = run.fork()
    run.approve()
    assert states(fork)["publish"] == "pending"
    run.rewind(moment).resume()
    assert states(run)["publish"] == "pending"
    assert fork.resume().status == "paused"
    assert fork.approve().success


def test_who_takes_over_may_need_an_approval() -> None:
    def fails(task: str, context: Any) -> str:
        raise ValueError("no")

    run = team("y", execute=fails, fallbacks={"x": ["y"]}).run(plan_of(a=[]))
    assert run.status == "paused"
    assert [each.agent for each in run["a"].attempts] == ["x"]
    assert run.approve("a").success


def test_a_team_says_something_of_its_runs(tmp_path: Path) -> None:
    said = {"course": "Data 8", "week": 3, "parts": ["a", None]}
    run = team(metadata=said, journal=tmp_path / "runs").run(PLAN)
    assert run.metadata == said
    assert run.summary()["metadata"] == said
    said["week"] = 4
    run.metadata["parts"].append("b")
    assert run.metadata == {"course": "Data 8", "week": 3, "parts": ["a", None]}
    run._engine.books.stop_recording()
    loaded = team(journal=tmp_path / "runs").load_run(run.id)
    assert loaded.metadata["week"] == 3
    assert team().run(PLAN).metadata == {}
    assert "metadata" not in team().run(PLAN).summary()


def test_a_key_in_metadata_is_not_shown() -> None:
    run = team(metadata={"note": "sk-proj-" + "a1B2" * 12}).run(PLAN)
    assert "a1B2" not in str(run.summary())
    assert "a1B2" not in repr(run.history[0])


@pytest.mark.parametrize(
    "said",
    [[("a", 1)], {1: "a"}, {"a": object()}, {"a": float("nan")}, {"a": (1, 2)}],
    ids=["list", "key", "object", "nan", "tuple"],
)
def test_metadata_is_json_by_name(said: Any) -> None:
    with pytest.raises(TypeError, match="metadata"):
        team(metadata=said)
