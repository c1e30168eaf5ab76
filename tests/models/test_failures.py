"""Each way a server can fail ends in an error that says what happened."""

import asyncio
import traceback
from dataclasses import dataclass
from typing import Any

import pytest

from models.fake_server import FakeServer, Say, completion, failure, serving
from nbagents.errors import ModelAnswerError, ModelError
from nbagents.models import Answer, ChatModel, resolve

KEY = "sk-test-0123456789abcdef"
HELLO = [{"role": "user", "content": "hello"}]


def model_at(server: FakeServer, deadline: float = 5) -> ChatModel:
    model = resolve("gpt-x", api_key=KEY, base_url=server.url, deadline=deadline)
    assert model is not None
    return model


async def ask(model: ChatModel, **parameters: Any) -> Answer:
    async with asyncio.timeout(10):
        return await model.chat(HELLO, **parameters)


async def error_of(model: ChatModel, **parameters: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await ask(model, **parameters)
    return caught.value


@dataclass(frozen=True)
class Case:
    name: str
    say: Say
    message: str
    note: str
    status: int | None = None


STATUSES = [
    Case(
        "bad request", failure(400, "no such field"), "no such field", "parameters", 400
    ),
    Case(
        "wrong key", failure(401, "bad key"), "did not accept the key", "api_key", 401
    ),
    Case(
        "forbidden", failure(403, "not here"), "may not use model 'gpt-x'", "key", 403
    ),
    Case("unknown model", failure(404, "no model"), "has no model 'gpt-x'", "/v1", 404),
    Case("timeout", failure(408, "slow"), "gave up waiting", "again", 408),
    Case("conflict", failure(409, "busy"), "did not answer", "base_url", 409),
    Case("too large", failure(413, "big"), "too large", "less", 413),
    Case("teapot", failure(418, "tea"), "did not answer", "base_url", 418),
    Case("invalid", failure(422, "top_k"), "did not accept", "parameters", 422),
    Case("rate limit", failure(429, "slow down"), "too many", "max_parallel", 429),
    Case("broken", failure(500, "oops"), "failed on its side", "again", 500),
    Case("gateway", failure(502, "oops"), "failed on its side", "again", 502),
    Case("overloaded", failure(529, "oops"), "failed on its side", "again", 529),
    Case(
        "no credit",
        failure(429, "exceeded your quota", "insufficient_quota"),
        "no credit left",
        "will not help",
        429,
    ),
    Case(
        "prompt too long",
        failure(400, "maximum context", "context_length_exceeded"),
        "longer than model 'gpt-x' can read",
        "less",
        400,
    ),
    Case(
        "unknown model by its code",
        failure(400, "no such model", "model_not_found"),
        "has no model 'gpt-x'",
        "name",
        400,
    ),
    Case(
        "an error as bare text",
        Say(status=400, body={"error": "'type' must be 'text'"}),
        "'type' must be 'text'",
        "parameters",
        400,
    ),
    Case(
        "an error in a shape of its own",
        Say(status=422, body={"detail": [{"msg": "extra field"}]}),
        "extra field",
        "parameters",
        422,
    ),
    Case(
        "an error page",
        Say(status=403, body="<html>Forbidden</html>", type="text/html"),
        "<html>Forbidden</html>",
        "key",
        403,
    ),
    Case(
        "an error without a body",
        Say(status=404, body=""),
        "has no model",
        "base_url",
        404,
    ),
]


@pytest.mark.parametrize("case", STATUSES, ids=lambda case: case.name)
async def test_an_http_error_says_what_happened_and_what_to_do(case: Case):
    with serving(case.say) as server:
        error = await error_of(model_at(server))
    assert case.message in str(error)
    assert case.note in "\n".join(error.__notes__)
    assert error.status_code == case.status
    assert f"HTTP {case.status}" in str(error)
    assert len(server.requests) == 1


@dataclass(frozen=True)
class Odd:
    name: str
    say: Say
    reason: str
    message: str


ODD_ANSWERS = [
    Odd(
        "a web page",
        Say(body="<!doctype html><p>Welcome", type="text/html"),
        "no_completion",
        "<!doctype html>",
    ),
    Odd(
        "an empty object", Say(body={}), "no_completion", "no chat completion, but: {}"
    ),
    Odd("a list", Say(body=[1, 2]), "no_completion", "but: [1, 2]"),
    Odd("null", Say(body="null"), "no_completion", "but: None"),
    Odd(
        "no choices",
        Say(body={**completion(), "choices": []}),
        "no_completion",
        "no chat completion",
    ),
    Odd(
        "null choices",
        Say(body={**completion(), "choices": None}),
        "no_completion",
        "no chat completion",
    ),
    Odd(
        "an error with status 200",
        Say(body={"error": {"message": "upstream is down"}}),
        "no_completion",
        "upstream is down",
    ),
    Odd("no text", Say(body=completion(None)), "empty", "no text"),
    Odd("blank text", Say(body=completion(" \n ")), "empty", "no text"),
    Odd("text of a wrong type", Say(body=completion(["x"])), "empty", "no text"),
    Odd("no message", Say(body=completion(message=None)), "empty", "no text"),
    Odd(
        "a tool call",
        Say(body=completion(None, finish_reason="tool_calls")),
        "empty",
        "'tool_calls'",
    ),
    Odd(
        "a refusal",
        Say(body=completion(message={"refusal": "I can't help with that"})),
        "refusal",
        "I can't help with that",
    ),
    Odd(
        "a content filter",
        Say(body=completion("Half", finish_reason="content_filter")),
        "content_filter",
        "content filter",
    ),
    Odd(
        "a cut-off answer",
        Say(body=completion("Half", finish_reason="length")),
        "length",
        "cut off",
    ),
]


@pytest.mark.parametrize("case", ODD_ANSWERS, ids=lambda case: case.name)
async def test_a_success_that_is_no_answer_is_an_error_with_its_reason(case: Odd):
    with serving(case.say) as server:
        error = await error_of(model_at(server))
    assert isinstance(error, ModelAnswerError)
    assert error.reason == case.reason
    assert case.message in str(error)
    assert error.__notes__
    assert error.status_code is None


async def test_what_there_was_of_a_cut_off_answer_is_kept():
    with serving(Say(body=completion("Half", finish_reason="length"))) as server:
        error = await error_of(model_at(server))
    assert isinstance(error, ModelAnswerError)
    assert error.text == "Half"


@pytest.mark.parametrize(
    "say, message",
    [
        (Say(body='{"choices": [', then="end"), "not JSON"),
        (Say(body="\ud800"), "not JSON"),
        (Say(body=completion("x" * 4_000), then="cut"), "could not be reached"),
        (Say(then="drop"), "could not be reached"),
    ],
    ids=["broken JSON", "not UTF-8", "cut in the middle", "dropped"],
)
async def test_a_broken_answer_is_an_error(say: Say, message: str):
    with serving(say) as server:
        error = await error_of(model_at(server))
    assert message in str(error)
    assert error.__notes__


async def test_a_server_that_is_not_there_is_named():
    with serving(Say()) as server:
        gone = model_at(server)
    error = await error_of(gone)
    assert "127.0.0.1" in str(error)
    assert "could not be reached" in str(error)
    assert "ConnectError" in str(error)


@pytest.mark.parametrize("then", ["hang", "dribble"])
async def test_a_server_that_never_ends_is_left_at_the_deadline(then: Any):
    with serving(Say(then=then)) as server:
        error = await error_of(model_at(server, deadline=0.3))
    assert "did not answer in time: no answer within 0.3 s" in str(error)
    assert len(server.requests) == 1


async def test_a_wait_that_would_not_end_before_the_deadline_is_not_begun():
    overloaded = Say(status=503, headers={"retry-after": "60"})
    with serving(overloaded) as server:
        error = await error_of(model_at(server, deadline=0.3))
    assert "failed on its side (HTTP 503)" in str(error)
    assert error.retry_after == 60
    assert error.retryable
    assert len(server.requests) == 1


@pytest.mark.parametrize("case", STATUSES, ids=lambda case: case.name)
async def test_an_error_says_whether_another_try_may_help(case: Case):
    with serving(case.say) as server:
        error = await error_of(model_at(server))
    hopeless = {400, 401, 403, 404, 413, 422}
    assert error.retryable == (case.status not in hopeless and case.name != "no credit")


async def test_retries_count_towards_the_deadline():
    said = [Say(status=500), Say(then="hang")]
    with serving(*said) as server:
        error = await error_of(model_at(server, deadline=1))
    assert "no answer within 1 s" in str(error)
    assert len(server.requests) == 2


async def test_a_lost_connection_is_tried_again():
    with serving(Say(then="drop"), Say(body=completion("back"))) as server:
        answer = await ask(model_at(server))
    assert answer.text == "back"


async def test_an_unknown_parameter_is_named():
    with serving(Say(body=completion())) as server:
        error = await error_of(model_at(server), temprature=0)
    assert "temprature" in str(error)
    assert "extra_body" in error.__notes__[0]


async def test_the_error_is_chained_to_what_caused_it():
    with serving(failure(400, "no")) as server:
        error = await error_of(model_at(server))
    assert type(error.__cause__).__name__ == "BadRequestError"


async def test_a_long_complaint_is_cut():
    with serving(failure(400, "no " * 10_000)) as server:
        error = await error_of(model_at(server))
    assert len(str(error)) < 500


def everything_about(error: BaseException, *, variables: bool) -> str:
    told = traceback.TracebackException.from_exception(error, capture_locals=variables)
    return "".join(told.format()) + repr(error) + str(vars(error))


ECHOES = {
    "wrong key": failure(401, f"Incorrect API key provided: {KEY}."),
    "text": Say(status=400, body=f"You sent Bearer {KEY}", type="text/plain"),
    "page": Say(body=f"<html>You sent {KEY}", type="text/html"),
    "headers": Say(body={"headers": {"Authorization": f"Bearer {KEY}"}}),
}


@pytest.mark.parametrize("say", ECHOES.values(), ids=ECHOES)
async def test_a_key_that_a_server_echoes_does_not_show(say: Say):
    with serving(say) as server:
        error = await error_of(model_at(server))
    assert KEY not in everything_about(error, variables=False)
    assert "***" in str(error) or "[redacted: OpenAI key]" in str(error)


SILENT = {
    "rate limit": failure(429, "slow down"),
    "page": Say(body="<html>", type="text/html"),
    "dropped": Say(then="drop"),
    "hanging": Say(then="hang"),
}


@pytest.mark.parametrize("say", SILENT.values(), ids=SILENT)
async def test_no_key_shows_even_where_a_traceback_shows_variables(say: Say):
    with serving(say) as server:
        error = await error_of(model_at(server, deadline=1))
    assert KEY not in everything_about(error, variables=True)
