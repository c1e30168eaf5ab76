"""A client of one's own: its calls belong to the task that makes them."""

import asyncio
import json
import threading
from typing import Any

import openai
import pytest

import nbagents
from models.fake_server import Say, completion, events, failure, serving, streamed
from nbagents import (
    Agent,
    Limits,
    ModelNotConfiguredError,
    Orchestrator,
    Plan,
    RepeatedCallError,
    ScriptedModel,
    ScriptedReply,
    Task,
)

KEY = "sk-test-0123456789"
HELLO: Any = [{"role": "user", "content": "hello"}]
PLAN = Plan([Task("t", "Do it", "a")])
MODEL = ScriptedModel({"": ScriptedReply(text="hi there")}, price=(1.0, 2.0))


def run_of(execute: Any, **options: Any) -> Any:
    team = Orchestrator([Agent("a", "Asks", execute)], journal=None, **options)
    return team.run(PLAN)


def one_call(run: Any) -> Any:
    (call,) = run["t"].attempts[0].calls
    return call


async def test_outside_of_runs_it_just_works():
    async with nbagents.client(MODEL) as client:
        said = await client.chat.completions.create(model="m", messages=HELLO)
    assert said.choices[0].message.content == "hi there"


def test_the_calls_of_an_agent_are_counted_priced_and_told():
    async def execute(task: str, context: Any) -> Any:
        async with nbagents.client(MODEL) as client:
            said = await client.chat.completions.create(
                model="m", messages=HELLO, temperature=0
            )
        return said.choices[0].message.content

    run = run_of(execute)
    assert run["t"].result == "hi there"
    call = one_call(run)
    assert (call.model, call.simulated) == ("m", True)
    assert call.messages == (HELLO[0],)
    assert (call.input_tokens, call.output_tokens) == (2, 2)
    assert call.cost == pytest.approx(6e-6)
    assert run.metrics["total_cost"] == pytest.approx(6e-6)


def test_a_plain_function_may_ask_as_well():
    def execute(task: str, context: Any) -> Any:
        with nbagents.client(MODEL, sync=True) as client:
            said = client.chat.completions.create(model="m", messages=HELLO)
        return said.choices[0].message.content

    run = run_of(execute)
    assert run["t"].result == "hi there"
    assert one_call(run).tokens == 4


@pytest.mark.parametrize("told", [True, False])
def test_a_stream_is_counted_where_the_server_tells_its_tokens(told: bool):
    options: Any = {"stream_options": {"include_usage": True}} if told else {}

    async def execute(task: str, context: Any) -> Any:
        async with nbagents.client(MODEL) as client:
            stream = await client.chat.completions.create(
                model="m", messages=HELLO, stream=True, **options
            )
            chunks = [each async for each in stream]
        return "".join(x.choices[0].delta.content or "" for x in chunks if x.choices)

    run = run_of(execute)
    assert run["t"].result == "hi there"
    call = one_call(run)
    assert call.input_tokens == (2 if told else None)
    assert (call.cost is None) is not told
    assert call.seconds is not None


def test_a_sync_stream_is_counted_too():
    def execute(task: str, context: Any) -> Any:
        with nbagents.client(MODEL, sync=True) as client:
            stream = client.chat.completions.create(
                model="m",
                messages=HELLO,
                stream=True,
                stream_options={"include_usage": True},
            )
            return len(list(stream))

    assert one_call(run_of(execute)).tokens == 4


def test_one_client_serves_a_notebook_and_all_its_runs():
    client = nbagents.client(MODEL)

    async def execute(task: str, context: Any) -> Any:
        said = await client.chat.completions.create(model="m", messages=HELLO)
        return said.choices[0].message.content

    first, second = run_of(execute), run_of(execute)
    assert one_call(first).tokens == one_call(second).tokens == 4

    async def here() -> Any:
        async with client:
            return await execute("", {})

    assert asyncio.run(here()) == "hi there"


def test_over_a_wire_the_figures_are_those_of_the_server():
    pretty = completion("hello")
    streaming = streamed("hel", "lo")

    def answer(request: dict[str, Any]) -> Say:
        if request.get("stream"):
            return events(streaming)
        return Say(body=json.dumps(pretty, indent=2))

    with serving(answer) as server:

        async def execute(task: str, context: Any) -> None:
            url, key = server.url, KEY
            async with nbagents.client(api_key=key, base_url=url) as client:
                create: Any = client.chat.completions.create
                await create(model="m", messages=HELLO)
                async for _ in await create(model="m", messages=HELLO, stream=True):
                    pass
                raw: Any = client.chat.completions.with_raw_response
                await raw.create(model="m", messages=HELLO)

        run = run_of(execute)
    assert run["t"].status == "completed", run["t"].error
    calls = run["t"].attempts[0].calls
    assert [each.tokens for each in calls] == [10, 10, 10]
    # The price of a machine of one's own is known to nobody.
    assert [each.cost for each in calls] == [None, None, None]
    assert run.metrics["total_cost"] is None


