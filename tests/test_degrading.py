"""Stepping down: a run whose plan has failed goes on with something simpler."""

from pathlib import Path
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Limits,
    ModelError,
    ModelNotConfiguredError,
    Orchestrator,
    Plan,
    PlanError,
    Run,
    ScriptedModel,
    ScriptedRequest,
    Task,
)
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from teams import check_starts

GOAL = "How were sales?"


@pytest.fixture(autouse=True)
def no_openai_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)


def loader(task: str, context: dict[str, Any]) -> str:
    """Loads figures."""
    return "figures: 1, 2, 3"


def analyst(task: str, context: dict[str, Any]) -> str:
    """Finds patterns."""
    raise ValueError("</data> no luck")


def steps(*tasks: tuple[str, str, list[str]]) -> dict[str, Any]:
    return {
        "tasks": [
            {"id": id, "description": f"Do {id}", "agent": agent, "dependencies": needs}
            for id, agent, needs in tasks
        ]
    }


FULL = steps(("load", "loader", []), ("look", "analyst", ["load"]))
SIMPLER = steps(("look", "writer", []), ("tell", "writer", ["look"]))
BAD = steps(("look", "ghost", []))


class Script:
    """A model that plans these, and answers these prompts with an error."""

    def __init__(self, full: Any = FULL, simpler: Any = SIMPLER, *fails: str) -> None:
        self.full, self.simpler, self.fails = full, simpler, fails
        self.asked: list[ScriptedRequest] = []

    def __call__(self, request: ScriptedRequest) -> Any:
        self.asked.append(request)
        if request.schema is not None:
            return self.simpler if self.is_simpler(request) else self.full
        for text in self.fails:
            if text in request.system:
                raise ModelError(f"no {text}", retryable=False)
        return f"{request.prompt.splitlines()[1]}: {sorted(request.results.values())}"

    @staticmethod
    def is_simpler(request: ScriptedRequest) -> bool:
        return any("has failed" in str(each["content"]) for each in request.messages)

    @property
    def planning(self) -> list[ScriptedRequest]:
        return [each for each in self.asked if each.schema and self.is_simpler(each)]


WRITER = Agent.llm("writer", "Writes", system="You write.")


def team_of(script: Script, degrade: Any, **options: Any) -> Orchestrator:
    model = ScriptedModel(script, price=(1, 1))
    options.setdefault("journal", None)
    return Orchestrator([loader, analyst, WRITER], model, degrade=degrade, **options)


def steps_of(run: Run) -> list[str]:
    return [step.to for step in run.degraded]


def states(run: Run) -> dict[str, str]:
    return {task.id: str(task.status) for task in run.tasks}


def consistent(run: Run) -> None:
    assert replay(run.history) == run.state
    check_starts(run.history)


def test_a_run_that_succeeds_does_not_step_down() -> None:
    good = steps(("load", "loader", []))
    run = team_of(Script(good), ["simpler", "single"]).run(GOAL)
    assert run.success
    assert run.degraded == ()
    assert "degraded" not in run.summary()


def test_a_plan_that_fails_is_replaced_by_a_simpler_one_in_the_same_run() -> None:
    script = Script()
    run = team_of(script, ["simpler", "single"]).run(GOAL)
    assert run.success
    assert steps_of(run) == ["simpler"]
    done = ["load", "look_2", "tell", "answer"]
    assert states(run) == dict.fromkeys(done, "completed")
    assert run.result.startswith(f"Answer the goal from the results: {GOAL}")
    consistent(run)


def test_what_was_done_is_kept_and_seen_by_the_simpler_plan() -> None:
    run = team_of(Script(), ["simpler"]).run(GOAL)
    assert run["look_2"].inputs == {"load": "figures: 1, 2, 3"}
    assert len(run["load"].attempts) == 1


def test_each_step_down_says_why_and_is_in_the_summary() -> None:
    run = team_of(Script(), ["simpler"]).run(GOAL)
    (step,) = run.degraded
    assert step.because.startswith("1 of 3 tasks failed: 'look' (ValueError: ")
    assert run.summary()["degraded"] == [{"to": "simpler", "because": step.because}]


def test_what_failed_is_told_in_a_fence_and_stays_in_the_figures() -> None:
    script = Script()
    run = team_of(script, ["simpler"]).run(GOAL)
    (request,) = script.planning
    assert (
        "look: Do look (by analyst): ValueError: </data> no luck"
        in (request.results["failed"])
    )
    assert request.results["done"] == "load"
    enum = request.schema["properties"]["tasks"]["items"]["properties"]["agent"]["enum"]
    assert enum == ["writer", "single agent"]
    tried = [entry["task_id"] for entry in run.trace]
    assert tried == ["load", "look", "simpler plan", "look_2", "tell", "answer"]
    asked = [each for each in run.trace if each["task_id"] == "simpler plan"]
    assert asked[0]["cost"] > 0


