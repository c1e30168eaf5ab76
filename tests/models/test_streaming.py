"""Streamed answers: what a task shows meanwhile, and what comes of broken ones."""

import asyncio
from typing import Any

import pytest

from models.fake_server import (
    FakeServer,
    Say,
    completion,
    event,
    events,
    failure,
    serving,
    streamed,
)
from nbagents import (
    Agent,
    Orchestrator,
    Plan,
    Retry,
    ScriptedModel,
    ScriptedReply,
    reporting,
)
from nbagents.engine.events import Progress
from nbagents.errors import ModelAnswerError, ModelError
from nbagents.models import Answer, ChatModel, asking, resolve, streaming
from nbagents.models.telling import Telling

KEY = "sk-test-0123456789"
HELLO = [{"role": "user", "content": "hello"}]
NO_OPTIONS = failure(400, "Unrecognized request argument supplied: stream_options")
NO_STREAM = failure(400, "Your organization must be verified to stream this model.")


@pytest.fixture(autouse=True)
def no_wait_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_TRIES", Retry(attempts=3, first=0))


class Listener(reporting.Reporter):
    def __init__(self) -> None:
        self.shown: list[str] = []
        self.figures: list[tuple[Any, ...]] = []

    def progress(self, message: str, fraction: float | None) -> None:
        self.shown.append(message)

    def answered(self, *told: Any, **_: Any) -> None:
        self.figures.append(told[1:3])


@pytest.fixture
def listener() -> Any:
    heard = Listener()
    token = reporting.current.set(heard)
    yield heard
    reporting.current.reset(token)


def model_at(server: FakeServer, deadline: float = 5) -> ChatModel:
    model = resolve("gpt-x", api_key=KEY, base_url=server.url, deadline=deadline)
    assert model is not None
    return model


async def ask(model: ChatModel) -> Answer:
    async with asyncio.timeout(10):
        return await model.chat(HELLO, stream=True)


