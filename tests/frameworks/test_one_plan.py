"""One plan whose tasks are done by an agent of each framework we know.

It is run by `make frameworks`, where those are installed. Each agent asks a scripted
model of its own, which its framework takes for a real one.
"""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import agents
import pydantic_ai
import pytest
import smolagents
from agents.items import ModelResponse
from agents.usage import Usage
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.prompts import ChatPromptTemplate
from langgraph.graph import END, START, MessagesState, StateGraph
from openai.types.responses import ResponseOutputMessage, ResponseOutputText
from pydantic_ai.messages import ModelResponse as PydanticResponse
from pydantic_ai.messages import TextPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.usage import RequestUsage
from smolagents.monitoring import TokenUsage

from nbagents import Agent, Limits, Orchestrator, Plan, Run, Task
from nbagents.engine import events as e
from nbagents.models import fence
from patterns.page import check, examples

INPUT, OUTPUT = 30, 4

agents.set_tracing_disabled(disabled=True)


class Wrapped(NamedTuple):
    """An agent of a framework, and what its model was asked."""

    agent: Any
    asked: list[str]


class ScriptedOfOpenAI(agents.Model):
    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    async def get_response(
        self,
        system_instructions: Any,
        input: Any,  # noqa: A002 - by this name it is given
        *args: Any,
        **more: Any,
    ) -> ModelResponse:
        (message,) = input
        self.asked.append(message["content"])
        text = ResponseOutputText(text="by openai", type="output_text", annotations=[])
        said = ResponseOutputMessage(
            id="1", content=[text], role="assistant", status="completed", type="message"
        )
        usage = Usage(requests=1, input_tokens=INPUT, output_tokens=OUTPUT)
        return ModelResponse(output=[said], usage=usage, response_id=None)

    def stream_response(self, *args: Any, **more: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


def of_openai() -> Wrapped:
    asked: list[str] = []
    model = ScriptedOfOpenAI(asked)
    return Wrapped(agents.Agent(name="o", instructions="Be brief.", model=model), asked)


def of_pydantic_ai() -> Wrapped:
    asked: list[str] = []

    def answer(messages: Any, info: Any) -> PydanticResponse:
        asked.append(str(messages[-1].parts[-1].content))
        usage = RequestUsage(input_tokens=INPUT, output_tokens=OUTPUT)
        return PydanticResponse(parts=[TextPart("by pydantic-ai")], usage=usage)

    model = FunctionModel(answer, model_name="scripted")
    return Wrapped(pydantic_ai.Agent(model, name="p", instructions="Be brief."), asked)


def chat_model(text: str, asked: list[str]) -> GenericFakeChatModel:
    class Listening(GenericFakeChatModel):
        def _generate(self, messages: Any, *args: Any, **more: Any) -> Any:
            asked.append(str(messages[-1].content))
            return super()._generate(messages, *args, **more)

    used = {
        "input_tokens": INPUT,
        "output_tokens": OUTPUT,
        "total_tokens": INPUT + OUTPUT,
    }
    named = {"model_name": "scripted"}

    def answers() -> Any:
        while True:
            yield AIMessage(text, usage_metadata=used, response_metadata=named)

    return Listening(messages=answers())


def of_langchain() -> Wrapped:
    asked: list[str] = []
    template = ChatPromptTemplate([("system", "Be brief."), ("user", "{task}")])
    chain = template | chat_model("by langchain", asked)
    return Wrapped(chain, asked)


def of_langchain_to_text() -> Wrapped:
    """Return a chain at whose end no message is left to tell what it took."""
    asked: list[str] = []
    return Wrapped(chat_model("by text", asked) | (lambda said: said.content), asked)


def of_langgraph() -> Wrapped:
    asked: list[str] = []
    model = chat_model("by langgraph", asked)

    async def answer(state: MessagesState) -> Any:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("answer", answer)
    graph.add_edge(START, "answer").add_edge("answer", END)
    return Wrapped(graph.compile(), asked)


class ScriptedOfSmolagents(smolagents.Model):
    def __init__(self, asked: list[str]) -> None:
        super().__init__(model_id="scripted")
        self.asked = asked

    def generate(self, messages: Any, **more: Any) -> smolagents.ChatMessage:
        self.asked.append(messages[-1].content[0]["text"])
        return smolagents.ChatMessage(
            role="assistant",
            content="<code>\nfinal_answer('by smolagents')\n</code>",
            token_usage=TokenUsage(input_tokens=INPUT, output_tokens=OUTPUT),
        )


def of_smolagents() -> Wrapped:
    asked: list[str] = []
    agent = smolagents.CodeAgent(
        tools=[], model=ScriptedOfSmolagents(asked), verbosity_level=0
    )
    return Wrapped(agent, asked)


MAKERS: dict[str, Callable[[], Wrapped]] = {
    "openai": of_openai,
    "pydantic-ai": of_pydantic_ai,
    "langchain": of_langchain,
    "text": of_langchain_to_text,
    "langgraph": of_langgraph,
    "smolagents": of_smolagents,
}

PLAN = Plan(
    [
        Task("facts", "find", "finder"),
        *(Task(name, f"Word it, {name}", name, ["facts"]) for name in MAKERS),
        Task("all", "join", "joiner", [*MAKERS]),
    ]
)


@pytest.fixture
def wrapped() -> dict[str, Wrapped]:
    return {name: make() for name, make in MAKERS.items()}


def team_of(wrapped: dict[str, Wrapped], **options: Any) -> Orchestrator:
    team = {
        "finder": lambda task, context: "sales rose by 3 %",
        "joiner": lambda task, context: sorted(context.values()),
    }
    mine = {name: Agent.wrap(each.agent, name=name) for name, each in wrapped.items()}
    return Orchestrator({**team, **mine}, **options)


def calls_of(run: Run) -> dict[str, tuple[int | None, int | None]]:
    return {
        each.task: (each.input_tokens, each.output_tokens)
        for each in run.history
        if isinstance(each, e.ModelAnswered)
    }


def test_each_framework_does_its_task_of_one_plan(wrapped: dict[str, Wrapped]) -> None:
    run = team_of(wrapped).run(PLAN)
    assert run.status == "completed", run
    assert run.result == sorted(f"by {name}" for name in MAKERS)


def test_each_is_given_its_task_and_the_results_in_fences(
    wrapped: dict[str, Wrapped],
) -> None:
    team_of(wrapped).run(PLAN)
    for name, each in wrapped.items():
        (prompt,) = each.asked
        assert f"Word it, {name}" in prompt
        assert fence.unfence(prompt)["facts"] == "sales rose by 3 %"


def test_each_tells_the_tokens_that_it_took(wrapped: dict[str, Wrapped]) -> None:
    run = team_of(wrapped).run(PLAN)
    assert calls_of(run) == dict.fromkeys(MAKERS, (INPUT, OUTPUT))
    assert run.metrics["total_tokens"] == len(MAKERS) * (INPUT + OUTPUT)


def test_a_limit_holds_for_them(wrapped: dict[str, Wrapped]) -> None:
    run = team_of(wrapped, limits=Limits(calls=2)).run(PLAN)
    assert run.status == "paused"
    assert sum(len(each.asked) for each in wrapped.values()) == 2


def test_a_cell_that_wraps_them_again_has_nothing_done_again(
    wrapped: dict[str, Wrapped],
) -> None:
    run = team_of(wrapped).run(PLAN)
    for name, each in wrapped.items():
        run.replace(Agent.wrap(each.agent, name=name))
    run.resume()
    assert {name: len(each.asked) for name, each in wrapped.items()} == dict.fromkeys(
        MAKERS, 1
    )


def test_a_corrected_input_has_each_do_its_task_again(
    wrapped: dict[str, Wrapped],
) -> None:
    run = team_of(wrapped).run(PLAN)
    run.edit("facts", result="sales fell").resume()
    for each in wrapped.values():
        assert fence.unfence(each.asked[-1])["facts"] == "sales fell"


def test_nbagents_itself_imports_none_of_them() -> None:
    known = {"agents", "pydantic_ai", "langchain_core", "langgraph", "smolagents"}
    wrapping = "nbagents.Agent.wrap(lambda task, context: task)"
    seen = f"print({known!r} & set(sys.modules))"
    code = f"import sys, nbagents; {wrapping}; {seen}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_the_example_on_the_page_works_too() -> None:
    # A table takes pandas, which is not in this environment.
    every, ours = (
        [one for one in examples(with_frameworks=each) if "to_dataframe" not in one]
        for each in (True, False)
    )
    assert check(every) > check(ours)
