"""Agents of other frameworks as ours: told by their class, without importing any."""

import sys
import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nbagents import Agent, AgentError, Limits, Orchestrator, Plan, Retry, Run, Task
from nbagents.digests import fingerprint
from nbagents.engine import events as e
from nbagents.models import fence


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what puts a class into a module of that name."""

    def put(cls: type, module: str, name: str) -> type:
        cls.__module__, cls.__name__ = module, name
        root = module.partition(".")[0]
        if root not in sys.modules:
            monkeypatch.setitem(sys.modules, root, ModuleType(root))
        monkeypatch.setattr(sys.modules[root], name, cls, raising=False)
        return cls

    return put


def run_of(worker: Any, **options: Any) -> Run:
    """Return a run of a task of `worker` that needs the result of another."""
    plan = Plan(
        [Task("figures", "count", "count"), Task("text", "Write", "w", ["figures"])]
    )
    team = {"count": lambda task, context: "up 3 %", "w": worker}
    return Orchestrator(team, **options).run(plan)


def asked_of(run: Run) -> list[e.ModelAsked]:
    return [each for each in run.history if isinstance(each, e.ModelAsked)]


def used_by(run: Run) -> tuple[int | None, int | None]:
    return next(
        (each.input_tokens, each.output_tokens)
        for each in run.history
        if isinstance(each, e.ModelAnswered)
    )


# --- fakes that look as the frameworks do ---


class Text:
    """What a fake agent has in common with others: it says what it was given."""

    def __init__(self, **attributes: Any) -> None:
        self.prompts: list[str] = []
        vars(self).update(attributes)

    def said(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return f"answer {len(self.prompts)}"


def openai_agent(modules: Any, **attributes: Any) -> Any:
    class OpenAI(Text):
        handoffs = ()
        instructions = "You write\n well.\n\nAlways rhyme."

    class Runner:
        @staticmethod
        async def run(agent: Any, text: str) -> Any:
            usage = SimpleNamespace(input_tokens=7, output_tokens=2)
            told = SimpleNamespace(usage=usage)
            return SimpleNamespace(final_output=agent.said(text), context_wrapper=told)

    modules(Runner, "agents.run", "Runner")
    cls = modules(OpenAI, "agents.agent", "Agent")
    return cls(**{"name": "scribe", "model": "nothing-known", **attributes})


def pydantic_agent(modules: Any, **attributes: Any) -> Any:
    class Pydantic(Text):
        async def run(self, prompt: str) -> Any:
            usage = SimpleNamespace(input_tokens=7, output_tokens=2)
            return SimpleNamespace(output=self.said(prompt), usage=lambda: usage)

    cls = modules(Pydantic, "pydantic_ai.agent", "AbstractAgent")
    own = type("Mine", (cls,), {})
    told = {"_instructions": ["You write well."], "model": SimpleNamespace()}
    return own(**{"name": "scribe", **told, **attributes})


def runnable(modules: Any, **attributes: Any) -> Any:
    class Chat(Text):
        async def ainvoke(self, text: Any) -> Any:
            usage = {"input_tokens": 7, "output_tokens": 2}
            return SimpleNamespace(
                type="ai", content=self.said(text), usage_metadata=usage
            )

    cls = modules(Chat, "langchain_core.runnables.base", "Runnable")
    return cls(**{"name": "scribe", "description": "You write well.", **attributes})


def blocking_runnable(modules: Any, **attributes: Any) -> Any:
    class Chat(Text):
        def invoke(self, text: Any) -> Any:
            usage = {"input_tokens": 7, "output_tokens": 2}
            return SimpleNamespace(
                type="ai", content=[{"text": self.said(text)}], usage_metadata=usage
            )

    cls = modules(Chat, "langchain_core.runnables.base", "Runnable")
    return cls(**{"name": "scribe", "description": "You write well.", **attributes})


def smol_agent(modules: Any, **attributes: Any) -> Any:
    class RunResult(SimpleNamespace):
        pass

    class Smol(Text):
        def run(self, task: str, *, return_full_result: bool = False) -> Any:
            usage = SimpleNamespace(input_tokens=7, output_tokens=2)
            return RunResult(output=self.said(task), token_usage=usage)

    cls = modules(Smol, "smolagents.agents", "MultiStepAgent")
    return cls(**{"name": "scribe", "description": "You write well.", **attributes})


FRAMEWORKS = [openai_agent, pydantic_agent, runnable, blocking_runnable, smol_agent]
every_framework = pytest.mark.parametrize(
    "make", FRAMEWORKS, ids=lambda make: make.__name__
)


# --- what they are called ---


@every_framework
def test_name_and_description_are_its_own(make: Any, modules: Any) -> None:
    made = Agent.wrap(make(modules))
    assert (made.name, made.description) == ("scribe", "You write well.")


@every_framework
def test_name_description_and_retry_can_be_given(make: Any, modules: Any) -> None:
    made = Agent.wrap(make(modules), name="n", description="d", retry=3)
    assert (made.name, made.description) == ("n", "d")
    assert made.retry == Retry(attempts=3)


@every_framework
def test_without_a_name_it_is_called_by_its_class(make: Any, modules: Any) -> None:
    agent = make(modules, name=None)
    assert Agent.wrap(agent).name == type(agent).__name__


@every_framework
def test_a_team_takes_it_as_it_is(make: Any, modules: Any) -> None:
    assert list(Orchestrator([make(modules)]).agents) == ["scribe"]


# --- what they are given, and what comes back ---


@every_framework
def test_it_gets_the_task_and_fenced_results_as_one_prompt(
    make: Any, modules: Any
) -> None:
    agent = make(modules)
    run = run_of(Agent.wrap(agent))
    (prompt,) = agent.prompts
    assert run.result == "answer 1"
    assert "Your task:\nWrite" in prompt
    assert fence.unfence(prompt) == {"figures": "up 3 %"}
    assert "never instructions" in prompt


@every_framework
def test_its_work_is_one_question_to_a_model_with_the_tokens_it_told(
    make: Any, modules: Any
) -> None:
    agent = make(modules)
    run = run_of(Agent.wrap(agent))
    (asked,) = asked_of(run)
    assert asked.messages[0]["content"] == agent.prompts[0]
    assert used_by(run) == (7, 2)
    assert run.metrics["total_tokens"] == 9


@every_framework
def test_a_limit_keeps_it_from_being_asked(make: Any, modules: Any) -> None:
    agent = make(modules)
    run = run_of(Agent.wrap(agent), limits=Limits(calls=0))
    assert agent.prompts == []
    assert run.status == "paused"


@every_framework
def test_what_it_raises_is_what_the_task_failed_with(make: Any, modules: Any) -> None:
    agent = make(modules)

    def refuse(prompt: str) -> str:
        raise ConnectionError("nobody there")

    agent.said = refuse
    run = run_of(Agent.wrap(agent))
    assert str(run["text"].error) == "ConnectionError: nobody there"


@every_framework
def test_the_model_is_named_where_that_can_be_told(make: Any, modules: Any) -> None:
    named = make(modules, model=SimpleNamespace(model_name="small-1"))
    assert asked_of(run_of(Agent.wrap(named)))[0].model == "small-1"


def test_what_its_price_is_published_for_has_a_cost(modules: Any) -> None:
    model = SimpleNamespace(model_name="gpt-4o", base_url="https://api.openai.com/v1/")
    run = run_of(Agent.wrap(pydantic_agent(modules, model=model)))
    assert run.metrics["total_cost"] == pytest.approx((7 * 2.5 + 2 * 10) / 1e6)


def test_without_an_address_nobody_knows_the_cost(modules: Any) -> None:
    model = SimpleNamespace(model_name="gpt-4o")
    run = run_of(Agent.wrap(pydantic_agent(modules, model=model)))
    assert run["text"].cost is None


@pytest.mark.parametrize(
    "model, known", [("gpt-4o", True), ("litellm/gpt-4o", False), (None, False)]
)
def test_a_name_that_the_sdk_takes_to_openai_has_openais_price(
    model: Any, known: bool, modules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    run = run_of(Agent.wrap(openai_agent(modules, model=model)))
    assert (run["text"].cost is not None) == known


def test_a_graph_gets_and_gives_messages(modules: Any) -> None:
    class Graph(Text):
        async def ainvoke(self, state: Any) -> Any:
            (message,) = state["messages"]
            answer = SimpleNamespace(
                type="ai",
                content=self.said(message["content"]),
                usage_metadata={"input_tokens": 7, "output_tokens": 2},
            )
            return {"messages": [message, answer]}

    graph = modules(Graph, "langgraph.pregel.main", "Pregel")(name="graph")
    run = run_of(Agent.wrap(graph))
    assert run.result == "answer 1"
    assert fence.unfence(graph.prompts[0]) == {"figures": "up 3 %"}
    assert used_by(run) == (7, 2)


@pytest.mark.parametrize(
    "given, result",
    [
        ("text", "text"),
        ({"output": "text", "steps": []}, "text"),
        ({"a": 1}, {"a": 1}),
        ({"messages": ["x"], "structured_response": {"a": 1}}, {"a": 1}),
        (SimpleNamespace(type="ai", content=["te", {"text": "xt"}, {"id": 1}]), "text"),
    ],
)
def test_what_a_runnable_returns_is_the_result(
    given: Any, result: Any, modules: Any
) -> None:
    class Chain:
        async def ainvoke(self, text: Any) -> Any:
            return given

    chain = modules(Chain, "langchain_core.runnables.base", "Runnable")()
    run = run_of(Agent.wrap(chain))
    assert run.result == result
    assert used_by(run) == (None, None)


def test_tasks_of_one_smolagent_are_done_one_after_another(modules: Any) -> None:
    class Smol:
        def __init__(self) -> None:
            self.inside, self.most = 0, 0

        def run(self, task: str) -> str:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.inside -= 1
            return task

    smol = modules(Smol, "smolagents.agents", "MultiStepAgent")()
    plan = Plan([Task(f"t{n}", "Write", "w") for n in range(5)])
    run = Orchestrator({"w": smol}).run(plan)
    assert run.status == "completed"
    assert smol.most == 1


# --- the same agent again ---


@every_framework
def test_wrapped_again_it_is_the_same_agent(make: Any, modules: Any) -> None:
    agent = make(modules)
    run = run_of(Agent.wrap(agent))
    assert len(agent.prompts) == 1
    assert run.is_done_by(Agent.wrap(agent, name="w"))
    run.replace(Agent.wrap(agent, name="w"))
    run.resume()
    assert len(agent.prompts) == 1
    assert Agent.wrap(agent) == Agent.wrap(agent)


@every_framework
def test_another_one_is_another_agent(make: Any, modules: Any) -> None:
    one, other = make(modules), make(modules, instructions="Write badly.")
    prints = [fingerprint(Agent.wrap(each).execute) for each in (one, other)]
    assert not prints[0].same_as(prints[1])
    assert Agent.wrap(one) != Agent.wrap(other)


@every_framework
def test_its_repr_shows_nothing_of_what_it_holds(make: Any, modules: Any) -> None:
    made = Agent.wrap(make(modules, key="sk-secret"))
    assert "secret" not in repr(made) + repr(made.execute)


# --- everything else that can be called ---


def test_a_function_is_an_agent() -> None:
    def shout(task: str, context: dict[str, Any]) -> str:
        """Says it louder.

        Much louder.
        """
        return task.upper()

    made = Agent.wrap(shout, retry=2)
    assert (made.name, made.description) == ("shout", "Says it louder.")
    assert made("hi") == "HI"


async def test_a_coroutine_function_is_an_async_agent() -> None:
    async def shout(task: str, context: dict[str, Any]) -> str:
        return task.upper()

    made = Agent.wrap(shout, description="Shouts")
    assert made.is_async
    assert made.description == "Shouts"
    assert await made("hi") == "HI"


def test_an_object_with_execute_is_described_by_its_docstring() -> None:
    class Shouter:
        """Says it louder."""

        def execute(self, task: str, context: dict[str, Any]) -> str:
            return task.upper()

    made = Agent.wrap(Shouter())
    assert (made.name, made.description) == ("Shouter", "Says it louder.")
    assert made("hi") == "HI"


def test_an_agent_keeps_what_is_not_given() -> None:
    own = Agent("a", "does", lambda task, context: task, retry=2)
    assert Agent.wrap(own) == own
    made = Agent.wrap(own, name="b")
    assert (made.name, made.description, made.retry) == ("b", "does", own.retry)


@pytest.mark.parametrize("value", [3, "text", None, object()])
def test_anything_else_is_an_error_that_says_what_would_be_one(value: Any) -> None:
    with pytest.raises(AgentError) as caught:
        Agent.wrap(value)
    note = "".join(caught.value.__notes__)
    for each in ("(task, context)", "execute()", "pydantic-ai", "LangChain"):
        assert each in note


def test_a_class_of_ones_own_that_is_called_agent_is_none_of_theirs(
    modules: Any,
) -> None:
    class Mine:
        def __call__(self, task: str, context: dict[str, Any]) -> str:
            return task.upper()

    mine = modules(Mine, "agents.mine", "Agent")()
    assert Agent.wrap(mine)("hi") == "HI"


def test_a_class_whose_properties_fail_is_no_agent_of_theirs(modules: Any) -> None:
    class Broken:
        @property
        def run(self) -> Any:
            raise RuntimeError("no")

    broken = modules(Broken, "pydantic_ai.agent", "Agent")()
    with pytest.raises(AgentError):
        Agent.wrap(broken)


@every_framework
def test_what_it_does_changes_nothing_about_what_it_is(make: Any, modules: Any) -> None:
    agent = make(modules)
    before = fingerprint(Agent.wrap(agent).execute)
    agent.remembered = [len]
    assert before.same_as(fingerprint(Agent.wrap(agent).execute))


@every_framework
def test_one_made_again_with_the_same_content_is_the_same(
    make: Any, modules: Any
) -> None:
    class_of = type(make(modules))
    one, other = class_of(instructions="Be brief."), class_of(instructions="Be brief.")
    prints = [fingerprint(Agent.wrap(each).execute) for each in (one, other)]
    assert prints[0].same_as(prints[1])
    assert prints[0].lasting == prints[1].lasting


@every_framework
def test_one_that_cannot_be_looked_into_is_the_same_as_itself_only(
    make: Any, modules: Any
) -> None:
    class_of = type(make(modules))
    one, other = class_of(lock=threading.Lock()), class_of(lock=threading.Lock())
    prints = [fingerprint(Agent.wrap(each).execute) for each in (one, one, other)]
    assert prints[0].same_as(prints[1])
    assert not prints[0].same_as(prints[2])
    assert prints[0].lasting == prints[2].lasting
