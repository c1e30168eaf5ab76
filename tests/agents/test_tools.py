"""Tools: what a model may call, how it is told, and what comes of every call."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from nbagents import (
    Agent,
    AgentError,
    Orchestrator,
    Plan,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
    Tool,
    ToolTurnsError,
    load_run,
    report,
    tool,
)
from nbagents.engine import events as e
from nbagents.engine.fold import replay

PLAN = Plan([Task("t", "Do it", "a")])


def add(a: int, b: int = 1) -> int:
    """Adds two numbers.

    Args:
        a: The first,
            of two.
        b: The second.
    """
    return a + b


class Asking:
    """A model that makes these calls, a list for each turn, and then says what came."""

    def __init__(self, *turns: list[Any]) -> None:
        self.turns = turns
        self.requests: list[ScriptedRequest] = []

    def __call__(self, request: ScriptedRequest) -> Any:
        self.requests.append(request)
        turn = len(self.requests) - 1
        if turn < len(self.turns):
            return ScriptedReply(calls=self.turns[turn])
        return " | ".join(request.returned)


def team(model: Any, *tools: Any, **options: Any) -> Orchestrator:
    agent = Agent.llm("a", "Does it", tools=tools, **options)
    return Orchestrator([agent], model=ScriptedModel(model), journal=None)


def result_of(model: Any, *tools: Any, **options: Any) -> Any:
    run = team(model, *tools, **options).run(PLAN)
    assert run["t"].status == "completed", run["t"].error
    return run["t"].result


def test_a_model_calls_a_function_and_answers_with_what_it_returned():
    asking = Asking([("add", {"a": 2, "b": 3})])
    assert result_of(asking, add) == "5"
    first, second = asking.requests
    assert first.tools[0]["function"] == {
        "name": "add",
        "description": "Adds two numbers.",
        "parameters": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "a": {"type": "integer", "description": "The first, of two."},
                "b": {"type": "integer", "default": 1, "description": "The second."},
            },
            "required": ["a"],
        },
    }
    said, came = second.messages[-2:]
    assert said["tool_calls"][0]["function"]["name"] == "add"
    assert came == {"role": "tool", "tool_call_id": "call_1", "content": "5"}


@pytest.mark.parametrize("stream", [True, False])
def test_several_calls_of_one_turn_are_made_in_order(stream: bool):
    calls = [("add", {"a": 1}), ("add", {"a": 2}), ("add", {"a": 3})]
    assert result_of(Asking(calls, calls[:1]), add, stream=stream) == "2 | 3 | 4 | 2"


def test_what_types_a_function_says_is_what_it_gets():
    got: list[Any] = []

    def book(
        seats: int,
        where: Literal["left", "right"],
        copy: list[float],
        note: Annotated[str | None, "free"] = None,
        json: dict[str, int] | None = None,
    ) -> str:
        got.append((seats, where, copy, note, json))
        return "booked"

    call = {"seats": "4", "where": "left", "copy": [1, 2.5], "json": {"x": 1}}
    assert result_of(Asking([("book", call)]), book) == "booked"
    assert got == [(4, "left", [1.0, 2.5], None, {"x": 1})]


@pytest.mark.parametrize(
    "call, said",
    [
        (("add", {"a": "many"}), "a: Input should be a valid integer"),
        (("add", {}), "a: Field required"),
        (("add", {"a": 1, "c": 2}), "c: Extra inputs are not permitted"),
        (("add", "{broken"), "the arguments are not JSON"),
        (("add", "[1]"), "not a JSON object"),
        (("ad", {"a": 1}), "there is no tool 'ad'"),
        (("", {}), "there is no tool ''"),
    ],
)
def test_a_call_that_is_wrong_is_told_to_the_model_in_words(call: Any, said: str):
    assert said in result_of(Asking([call]), add)


def test_what_a_tool_raises_is_told_to_the_model_without_keys():
    def fetch(url: str) -> str:
        raise ConnectionError(f"no route to {url} with sk-proj-{'a1B2' * 8}")

    told = result_of(Asking([("fetch", {"url": "here"})]), fetch)
    assert "this did not work: ConnectionError: no route to here" in told
    assert "a1B2" not in told


def test_an_async_tool_is_awaited_and_a_plain_one_holds_up_nobody():
    threads: list[str] = []

    async def slow(n: int) -> int:
        await asyncio.sleep(0)
        threads.append(threading.current_thread().name)
        return n

    def plain(n: int) -> int:
        threads.append(threading.current_thread().name)
        report("from a thread")
        return -n

    turns = [("slow", {"n": 1}), ("plain", {"n": 2})]
    assert result_of(Asking(turns), slow, plain) == "1 | -2"
    assert threads[1] == "nbagents-tool" != threads[0]


def test_a_tool_that_a_timeout_leaves_behind_ends_the_task():
    begun, going = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        going.wait(30)

    agent = Agent.llm("a", "Does it", tools=[hang])
    model = ScriptedModel(Asking([("hang", {})]))
    team = Orchestrator([agent], model=model, journal=None, task_timeout=0.5)
    run = team.run(PLAN)
    going.set()
    assert begun.is_set()
    assert run["t"].status == "failed"
    assert "0.5 s" in str(run["t"].error)


def test_a_model_that_only_calls_is_stopped_by_name():
    def forever(request: ScriptedRequest) -> ScriptedReply:
        return ScriptedReply(calls=[("add", {"a": 1})])

    run = team(forever, add, max_turns=3).run(PLAN)
    assert run["t"].status == "failed"
    error = run["t"].error
    assert isinstance(error.exception, ToolTurnsError)
    assert "was asked 3 times" in str(error)
    assert len(run["t"].attempts[0].tools) == 3


def test_calls_are_events_that_replay_and_stay_in_the_journal(tmp_path: Path):
    asking = Asking([("add", {"a": 2}), ("add", {"a": "x"})])
    agent = Agent.llm("a", "Does it", tools=[add])
    file = tmp_path / "runs.sqlite"
    run = Orchestrator([agent], model=ScriptedModel(asking), journal=file).run(PLAN)
    first, second = run["t"].attempts[0].tools
    assert (first.tool, json.loads(first.arguments)) == ("add", {"a": 2})
    assert (first.result, first.failed) == ("3", False)
    assert first.seconds is not None
    assert second.failed
    again = replay(run.history).tasks["t"]
    assert again.attempts[0].tools == (first, second)
    kinds = [type(each) for each in run.history]
    assert kinds.count(e.ToolCalled) == kinds.count(e.ToolReturned) == 2
    stored = load_run(run.id, journal=file)
    assert stored["t"].attempts[0].tools == (first, second)


def test_the_inspector_shows_the_calls_with_nothing_that_acts():
    def fetch(url: str) -> str:
        return "<script>alert(1)</script>" + "x" * 50_000

    run = team(Asking([("fetch", {"url": "<b>here</b>"})]), fetch).run(PLAN)
    shown = run["t"]._repr_mimebundle_()
    page, text = shown["text/html"], shown["text/plain"]
    assert "tools · 1 call" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>here" not in page
    assert 'fetch {"url": "<b>here</b>"} → <script>alert(1)' in text


def test_a_long_result_is_cut_for_the_model():
    asking = Asking([("long", {})])

    def long() -> str:
        return "x" * 100_000

    result_of(asking, long)
    told = asking.requests[1].returned[0]
    assert len(told) <= 20_000
    assert "characters left out" in told


def test_an_agent_with_other_tools_is_another_agent():
    def other(a: int) -> int:
        return a

    def digest(*tools: Any, **options: Any) -> Any:
        run = team({"": "done"}, *tools, **options).run(PLAN)
        return next(x.digest for x in run.history if isinstance(x, e.TaskStarted))

    assert digest(add) == digest(add)
    assert len({digest(), digest(add), digest(other), digest(add, max_turns=3)}) == 4


def test_a_decorated_tool_is_still_its_function():
    @tool(name="plus", description="Adds.")
    def sum_of(a: int, b: int) -> int:
        return a + b

    assert isinstance(sum_of, Tool)
    assert sum_of(1, 2) == 3
    assert repr(sum_of) == "Tool('plus')"
    assert result_of(Asking([("plus", {"a": 1, "b": 2})]), sum_of) == "3"


@pytest.mark.parametrize(
    "tools, said",
    [
        ("search", "are a list of functions"),
        ([3], "a tool is a function, not int"),
        ([lambda x: x], "no tool can be called '<lambda>'"),
        ([add, add], "two tools called 'add'"),
        ([print], "a model gives each argument by name"),
    ],
)
def test_what_no_model_can_call_is_refused_at_once(tools: Any, said: str):
    with pytest.raises(AgentError, match=said):
        Agent.llm("a", "Does it", tools=tools)


def test_arguments_that_no_json_can_be_are_refused_at_once():
    def read(lock: threading.Lock) -> None: ...

    def spread(*words: str) -> None: ...

    with pytest.raises(AgentError, match="arguments of tool 'read' cannot be asked"):
        Agent.llm("a", "Does it", tools=[read])
    with pytest.raises(AgentError, match="takes '\\*words: str'"):
        Agent.llm("a", "Does it", tools=[spread])


def test_a_default_that_no_json_can_be_stays_with_the_function():
    def read(place: Any = Path("here")) -> str:
        return str(place)

    assert result_of(Asking([("read", {})]), read) == "here"


@pytest.mark.parametrize("turns", [0, -1, 1.5, True, "3"])
def test_turns_that_are_no_number_are_refused(turns: Any):
    with pytest.raises(AgentError, match="max_turns of agent 'a'"):
        Agent.llm("a", "Does it", tools=[add], max_turns=turns)


def test_limits_hold_between_the_turns():
    from nbagents import Limits

    agent = Agent.llm("a", "Does it", tools=[add])
    model = ScriptedModel(Asking([("add", {"a": 1})], [("add", {"a": 2})]))
    limits = Limits(calls=2)
    run = Orchestrator([agent], model=model, journal=None, limits=limits).run(PLAN)
    assert run.status == "paused"
    assert run["t"].status == "pending"
