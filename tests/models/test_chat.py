"""A chat model: what it sends, what it tells, and whose connections it uses."""

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

from models.fake_server import Say, completion, serving
from nbagents import reporting
from nbagents.errors import ModelAnswerError, ModelNotConfiguredError
from nbagents.models import ChatModel, ScriptedModel, resolve

KEY = "sk-test-0123456789abcdef"
HELLO = [{"role": "user", "content": "hello"}]


def some(model: ChatModel | None) -> ChatModel:
    assert model is not None
    return model


class Listener(reporting.Reporter):
    """Writes down what a model tells of itself."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def asked(
        self, model: str, messages: Any, *, simulated: bool, parameters: Any = None
    ) -> None:
        self.told.append(("asked", model, messages, simulated))

    def answered(
        self, model: str, sent: Any, came: Any, seconds: float, **_: Any
    ) -> None:
        assert seconds >= 0
        self.told.append(("answered", model, sent, came))


@pytest.fixture
def listener() -> Any:
    heard = Listener()
    token = reporting.current.set(heard)
    yield heard
    reporting.current.reset(token)


def test_importing_the_models_imports_neither_openai_nor_its_http_library():
    code = (
        "import sys, nbagents.models, nbagents.planning, nbagents.agents.llm\n"
        "assert not {'openai', 'httpx2', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


async def test_an_answer_carries_text_model_tokens_time_and_reason():
    with serving(Say(body=completion("hi"))) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        answer = await model.chat(HELLO)
    assert (answer.text, answer.model) == ("hi", "fake-model-2026")
    assert (answer.input_tokens, answer.output_tokens) == (7, 3)
    assert answer.finish_reason == "stop"
    assert 0 < answer.seconds < 5


async def test_the_request_carries_name_messages_format_and_parameters():
    with serving(Say(body=completion("{}"))) as server:
        model = some(resolve(" gpt-x ", api_key=KEY, base_url=server.url))
        await model.chat(
            HELLO,
            response_format={"type": "json_object"},
            temperature=0,
            extra_body={"top_k": 5},
        )
    assert server.requests == [
        {
            "model": "gpt-x",
            "messages": HELLO,
            "response_format": {"type": "json_object"},
            "temperature": 0,
            "top_k": 5,
        }
    ]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": None}, {"prompt_tokens": "7"}, {"prompt_tokens": -1}],
)
async def test_tokens_a_server_does_not_tell_are_unknown(usage: Any):
    with serving(Say(body={**completion(), "usage": usage})) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        answer = await model.chat(HELLO)
    assert (answer.input_tokens, answer.output_tokens) == (None, None)


async def test_question_and_answer_are_reported(listener: Listener):
    with serving(Say(body=completion())) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        await model.chat(HELLO)
    assert listener.told == [
        ("asked", "gpt-x", HELLO, False),
        ("answered", "gpt-x", 7, 3),
    ]


async def test_an_unusable_answer_is_reported_too_because_it_cost(listener: Listener):
    with serving(Say(body=completion(None))) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        with pytest.raises(ModelAnswerError):
            await model.chat(HELLO)
    assert listener.told[-1] == ("answered", "gpt-x", 7, 3)


async def test_what_is_reported_does_not_change_with_the_conversation(
    listener: Listener,
):
    model = some(resolve(ScriptedModel(lambda request: "yes")))
    messages = list(HELLO)
    await model.chat(messages)
    messages.append({"role": "user", "content": "more"})
    assert listener.told[0][2] == HELLO


# --- what a user gives as model= ---


@pytest.mark.parametrize("stream", [True, False])
async def test_half_a_character_is_sent_as_one_and_comes_back_as_it_came(stream: bool):
    half = "half \ud83d of a pair"
    asked: list[Any] = []

    def answer(request: Any) -> str:
        asked.extend(request.messages)
        return half

    model = some(resolve(ScriptedModel(answer)))
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": half}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    talk = [{"role": "system", "content": half}, said, *HELLO]
    result = await model.chat(talk, stream=stream)
    assert result.text == half
    assert asked[0]["content"] == "half ? of a pair"
    assert asked[1]["tool_calls"][0]["function"]["arguments"] == "half ? of a pair"


def test_no_model_is_no_model():
    assert resolve(None, api_key=KEY) is None


def test_a_model_that_is_ready_comes_back_as_it_is():
    model = resolve("gpt-x")
    assert resolve(model) is model


@pytest.mark.parametrize("value", [3, "", "  ", ["gpt-x"], object, {"a": 1}])
def test_what_cannot_be_a_model_is_refused_with_what_can(value: Any):
    with pytest.raises(ModelNotConfiguredError, match="a ScriptedModel, not"):
        resolve(value)


async def test_without_a_key_the_error_names_both_ways_out():
    model = some(resolve("gpt-x"))
    for refused in (model.check, lambda: asyncio.run(model.chat(HELLO))):
        with pytest.raises(ModelNotConfiguredError) as caught:
            await asyncio.to_thread(refused)
        for way in ("'gpt-x'", "OPENAI_API_KEY", "api_key", "base_url", "ScriptedM"):
            assert way in str(caught.value)


async def test_key_and_address_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
):
    model = some(resolve("gpt-x"))
    with serving(Say(body=completion())) as server:
        monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        model.check()
        await model.chat(HELLO)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


async def test_a_server_of_ones_own_needs_no_key():
    with serving(Say(body=completion())) as server:
        model = some(resolve("local", base_url=server.url))
        model.check()
        assert (await model.chat(HELLO)).text == "hello"


@pytest.mark.parametrize("key", ["sk-a b", "sk-a\nb", "sk-\u00e4", "sk-\x00"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str):
    with pytest.raises(ModelNotConfiguredError) as caught:
        some(resolve("gpt-x", api_key=key)).check()
    assert key not in str(caught.value)
    assert key.encode("unicode_escape").decode() not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["localhost:8000/v1", "ftp://host/v1", "http://", "http://[bad", "http://h:x/v1"],
)
def test_an_address_that_cannot_be_one_is_refused(address: str):
    with pytest.raises(ModelNotConfiguredError, match="base_url"):
        some(resolve("gpt-x", api_key=KEY, base_url=address)).check()


# --- keys stay secret ---


def test_nothing_shows_the_key_or_a_password_in_the_address():
    model = some(
        resolve("gpt-x", api_key=KEY, base_url="http://me:hunter2@127.0.0.1:9/v1")
    )
    server = model._server
    for thing in (model, server, vars(model), server.api_key, server.place):
        for shown in (repr(thing), str(thing), f"{thing}"):
            assert KEY not in shown
            assert "hunter2" not in shown


def test_a_key_does_not_travel_in_a_pickle():
    secret = some(resolve("gpt-x", api_key=KEY))._server.api_key
    for travel in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="stays"):
            travel(secret)


# --- one client for each loop ---


def test_it_works_in_scripts_that_run_one_loop_after_another():
    with serving(Say(body=completion())) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        for _ in range(3):
            assert asyncio.run(model.chat(HELLO)).text == "hello"


def test_it_works_on_two_loops_at_once():
    with serving(Say(body=completion())) as server:
        model = some(resolve("gpt-x", api_key=KEY, base_url=server.url))
        texts: list[str] = []
        both_open = threading.Barrier(2, timeout=10)

        async def use() -> None:
            async with model.opened():
                await model.chat(HELLO)
                await asyncio.to_thread(both_open.wait)
                texts.append((await model.chat(HELLO)).text)

        threads = [threading.Thread(target=asyncio.run, args=(use(),)) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == ["hello", "hello"]


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from nbagents.models.transport import ScriptedServer

    built: list[Any] = []
    build = ScriptedServer.client

    def client(self: ScriptedServer) -> Any:
        built.append(build(self))
        return built[-1]

    monkeypatch.setattr(ScriptedServer, "client", client)
    return built


async def test_opened_by_several_it_has_one_client_closed_by_the_last(clients: Any):
    model = some(resolve(ScriptedModel(lambda request: "yes")))
    async with model.opened():
        async with model.opened() as same:
            assert same is model
            await asyncio.gather(*(model.chat(HELLO) for _ in range(5)))
        await model.named("other").chat(HELLO)
        assert [client.is_closed() for client in clients] == [False]
    assert [client.is_closed() for client in clients] == [True]


async def test_opened_and_never_asked_it_builds_no_client(clients: Any):
    async with some(resolve(ScriptedModel(lambda request: "yes"))).opened():
        pass
    assert clients == []


async def test_a_call_outside_closes_what_it_opened(clients: Any):
    model = some(resolve(ScriptedModel(lambda request: "yes")))
    await model.chat(HELLO)
    await model.chat(HELLO)
    assert [client.is_closed() for client in clients] == [True, True]


async def test_a_cancelled_call_closes_its_client_and_says_nothing(clients: Any):
    asked = asyncio.Event()

    async def never(request: Any) -> Any:
        asked.set()
        return await asyncio.Event().wait()

    model = some(resolve(ScriptedModel(never)))
    call = asyncio.create_task(model.chat(HELLO))
    await asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [client.is_closed() for client in clients] == [True]


def test_a_loop_that_is_gone_leaves_nothing_behind():
    model = some(resolve(ScriptedModel(lambda request: "yes")))
    asyncio.run(model.chat(HELLO))
    gc.collect()
    assert model._clients._open == {}