def test_other_ways_to_ask_are_counted():
    response = {
        "id": "r",
        "object": "response",
        "model": "m-1",
        "output": [],
        "usage": {"input_tokens": 4, "output_tokens": 5, "total_tokens": 9},
    }
    vectors = {
        "object": "list",
        "model": "m-2",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    }

    def answer(request: dict[str, Any]) -> Say:
        return Say(body=vectors if "encoding_format" in request else response)

    with serving(answer) as server:

        def execute(task: str, context: Any) -> None:
            client = nbagents.client(sync=True, api_key=KEY, base_url=server.url)
            with client:
                client.responses.create(model="m", input="what now?")
                client.embeddings.create(
                    model="e", input=["a", "b"], encoding_format="float"
                )

        run = run_of(execute)
    assert run["t"].status == "completed", run["t"].error
    first, second = run["t"].attempts[0].calls
    assert (first.input_tokens, first.output_tokens) == (4, 5)
    assert first.messages == ({"role": "user", "content": "what now?"},)
    assert (second.input_tokens, second.output_tokens) == (8, 0)


@pytest.mark.parametrize("sync", [True, False])
def test_a_limit_of_the_run_holds_and_is_not_an_error_of_the_connection(sync: bool):
    asked: list[Any] = []

    async def execute(task: str, context: Any) -> Any:
        async with nbagents.client(MODEL) as client:
            for n in range(5):
                messages: Any = [{"role": "user", "content": str(n)}]
                await client.chat.completions.create(model="m", messages=messages)
                asked.append(n)

    def plainly(task: str, context: Any) -> Any:
        with nbagents.client(MODEL, sync=True) as client:
            for n in range(5):
                messages: Any = [{"role": "user", "content": str(n)}]
                client.chat.completions.create(model="m", messages=messages)
                asked.append(n)

    run = run_of(plainly if sync else execute, limits=Limits(calls=2))
    assert run.status == "paused"
    assert "2" in run.reason
    assert asked == [0, 1]
    run.cancel()


def test_asking_the_same_again_and_again_fails_the_task_by_that_name():
    async def execute(task: str, context: Any) -> Any:
        async with nbagents.client(MODEL) as client:
            while True:
                await client.chat.completions.create(model="m", messages=HELLO)

    error = run_of(execute)["t"].error
    assert isinstance(error.exception, RepeatedCallError)


def test_a_call_that_fails_is_an_error_of_openai_and_costs_nothing():
    with serving(failure(401, "bad password")) as server:

        async def execute(task: str, context: Any) -> Any:
            async with nbagents.client(api_key=KEY, base_url=server.url) as client:
                with pytest.raises(openai.AuthenticationError):
                    await client.chat.completions.create(model="m", messages=HELLO)

        run = run_of(execute)
    assert run["t"].status == "completed", run["t"].error
    assert one_call(run).seconds is None


def test_long_pictures_are_told_in_a_few_words():
    url = f"data:image/png;base64,{'A' * 100_000}"
    part = {"type": "image_url", "image_url": {"url": url}}

    async def execute(task: str, context: Any) -> Any:
        async with nbagents.client(MODEL) as client:
            messages: Any = [{"role": "user", "content": [part]}]
            await client.chat.completions.create(model="m", messages=messages)

    told = one_call(run_of(execute)).messages[0]["content"][0]["image_url"]["url"]
    assert told.startswith("data:image/png;base64,[100,022 characters, ")


def test_calls_on_threads_of_an_agent_belong_to_it():
    def execute(task: str, context: Any) -> None:
        import contextvars

        client = nbagents.client(MODEL, sync=True)
        inside = contextvars.copy_context()

        def ask() -> None:
            client.chat.completions.create(model="m", messages=HELLO)

        thread = threading.Thread(target=inside.run, args=(ask,))
        thread.start()
        thread.join()
        client.close()

    assert one_call(run_of(execute)).tokens == 4


def test_without_a_key_it_says_what_to_do():
    with pytest.raises(ModelNotConfiguredError, match="there is no key"):
        nbagents.client()
    wrong: Any = "gpt-4o"
    with pytest.raises(ModelNotConfiguredError, match="with each request, not str"):
        nbagents.client(wrong)


SHARED, SHARED_SYNC = nbagents.client(MODEL), nbagents.client(MODEL, sync=True)


@nbagents.agent
async def awaiting(task: str, context: Any) -> Any:
    """Asks with a client that others use as well."""
    said = await SHARED.chat.completions.create(model="m", messages=HELLO)
    return said.choices[0].message.content


@nbagents.agent
def blocking(task: str, context: Any) -> Any:
    """The same, without waiting for others."""
    said = SHARED_SYNC.chat.completions.create(model="m", messages=HELLO)
    return said.choices[0].message.content


@pytest.mark.parametrize("asks", [awaiting, blocking])
def test_an_agent_is_no_other_one_because_it_has_used_its_client(
    asks: Agent, tmp_path: Any
) -> None:
    plan = Plan([Task("t", "Do it", asks), Task("u", "Do more", asks, ["t"])])
    path = tmp_path / "journal.db"
    run = Orchestrator([asks], journal=path).debug(plan).step("t")
    again = Orchestrator([asks], journal=path).load_run(run.id).resume()
    assert again.success
    assert [row["task_id"] for row in again.trace] == ["t", "u"]


def test_clients_of_other_servers_make_other_agents() -> None:
    other = ScriptedModel({"": "else"})
    parts = [nbagents.client(each).digest_parts() for each in (MODEL, MODEL, other)]
    assert parts[0] == parts[1] != parts[2]
