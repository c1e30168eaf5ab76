"""Conditional tasks in a run: what is not needed is left out, the rest goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents import Agent, Orchestrator, Plan, Run, Task, When, load_run

REVIEWED = Plan(
    [
        Task("review", "no, REJECT", "say"),
        Task("fix", "fixed", "say", ["review"], when=When("review", contains="REJECT")),
        Task("test", "tested", "say", ["fix"]),
        Task("report", "report", "list", ["review", "fix", "test"]),
    ]
)


class Team:
    """Agents that say their task or list what they were given, and count it."""

    def __init__(self, **options: Any) -> None:
        self.done: list[str] = []
        options.setdefault("journal", None)
        agents = [Agent("say", "Says it", self.say), Agent("list", "Lists", self.list)]
        self.team = Orchestrator(agents, **options)

    def say(self, task: str, context: Mapping[str, Any]) -> str:
        self.done.append(context.task)  # type: ignore[attr-defined]
        return task

    def list(self, task: str, context: Mapping[str, Any]) -> str:
        self.done.append(context.task)  # type: ignore[attr-defined]
        return " ".join(context)


def states(run: Run) -> dict[str, str]:
    return {task.id: task.status.value for task in run.tasks}


def test_a_task_whose_condition_holds_runs() -> None:
    run = Team().team.run(REVIEWED)
    assert set(states(run).values()) == {"completed"}
    assert run.result == "review fix test"


def test_one_that_is_not_needed_is_skipped_and_the_rest_goes_on() -> None:
    run = Team().team.run(REVIEWED.describe("review", "fine"))
    assert run.success
    assert states(run) == {
        "review": "completed",
        "fix": "skipped",
        "test": "skipped",
        "report": "completed",
    }
    assert run["fix"].reason == "only when 'review' says 'REJECT'"
    assert run["test"].reason == "nothing is left of what it depends on ('fix')"
    assert run.result == "review"
    assert run.metrics["success_rate"] == 1.0
    assert run.summary()["success"]


def test_why_a_task_is_not_needed_can_be_read_both_ways() -> None:
    unless = When("review", contains="fine", negate=True)
    run = Team().team.run(
        REVIEWED.describe("review", "fine").change("fix", when=unless)
    )
    assert run["fix"].reason == "not needed when 'review' says 'fine'"


def test_a_correction_turns_it_round_and_runs_only_what_that_touches() -> None:
    team = Team()
    run = team.team.run(REVIEWED.describe("review", "fine"))
    team.done.clear()
    run.edit("review", result="please reject").resume()
    assert team.done == ["fix", "test", "report"]
    assert run.result == "review fix test"
    team.done.clear()
    run.edit("review", result="all good").resume()
    assert team.done == ["report"]
    assert states(run)["fix"] == "skipped"
    assert run.result == "review"


def test_what_comes_out_the_same_runs_nothing_again() -> None:
    team = Team()
    run = team.team.run(REVIEWED.describe("review", "fine"))
    team.done.clear()
    run.edit("review", result="fine").resume()
    assert team.done == []
    assert states(run)["report"] == "completed"


def test_a_person_has_a_task_done_that_is_not_needed() -> None:
    team = Team()
    run = team.team.run(REVIEWED.describe("review", "fine"))
    run.retry("fix")
    assert run["fix"].result == "fixed"
    run.resume()
    assert run.result == "review fix test"


def test_a_condition_is_changed_in_the_run() -> None:
    team = Team()
    run = team.team.run(REVIEWED.describe("review", "fine"))
    team.done.clear()
    run.edit("fix", when=None).resume()
    assert team.done == ["fix", "test", "report"]
    run.edit("fix", when=When("review", equals="awful")).resume()
    assert states(run)["fix"] == "skipped"
    assert run.result == "review"


def test_a_step_says_that_a_task_is_not_needed() -> None:
    run = Team().team.debug(REVIEWED.describe("review", "fine"))
    run.step()
    run.step("fix")
    assert states(run)["fix"] == "skipped"
    assert run.status == "paused"
    run.step("test")
    run.step("report")
    assert run.result == "review"


def test_inline_steps_leave_it_out_as_well() -> None:
    team = Team()
    run = team.team.debug(REVIEWED.describe("review", "fine"))
    run.step("review", inline=True)
    run.step("fix", inline=True)
    assert team.done == ["review"]
    assert states(run)["fix"] == "skipped"


def test_a_failure_is_no_condition_that_does_not_hold() -> None:
    def broken(task: str, context: Mapping[str, Any]) -> str:
        raise ValueError(task)

    agents = [Agent("say", "Fails", broken), Agent("list", "Lists", Team().list)]
    run = Orchestrator(agents, journal=None).run(REVIEWED)
    assert run.status == "failed"
    assert states(run)["report"] == "skipped"
    assert "failed" in run["fix"].reason


def test_approval_and_breakpoints_are_for_what_is_needed() -> None:
    team = Team(approve={"fix"})
    run = team.team.debug(REVIEWED.describe("review", "fine"))
    run.break_at("fix")
    run.resume()
    assert run.success


def test_it_comes_back_from_the_journal_as_it_was(tmp_path: Path) -> None:
    team = Team(journal=tmp_path / "runs.sqlite")
    run = team.team.run(REVIEWED.describe("review", "fine"))
    read = load_run(run.id, journal=tmp_path / "runs.sqlite")
    assert read.plan == run.plan
    assert read.state == run.state
    forked = run.fork()
    assert states(forked) == states(run)
    assert run.at("fix")["fix"].status == "skipped"


# Any graph, any conditions: what runs is what a sentence of this says.


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 8))
    tasks = []
    for number in range(count):
        needs = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=3)
                     if number else st.just([]))  # fmt: skip
        ids = [f"t{need}" for need in needs]
        when = None
        if ids and draw(st.booleans()):
            place, negate = draw(st.sampled_from(ids)), draw(st.booleans())
            when = When(place, contains="yes", negate=negate)
        said = draw(st.sampled_from(["yes", "no"]))
        tasks.append(Task(f"t{number}", said, "say", ids, when=when))
    return Plan(tasks)


def needed(plan: Plan, said: Mapping[str, str]) -> set[str]:
    """Return what is to run: by what its condition says, and whether any is left."""
    found: set[str] = set()
    for id in plan.order():
        task = plan[id]
        left = not task.dependencies or found.intersection(task.dependencies)
        when = task.when
        holds = when is None or (
            when.task in found and ("yes" in said[when.task]) is not when.negate
        )
        if left and holds:
            found.add(id)
    return found


@settings(max_examples=150, deadline=None)
@given(plans(), st.data())
def test_any_plan_runs_what_is_needed_and_after_an_edit_too(
    plan: Plan, data: st.DataObject
) -> None:
    team = Team()
    run = team.team.run(plan)
    for _ in range(3):
        assert run.success
        done = {id for id, state in states(run).items() if state == "completed"}
        assert done == needed(run.plan, {id: run[id].result for id in done})
        id = data.draw(st.sampled_from(sorted(done)))
        team.done.clear()
        run.edit(id, result=data.draw(st.sampled_from(["yes", "no"]))).resume()
        assert set(team.done) <= run.plan.downstream(id)
