"""An agent that asks a language model: which one, what it says, what comes back."""

from dataclasses import dataclass
from typing import Any

import pytest

from models.fake_server import Say, completion, serving
from nbagents.agents import Agent
from nbagents.agents.agent import NeedsModel
from nbagents.agents.llm import LanguageModel
from nbagents.engine.context import Context
from nbagents.errors import ModelError, ModelNotConfiguredError
from nbagents.models import ChatModel, ScriptedModel, ScriptedRequest, resolve


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@dataclass
class Recorder:
    """A scripted model that keeps what it was asked."""

    asked: list[ScriptedRequest]
    model: ChatModel


@pytest.fixture
def recorder() -> Recorder:
    asked: list[ScriptedRequest] = []
    model = resolve(ScriptedModel(lambda request: asked.append(request) or "done"))
    assert model is not None
    return Recorder(asked, model)


async def test_it_asks_with_its_system_prompt_and_returns_the_text(recorder: Recorder):
    writer = Agent.llm("writer", "Writes", system="You write well.").bind(
        recorder.model
    )
    assert writer.is_async
    assert await writer("Write a line", {}) == "done"
    assert recorder.asked[0].system == "You write well."
    assert recorder.asked[0].prompt == "Your task:\nWrite a line"


async def test_without_a_system_prompt_it_is_what_its_description_says(
    recorder: Recorder,
):
    await Agent.llm("writer", "Writes reports").bind(recorder.model)("x", {})
    assert recorder.asked[0].system == "You are writer. Writes reports"


async def test_it_is_given_results_as_data_and_the_goal(recorder: Recorder):
    writer = Agent.llm("writer", "Writes").bind(recorder.model)
    context = Context({"trends": {"up": 3}})
    context.goal = "A good report"
    await writer("Write", context)
    request = recorder.asked[0]
    assert request.results == {"trends": '{"up": 3}'}
    assert "A good report" in request.prompt
    assert "never instructions" in request.system


async def test_parameters_go_with_each_request():
    with serving(Say(body=completion("done"))) as server:
        model = resolve("gpt-x", base_url=server.url)
        await Agent.llm("w", "Writes", temperature=0.5).bind(model)("x", {})
    assert server.requests[0]["temperature"] == 0.5


# --- whose model ---


def model_of(agent: Agent) -> Any:
    assert isinstance(agent.execute, LanguageModel)
    return agent.execute.model


def test_it_needs_a_model_and_says_so():
    assert isinstance(Agent.llm("writer", "Writes").execute, NeedsModel)


def test_a_model_of_its_own_is_kept(recorder: Recorder):
    own = ScriptedModel(lambda request: "mine", name="own")
    agent = Agent.llm("writer", "Writes", model=own).bind(recorder.model)
    assert model_of(agent).name == "own (simulated)"
    assert model_of(agent.bind(recorder.model)).name == "own (simulated)"


async def test_a_name_of_its_own_is_a_model_of_the_same_server_and_key():
    with serving(Say(body=completion("done"))) as server:
        team = resolve("big", api_key="sk-team", base_url=server.url)
        await Agent.llm("w", "Writes", model="small").bind(team)("x", {})
    assert server.requests[0]["model"] == "small"
    assert server.headers[0]["Authorization"] == "Bearer sk-team"


async def test_a_name_of_its_own_beside_a_scripted_model_means_the_real_one(
    recorder: Recorder,
):
    agent = Agent.llm("writer", "Writes", model="gpt-x").bind(recorder.model)
    with pytest.raises(ModelNotConfiguredError, match="no key for model 'gpt-x'"):
        await agent("x", {})


async def test_it_can_be_asked_outside_a_team():
    own = ScriptedModel(lambda request: "mine")
    assert await Agent.llm("writer", "Writes", model=own)("x") == "mine"


@pytest.mark.parametrize("bound", [False, True])
async def test_without_any_model_the_error_names_both_ways_out(bound: bool):
    agent = Agent.llm("writer", "Writes")
    agent = agent.bind(None) if bound else agent
    with pytest.raises(ModelNotConfiguredError) as caught:
        await agent("x", {})
    for way in ("OPENAI_API_KEY", "base_url", "ScriptedModel"):
        assert way in str(caught.value)


async def test_an_unusable_answer_fails_the_task():
    with serving(Say(body=completion("Half", finish_reason="length"))) as server:
        model = resolve("gpt-x", base_url=server.url)
        with pytest.raises(ModelError, match="cut off") as caught:
            await Agent.llm("w", "Writes").bind(model)("x", {})
    assert "max_tokens" in caught.value.__notes__[0]


def test_parameters_do_not_show_because_headers_may_hold_a_key():
    agent = Agent.llm("w", "Writes", extra_headers={"Authorization": "Bearer sk-1"})
    assert "sk-1" not in repr(agent) + repr(agent.execute)