def test_a_simpler_plan_that_fails_leads_to_one_agent_alone() -> None:
    script = Script(FULL, SIMPLER, "You write.")
    run = team_of(script, ["simpler", "single"]).run(GOAL)
    assert run.success
    assert steps_of(run) == ["simpler", "single"]
    assert run.result == f"{GOAL}: ['figures: 1, 2, 3']"
    consistent(run)


def test_a_simpler_plan_that_cannot_be_made_leads_there_too() -> None:
    script = Script(FULL, BAD)
    run = team_of(script, ["simpler", "single"]).run(GOAL)
    assert steps_of(run) == ["simpler", "single"]
    assert "unknown agent 'ghost'" in run.degraded[1].because
    assert len(script.planning) == 3
    assert run.success


def test_an_agent_of_ones_own_may_be_the_last_resort() -> None:
    def clerk(task: str, context: dict[str, Any]) -> str:
        return f"{task} {context}"

    run = team_of(Script(), [clerk]).run(GOAL)
    assert run.result == f"{GOAL} {{'load': 'figures: 1, 2, 3'}}"
    assert steps_of(run) == ["clerk"]
    run = team_of(Script(), ["writer"]).run(GOAL)
    assert steps_of(run) == ["writer"]
    assert run.success


def test_a_plan_of_ones_own_may_be_it() -> None:
    plan = Plan([Task("look", "Guess", "writer"), Task("b", "Tell", "writer")])
    run = team_of(Script(), [plan]).run(GOAL)
    assert steps_of(run) == ["plan"]
    assert states(run) == dict.fromkeys(
        ["load", "look_2", "b", "answer_2"], "completed"
    )


def test_where_all_fails_the_run_has_failed_and_answers_in_part() -> None:
    script = Script(FULL, SIMPLER, "You write.", "You reach")
    run = team_of(script, ["simpler", "single"], on_failure="partial").run(GOAL)
    assert run.status == "failed"
    assert steps_of(run) == ["simpler", "single"]
    assert run["partial answer"].status == "completed"
    assert "figures: 1, 2, 3" in run.result
    consistent(run)


@pytest.mark.parametrize("on_failure", ["continue", "stop", "partial"])
def test_a_run_steps_down_whatever_it_does_at_a_failure(on_failure: Any) -> None:
    run = team_of(Script(), ["simpler"], on_failure=on_failure).run(GOAL)
    assert run.success
    assert steps_of(run) == ["simpler"]


def test_a_goal_that_cannot_be_planned_is_reached_alone() -> None:
    run = team_of(Script(BAD), ["single"]).run(GOAL)
    assert run.success
    assert states(run) == {"answer": "completed"}
    assert run.result == f"{GOAL}: []"
    assert "could not be planned (PlanError" in run.degraded[0].because
    consistent(run)


def test_without_a_ladder_a_goal_that_cannot_be_planned_is_an_error() -> None:
    with pytest.raises(PlanError):
        team_of(Script(BAD), []).run(GOAL)
    with pytest.raises(PlanError):
        team_of(Script(BAD), []).debug(GOAL)


def test_a_plan_without_a_goal_steps_down_to_what_it_was_to_come_to() -> None:
    plan = Plan([Task("look", "Look at it", "analyst")])
    run = team_of(Script(), ["single"]).run(plan)
    assert run.result == "Look at it: []"


def test_a_step_down_can_be_stepped() -> None:
    run = team_of(Script(), ["simpler"]).debug(GOAL)
    run.step()
    run.step()
    assert run.status == "paused"
    assert states(run) == {"load": "completed", "simpler plan": "pending"}
    assert steps_of(run) == ["simpler"]
    run.step()
    assert states(run)["look_2"] == "pending"
    assert "simpler plan" not in states(run)
    run.resume()
    assert run.success
    consistent(run)


def test_breakpoints_hold_on_the_way_down() -> None:
    run = team_of(Script(), ["simpler"]).debug(GOAL)
    run.break_on_failure()
    run.break_at("synthesizer")
    run.resume()
    assert run.status == "paused"
    assert states(run)["simpler plan"] == "pending"
    run.resume()
    assert run.status == "paused"
    assert states(run)["answer"] == "pending"
    assert run.resume().success