async def error_of(model: ChatModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await ask(model)
    return caught.value


async def test_the_pieces_come_to_the_answer_and_its_tokens(listener: Listener):
    with serving(events(streamed("hel", "lo ", "there"))) as server:
        answer = await ask(model_at(server))
    assert answer.text == "hello there"
    assert (answer.input_tokens, answer.output_tokens) == (7, 3)
    assert answer.model == "fake-model-2026"
    assert answer.finish_reason == "stop"
    assert listener.figures == [(7, 3)]
    assert listener.shown[-1] == "hello there"
    assert server.requests[0]["stream"] is True
    assert server.requests[0]["stream_options"] == {"include_usage": True}


async def test_tokens_that_are_not_told_are_unknown(listener: Listener):
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    body = streamed("hello", finish=None, end=event(end))
    with serving(events(body)) as server:
        answer = await ask(model_at(server))
    assert answer.text == "hello"
    assert listener.figures == [(None, None)]


@pytest.mark.parametrize(
    "refusals, ways",
    [
        ([NO_OPTIONS], [(True, True), (True, False), (True, False)]),
        ([NO_STREAM], [(True, True), (False, False), (False, False)]),
        (
            [NO_OPTIONS, NO_STREAM],
            [(True, True), (True, False), (False, False), (False, False)],
        ),
    ],
)
async def test_what_a_server_cannot_do_is_left_out_from_then_on(
    refusals: list[Say], ways: list[tuple[bool, bool]]
):
    left = list(refusals)

    def answer(request: dict[str, Any]) -> Say:
        if left:
            return left.pop(0)
        if request.get("stream"):
            return events(streamed("hello"))
        return Say(body=completion())

    with serving(answer) as server:
        model = model_at(server)
        assert (await ask(model)).text == "hello"
        assert (await ask(model.named("gpt-y"))).text == "hello"
    sent = [("stream" in each, "stream_options" in each) for each in server.requests]
    assert sent == ways


async def test_another_rejection_is_no_reason_to_ask_otherwise():
    with serving(failure(400, "no such field")) as server:
        assert "no such field" in str(await error_of(model_at(server)))
    assert len(server.requests) == 1


async def test_an_answer_in_one_piece_all_the_same_is_taken():
    with serving(Say(body=completion("hello"))) as server:
        answer = await ask(model_at(server))
    assert (answer.text, answer.input_tokens) == ("hello", 7)


async def test_a_page_of_html_is_no_answer():
    page = Say(body="<html>login</html>", type="text/html")
    with serving(page) as server:
        error = await error_of(model_at(server))
    assert isinstance(error, ModelAnswerError)
    assert error.reason == "no_completion"
    assert "<html>login" in str(error)


BROKEN = [
    events(streamed("hel", "lo"), then="cut"),
    events(streamed("hello", finish=None)),
    events(streamed("hello", finish=None, end="")),
    events(""),
    events(event({"error": {"message": "overloaded", "code": 502}})),
    events(event({"error": {"message": "oops", "type": "server_error"}})),
]


@pytest.mark.parametrize("say", BROKEN)
async def test_what_breaks_off_is_asked_again(say: Say):
    with serving(say, events(streamed("hello"))) as server:
        assert (await ask(model_at(server))).text == "hello"
    assert len(server.requests) == 2


@pytest.mark.parametrize("say", BROKEN)
async def test_what_breaks_off_each_time_says_so(say: Say):
    with serving(say) as server:
        error = await error_of(model_at(server))
    assert len(server.requests) == 3
    assert error.retryable
    assert "broke off" in str(error) or "failed on its side" in str(error)
    assert error.__notes__


@pytest.mark.parametrize(
    "told, words",
    [
        ({"message": "too long", "code": "context_length_exceeded"}, "longer than"),
        ({"message": "no", "type": "invalid_request_error"}, "broke off"),
        ({"message": "bad key", "code": 401}, "did not accept the key"),
    ],
)
async def test_an_error_in_a_stream_that_stays_is_told_at_once(told: Any, words: str):
    with serving(events(event({"error": told}))) as server:
        error = await error_of(model_at(server))
    assert len(server.requests) == 1
    assert words in str(error)
    assert told["message"] in str(error)
    assert not error.retryable


async def test_garbage_is_told_as_what_it_is():
    with serving(events("data: {broken\n\n")) as server:
        assert "not JSON" in str(await error_of(model_at(server)))


@pytest.mark.parametrize("then", ["hang", "dribble", "stall"])
async def test_a_stream_that_stands_still_ends_at_the_deadline(then: Any):
    say = events(event({"choices": [{"delta": {"content": "hel"}}]}), then=then)
    with serving(say) as server:
        error = await error_of(model_at(server, deadline=0.5))
    assert "did not answer in time" in str(error)


async def test_a_stream_without_an_end_mark_is_complete_when_the_model_is_done(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(streaming, "_GRACE", 0.1)
    with serving(events(streamed("hello", end=""), then="stall")) as server:
        assert (await ask(model_at(server))).text == "hello"


@pytest.mark.parametrize(
    "deltas, finish, reason",
    [
        (["hel"], "length", "length"),
        (["hel"], "content_filter", "content_filter"),
        ([{"refusal": "I "}, {"refusal": "won't"}], "stop", "refusal"),
        ([], "stop", "empty"),
        ([{"content": None}, None, 7], "stop", "empty"),
    ],
)
async def test_a_streamed_end_means_what_it_means_in_one_piece(
    deltas: list[Any], finish: str, reason: str
):
    with serving(events(streamed(*deltas, finish=finish))) as server:
        error = await error_of(model_at(server))
    assert isinstance(error, ModelAnswerError)
    assert error.reason == reason


def test_words_are_told_a_few_times_a_second_and_never_half_a_key():
    now, told = [0.0], list[str]()
    telling = Telling(told.append, lambda: now[0])
    key = "sk-proj-" + "a1B2" * 10
    for piece in ["The ", "key ", "is ", key[:20], key[20:], " and ", "so on"]:
        now[0] += 0.1
        telling.add(piece)
    telling.end()
    assert told[0] == "The"
    assert told[-1] == f"The key is {key} and so on"
    assert len(told) == 4
    assert not any(key[:20] in each and key not in each for each in told)


def test_text_without_blanks_is_shown_too():
    told = list[str]()
    Telling(told.append).add("東京は" * 100)
    assert told[0].endswith("東京は")
    assert len(told[0]) < 200


def team(**options: Any) -> Orchestrator:
    reply = ScriptedReply(chunks=["Sales ", "rose ", "by 3%."], input_tokens=5)
    model = ScriptedModel({"": reply}, price=(1.0, 2.0), delay=0.3)
    agents = [Agent.llm("writer", "Writes", **options)]
    return Orchestrator(agents, model=model, journal=None)


PLAN = Plan.from_dict(
    {"tasks": [{"id": "w", "description": "Write", "agent": "writer"}]}
)


def test_a_task_shows_its_answer_while_it_runs():
    heard: list[Any] = []
    run = team().start(PLAN)
    run.subscribe(heard.append)
    run.wait()
    said = [each.message for each in heard if isinstance(each, Progress)]
    assert said[-1] == "Sales rose by 3%."
    assert run["w"].result == "Sales rose by 3%."


def test_an_agent_may_be_asked_to_answer_in_one_piece():
    heard: list[Any] = []
    run = team(stream=False).start(PLAN)
    run.subscribe(heard.append)
    run.wait()
    assert run["w"].result == "Sales rose by 3%."
    assert not [each for each in heard if isinstance(each, Progress)]


def test_the_cost_of_the_attempts_adds_up_to_that_of_the_run():
    run = team().run(PLAN)
    attempts = run["w"].attempts
    told = run.metrics
    assert sum(each.tokens for each in attempts) == told["total_tokens"] > 5
    assert sum(each.cost or 0 for each in attempts) == told["total_cost"] > 0
