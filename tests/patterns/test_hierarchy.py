"""Hierarchy: teams by name, led by a model or one after the other."""

import json
from typing import Any

import pytest

from nbagents import (
    Agent,
    AgentError,
    Hierarchy,
    Limits,
    Orchestrator,
    Plan,
    ScriptedModel,
    Task,
)


def say(task: str, context: dict[str, Any]) -> str:
    """Says what it was asked, and what it was given."""
    return f"{task}({', '.join(map(str, context.values()))})"


def asked_of(task: str, context: dict[str, Any]) -> Plan:
    """Return a plan of one task, with all that the phase was given."""
    given = " and ".join(context.values())
    return Plan([Task("only", f"{task} from {given or 'nothing'}", "say")])


def team() -> Orchestrator:
    return Orchestrator([say], plan=asked_of)


def test_without_a_model_the_teams_do_a_phase_each_in_order() -> None:
    run = Hierarchy({"research": team(), "development": team()}).run("boats")
    assert run["research"].result == "boats from nothing()"
    assert run.result == "boats from boats from nothing()()"
    assert [len(run.inner(id)) for id in ("research", "development")] == [1, 1]


def test_the_plan_can_be_looked_at_before() -> None:
    plan = Hierarchy({"research": team(), "development": team()}).plan("boats")
    assert dict(plan.dependencies) == {"research": (), "development": ("research",)}
    assert plan["development"].description == "boats"


def test_with_a_model_the_tasks_go_to_the_teams() -> None:
    def answer(request: Any) -> Any:
        if request.schema is None:
            return "all in all"
        assert "development" in json.dumps(request.results)
        task = {"id": "build", "description": "build", "agent": "development"}
        return {"tasks": [{**task, "dependencies": []}]}

    teams = {"research": team(), "development": team()}
    run = Hierarchy(teams, ScriptedModel(answer)).run("boats")
    assert run.result == "all in all"
    assert run["build"].result == "build from nothing()"
    assert len(run.inner("build")) == 1


def test_options_are_those_of_a_team() -> None:
    hierarchy = Hierarchy({"research": team(), "more": team()}, limits=Limits(tasks=1))
    run = hierarchy.run("boats")
    assert (run.status, run["more"].status) == ("paused", "pending")
    assert hierarchy.last_run is run
    assert repr(hierarchy) == "Hierarchy([research, more])"
    assert list(hierarchy.agents) == ["research", "more"]


def test_a_phase_is_stepped_into() -> None:
    run = Hierarchy({"research": team(), "development": team()}).debug("boats")
    run.step("research", into=True)
    [inner] = run.inner("research")
    assert inner["only"].status == "pending"
    inner.step()
    run.wait()
    assert run["research"].status == "completed"
    assert run["development"].status == "pending"


def test_a_team_may_be_a_hierarchy_in_turn() -> None:
    lower = Hierarchy({"dig": team(), "sift": team()})
    upper = Hierarchy({"research": lower, "tell": say})
    run = upper.run("ore")
    assert run.result == "ore(ore from ore from nothing()())"
    [inner] = run.inner("research")
    assert [task.id for task in inner.tasks] == ["dig", "sift"]


async def test_it_is_started_and_awaited() -> None:
    run = Hierarchy({"research": team()}).start("boats")
    await run
    assert run.result == "boats from nothing()"


@pytest.mark.parametrize("teams", [{}, [], "text", [say], {"x": 3}])
def test_what_is_no_teams_by_name_is_an_error(teams: Any) -> None:
    with pytest.raises(AgentError):
        Hierarchy(teams)


@pytest.mark.parametrize("text, error", [("", ValueError), (3, TypeError)])
def test_a_goal_is_text(text: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Hierarchy({"say": Agent("say", "Says", say)}).run(text)