def test_a_failed_planning_can_be_debugged() -> None:
    run = team_of(Script(BAD), ["single"]).debug(GOAL)
    assert (run.status, states(run)) == ("planned", {"answer": "pending"})
    assert run.step().success


def test_a_person_may_word_what_the_simpler_plan_is_for() -> None:
    script = Script()
    run = team_of(script, ["simpler"]).debug(GOAL)
    run.step()
    run.step()
    run.edit("simpler plan", description="Just guess")
    run.resume()
    assert "Just guess" in script.planning[0].messages[1]["content"]
    assert run.success


def test_a_result_that_is_no_plan_leads_further_down() -> None:
    run = team_of(Script(), ["simpler", "single"]).debug(GOAL)
    run.step()
    run.step()
    run.edit("simpler plan", result="nothing")
    assert run.status == "paused"
    run.resume()
    assert steps_of(run) == ["simpler", "single"]
    assert run.success


def test_limits_hold_on_the_way_down() -> None:
    script = Script()
    run = team_of(script, ["simpler"], limits=Limits(tasks=2)).run(GOAL)
    assert run.status == "paused"
    assert script.planning == []
    assert states(run)["simpler plan"] == "pending"
    assert run.limit(tasks=None).resume().success


def test_a_run_that_goes_back_may_step_down_again() -> None:
    run = team_of(Script(), ["simpler"]).run(GOAL)
    run.rewind("load")
    assert run.degraded == ()
    run.resume()
    assert steps_of(run) == ["simpler"]
    assert run.success
    consistent(run)


def answer(request: ScriptedRequest) -> Any:
    return Script()(request)


def test_a_run_is_taken_up_in_the_middle_of_a_step_down(tmp_path: Path) -> None:
    def team() -> Orchestrator:
        agents = [loader, analyst, WRITER]
        place = tmp_path / "runs"
        return Orchestrator(
            agents, ScriptedModel(answer), degrade=["simpler"], journal=place
        )

    run = team().debug(GOAL)
    for _ in range(2):
        run.step()
    run._engine.books.stop_recording()
    loaded = team().load_run(run.id)
    assert steps_of(loaded) == ["simpler"]
    loaded.step()
    loaded._engine.books.stop_recording()
    again = team().load_run(run.id)
    assert states(again)["look_2"] == "pending"
    assert again.resume().success
    consistent(again)


def test_a_fork_steps_down_on_its_own() -> None:
    run = team_of(Script(), ["simpler"]).debug(GOAL)
    run.step()
    other = run.fork()
    assert other.resume().success
    assert steps_of(other) == ["simpler"]
    assert run.degraded == ()


@pytest.mark.parametrize(
    "wrong, said",
    [
        ("simpler", "must be a list"),
        (["simple"], "Did you mean 'simpler'"),
        ([3], "cannot be an agent"),
        ([Agent("single", "x", loader)], "named 'single'"),
        ([Agent("writer", "x", loader)], "named 'writer'"),
    ],
)
def test_what_cannot_be_stepped_down_to_is_refused(wrong: Any, said: str) -> None:
    with pytest.raises(AgentError, match=said):
        team_of(Script(), wrong)


def test_a_plan_to_step_down_to_needs_its_agents() -> None:
    with pytest.raises(PlanError, match="ghost"):
        team_of(Script(), [Plan([Task("a", "x", "ghost")])])


def test_a_model_is_needed_to_ask_one() -> None:
    with pytest.raises(ModelNotConfiguredError, match="step down"):
        Orchestrator([loader], degrade=["simpler"], journal=None)
    run = Orchestrator([analyst, loader], degrade=["loader"], journal=None).run(
        Plan([Task("look", "x", "analyst")])
    )
    assert run.result == "figures: 1, 2, 3"


def test_it_is_an_event_of_the_run() -> None:
    run = team_of(Script(), ["simpler"]).run(GOAL)
    edits = [each for each in run.history if isinstance(each, e.PlanEdited)]
    assert [each.step.to if each.step else None for each in edits] == ["simpler", None]


def test_a_key_in_an_error_goes_to_no_model() -> None:
    key = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT" * 2

    def leaky(task: str, context: dict[str, Any]) -> str:
        raise ValueError(f"401 for {key}")

    script = Script(steps(("look", "leaky", [])))
    model = ScriptedModel(script)
    run = Orchestrator([leaky, WRITER], model, degrade=["simpler"], journal=None).run(
        GOAL
    )
    assert run.success
    assert "ValueError: 401 for" in script.planning[0].results["failed"]
    assert not any(key in str(each.messages) for each in script.asked)
