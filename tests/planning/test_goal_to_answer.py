"""A goal, through openai and a server on loopback, to its answer."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from models.fake_server import FakeServer, Say, completion, failure, serving
from nbagents import Agent, ModelError, Orchestrator, PlanError, agent

PLAN = {
    "tasks": [
        {
            "id": "count",
            "description": "Count the words",
            "agent": "counter",
            "dependencies": [],
        },
        {
            "id": "tell",
            "description": "Tell how many",
            "agent": "writer",
            "dependencies": ["count"],
        },
    ]
}


@agent
def counter(task: str, context: dict[str, Any]) -> int:
    """Counts words."""
    return len(task.split())


WRITER = Agent.llm("writer", "Writes reports", temperature=0)


def answer(request: dict[str, Any]) -> Say:
    """What a good model would say: a plan where one is asked for, else words."""
    if "response_format" in request:
        return Say(body=completion(json.dumps(PLAN)))
    asked = request["messages"][-1]["content"]
    if "Tell how many" in asked:
        assert 'from="count">\n3\n' in asked
        return Say(body=completion("There are 3 words."))
    assert 'from="tell">\nThere are 3 words.\n' in asked
    return Say(body=completion("Three."))


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving(answer) as running:
        yield running


def team_at(server: FakeServer) -> Orchestrator:
    return Orchestrator([counter, WRITER], model="gpt-x", base_url=server.url)


def test_a_goal_is_planned_run_and_answered(server: FakeServer):
    run = team_at(server).run("How many words are there?")
    assert run.success
    assert run.result == "Three."
    assert [task.id for task in run.tasks] == ["count", "tell", "answer"]


def test_the_prompt_says_what_the_goal_is_and_goes_with_its_parameters(
    server: FakeServer,
):
    team_at(server).run("How many words are there?")
    planned, told, answered = server.requests
    agents = planned["response_format"]["json_schema"]["schema"]["properties"]["tasks"]
    assert agents["items"]["properties"]["agent"]["enum"] == ["counter", "writer"]
    assert told["temperature"] == 0
    for request in server.requests:
        assert "How many words are there?" in request["messages"][-1]["content"]
    assert "answer the goal" in answered["messages"][0]["content"]


def test_a_plan_can_be_made_looked_at_and_run(server: FakeServer):
    team = team_at(server)
    plan = team.plan("How many words are there?")
    assert plan.order() == ["count", "tell"]
    assert team.run(plan).result == "Three."


@pytest.mark.parametrize(
    "bad",
    [
        "Let me think.",
        json.dumps({"tasks": [{**PLAN["tasks"][0], "agent": "ghost"}]}),
        json.dumps({"tasks": [{**PLAN["tasks"][0], "dependencies": ["count"]}]}),
    ],
    ids=["no JSON", "unknown agent", "cycle"],
)
def test_a_bad_plan_is_sent_back_twice_and_then_an_error(bad: str):
    with serving(Say(body=completion(bad))) as server:
        with pytest.raises(PlanError):
            team_at(server).plan("How many words are there?")
        assert len(server.requests) == 3
        run = team_at(server).start("How many words are there?")
        with pytest.raises(PlanError):
            run.wait()
    assert len(server.requests) == 6


def test_a_model_that_fails_in_a_task_fails_that_task():
    def fail(request: dict[str, Any]) -> Say:
        return answer(request) if "response_format" in request else failure(401, "no")

    with serving(fail) as server:
        run = team_at(server).run("How many words are there?")
    assert run.tasks["count"].result == 3
    assert not run.success
    assert isinstance(run.tasks["tell"].error.exception, ModelError)
    assert "did not accept the key" in run.tasks["tell"].error.message
