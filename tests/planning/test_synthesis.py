"""The answer to a goal is the work of a visible last task."""

from typing import Any

import pytest

from nbagents.agents import Agent
from nbagents.errors import ModelNotConfiguredError
from nbagents.graph import Plan, Task
from nbagents.models import ChatModel, ScriptedModel, resolve
from nbagents.planning import with_synthesis


def work(task: str, context: Any) -> None: ...


TEAM = {"worker": Agent("worker", "Works", work)}
FORK = Plan(
    [
        Task("a", "Begin", "worker"),
        Task("b", "Left", "worker", ["a"]),
        Task("c", "Right", "worker", ["a"]),
    ],
    goal="Get it done",
)


@pytest.fixture
def model() -> ChatModel:
    model = resolve(ScriptedModel(lambda request: f"The answer: {request.results}"))
    assert model is not None
    return model


def test_it_depends_on_every_task_that_nothing_else_needs(model: ChatModel):
    plan, team = with_synthesis(FORK, TEAM, model)
    assert plan["answer"].dependencies == ("b", "c")
    assert plan["answer"].agent == "synthesizer"
    assert "Get it done" in plan["answer"].description
    assert plan.sinks == ["answer"]
    assert set(team) == {"worker", "synthesizer"}
    assert plan.goal == "Get it done"


def test_neither_plan_nor_team_is_changed(model: ChatModel):
    with_synthesis(FORK, TEAM, model)
    assert len(FORK) == 3
    assert set(TEAM) == {"worker"}


async def test_the_built_in_synthesizer_asks_the_model_of_the_team(model: ChatModel):
    _, team = with_synthesis(FORK, TEAM, model)
    answer = await team["synthesizer"]("Answer it", {"b": "left"})
    assert answer == "The answer: {'b': 'left'}"


def test_a_synthesizer_of_the_teams_own_is_used(model: ChatModel):
    own = {**TEAM, "synthesizer": Agent("synthesizer", "Mine", work)}
    for given in (model, None):
        plan, team = with_synthesis(FORK, own, given)
        assert team["synthesizer"] is own["synthesizer"]
        assert "answer" in plan


def test_its_id_is_one_that_is_free(model: ChatModel):
    plan = FORK.add(Task("answer", "Mine", "worker"), Task("answer_2", "x", "worker"))
    complete, _ = with_synthesis(plan, TEAM, model)
    assert complete.tasks[-1].id == "answer_3"


def test_a_plan_that_has_it_gets_no_second(model: ChatModel):
    once, team = with_synthesis(FORK, TEAM, model)
    assert with_synthesis(once, team, model)[0] == once
    # As after `team.run(run.plan)`: the task is there, its agent is not.
    plan, completed = with_synthesis(once, TEAM, model)
    assert plan == once
    assert "synthesizer" in completed


@pytest.mark.parametrize(
    "plan",
    [Plan(FORK.tasks), Plan(goal="Nothing planned yet")],
    ids=["no goal", "empty"],
)
def test_without_goal_or_tasks_there_is_nothing_to_answer(plan: Plan, model: ChatModel):
    assert with_synthesis(plan, TEAM, model) == (plan, TEAM)


def test_without_a_model_the_plan_stays_as_it_is():
    assert with_synthesis(FORK, TEAM, None) == (FORK, TEAM)


async def test_a_model_without_a_key_is_told_when_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    _, team = with_synthesis(FORK, TEAM, resolve("gpt-x"))
    with pytest.raises(ModelNotConfiguredError, match="OPENAI_API_KEY"):
        await team["synthesizer"]("Answer it", {})
