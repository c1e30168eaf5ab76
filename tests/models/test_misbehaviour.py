"""Whatever a server does, a task ends: in an answer, or in an error that says what.

A case is run twice, with the answer asked for in one piece and as a stream, by a task
of a team whose model has a second. Expected is a result, or words of the error; those
after ` | ` hold for a stream.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from models.fake_server import Say, completion, event, failure, serving, streamed
from models.raw_server import (
    Talk,
    closing_at_once,
    describe,
    forever,
    head,
    resetting,
    saying,
    silent_after,
    talking,
    whole,
)
from nbagents import Agent, ModelError, Orchestrator, Plan, Retry, Task
from nbagents.models import asking, resolve, streaming

DEADLINE = 1.0
PLAN = Plan([Task("t", "Do it", "a")])
KEY = "sk-test-0123456789"
SSE = "text/event-stream"
JSON = "application/json"

HELLO = json.dumps(completion("hello")).encode()
STREAM = streamed("hel", "lo").encode()
DELTA = event({"choices": [{"index": 0, "delta": {"content": "hel"}}]}).encode()
FINISH = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
NO_COMPLETION = "sent no chat completion"
LOST = "could not be reached"
BROKE = "broke off in the middle"
ONE_OF = f"{LOST} | {BROKE}"  # in one piece, or streamed
SLOW = "did not answer in time"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_TRIES", Retry(attempts=3, first=0))
    monkeypatch.setattr(streaming, "_GRACE", 0.1)


@contextmanager
def address_of(server: Say | Talk) -> Iterator[str]:
    if isinstance(server, Say):
        with serving(server) as fake:
            yield fake.url
    else:
        with talking(server) as url:
            yield url


def check(server: Say | Talk, expected: str, *, stream: bool) -> None:
    """Have a task ask `server`, and check that it ends as expected, in time."""
    with address_of(server) as url:
        model = resolve("gpt-x", api_key=KEY, base_url=url, deadline=DEADLINE)
        agent = Agent.llm("a", "Asks", model=model, stream=stream)
        run = Orchestrator([agent], journal=None, task_timeout=20).run(PLAN)
    task = run["t"]
    assert run.status in {"completed", "completed_with_failures", "failed"}
    if expected.startswith("= "):
        assert task.status == "completed", task.error
        assert task.result == expected[2:]
        return
    error = task.error.exception
    assert isinstance(error, ModelError), repr(error)
    first, _, second = expected.partition(" | ")
    assert (second if stream and second else first) in str(error)
    assert error.__notes__
    assert KEY not in str(error)


def answered(**changes: Any) -> Say:
    return Say(body=completion(**changes))


def said(body: Any, **changes: Any) -> Say:
    return Say(body=body, **changes)


def with_message(message: Any) -> Say:
    return answered(message=message)


def told(status: int, body: Any, kind: str = "application/json", **headers: str) -> Say:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Say(status=status, body=body, type=kind, headers=named)


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n", kind: str = SSE) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in parts)
    return head(content_type=kind, transfer_encoding="chunked") + body + end


NOT_HTTP = [
    ("closes at once", closing_at_once, LOST),
    ("resets the line", resetting, LOST),
    ("speaks another protocol", saying(b"220 mail.example ESMTP\r\n"), LOST),
    ("sends junk", saying(bytes(range(256))), LOST),
    ("breaks off in the head", saying(b"HTTP/1.1 200 OK\r\nContent-"), LOST),
    ("has a status that is none", saying(head("999 What") + b"{}"), "failed on its"),
    ("sends heads for ever", forever(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), SLOW),
    ("says only that it goes on", forever(b"", head("100 Continue")), SLOW),
    ("accepts and is silent", silent_after(b""), SLOW),
    ("stops after the head", silent_after(head(content_length="9")), SLOW),
]

BODIES = [
    ("is empty", said(""), "not JSON"),
    ("is a page", said("<html>login</html>", type="text/html"), NO_COMPLETION),
    ("is a page that says it is JSON", said("<html>login</html>"), "not JSON"),
    ("breaks off as JSON", said('{"choices": [{"mess'), "not JSON"),
    ("is null", said("null"), NO_COMPLETION),
    ("is a number", said("3"), NO_COMPLETION),
    ("is a list", said("[1, 2]"), NO_COMPLETION),
    ("is a text", said('"hello"'), NO_COMPLETION),
    ("is nothing", said({}), NO_COMPLETION),
    ("is deep", said("[" * 100_000 + "]" * 100_000), "gpt-x"),
    ("is an error", said({"error": {"message": "overloaded"}}), "overloaded"),
    ("has no choices", said({**completion(), "choices": []}), NO_COMPLETION),
    ("has null choices", said({**completion(), "choices": None}), NO_COMPLETION),
    ("has choices of null", said({**completion(), "choices": [None]}), "no text"),
    ("has choices of nothing", said({**completion(), "choices": [{}]}), "no text"),
    ("has choices that are text", said({"choices": "hello"}), NO_COMPLETION),
    ("has a message of null", with_message(None), "no text"),
    ("has a message that is text", with_message("hello"), "no text"),
    ("has no content", with_message({"role": "assistant"}), "no text"),
    ("has content that is a number", with_message({"content": 3}), "no text"),
    ("has content that is a list", with_message({"content": [{}]}), "no text"),
    ("has blanks only", answered(text=" \n"), "no text"),
    ("is refused", with_message({"refusal": "I will not"}), "refused: I will not"),
    ("is cut short", answered(finish_reason="length"), "limit of tokens"),
    ("is filtered", answered(finish_reason="content_filter"), "content filter"),
    ("calls tools of nobody", with_message({"tool_calls": [{}]}), "no text"),
    ("has no usage", said({**completion(), "usage": None}), "= hello"),
    (
        "has odd usage",
        said({**completion(), "usage": {"prompt_tokens": "x"}}),
        "= hello",
    ),
    ("has usage below nothing", said({**completion(), "usage": [-1]}), "= hello"),
    ("has no model", said({**completion(), "model": None}), "= hello"),
    ("has a finish that is a number", answered(finish_reason=7), "= hello"),
    ("has a BOM", saying(whole(b"\xef\xbb\xbf" + HELLO)), "= hello"),
    ("is no UTF-8", saying(whole(HELLO.replace(b"hello", b"\xff\xfe"))), "not JSON"),
    ("is longer than told", saying(whole(HELLO, content_length="40")), "not JSON"),
    ("is shorter than told", saying(whole(HELLO, content_length="9999")), ONE_OF),
    ("is no gzip", saying(whole(HELLO, content_encoding="gzip")), ONE_OF),
    (
        "is gzip",
        saying(whole(gzip.compress(HELLO), content_encoding="gzip")),
        "= hello",
    ),
    (
        "has chunks of no length",
        saying(chunked(HELLO, end=b"zz\r\n", kind=JSON)),
        ONE_OF,
    ),
    ("drips for ever", Say(body=completion(), then="dribble"), SLOW),
]

STATUSES = [
    ("no content", told(204, ""), "not JSON"),
    ("wrong key", failure(401, "bad"), "did not accept the key"),
    ("unknown model", failure(404, "no", "model_not_found"), "has no model 'gpt-x'"),
    ("too long", failure(400, "no", "context_length_exceeded"), "longer than model"),
    ("no credit", failure(429, "no", "insufficient_quota"), "no credit left"),
    (
        "a page at 502",
        told(502, "<html>bad gateway", "text/html"),
        "failed on its side",
    ),
    ("nothing at 503", told(503, ""), "failed on its side"),
    ("a text at 500", told(500, '"oops"'), "failed on its side"),
    ("a list at 400", told(400, "[1]"), "did not accept the request"),
    ("junk at 400", told(400, "{broken"), "did not accept the request"),
    ("an error of null", told(500, {"error": None}), "failed on its side"),
    ("a wait of a year", told(429, "{}", retry_after="31536000"), "too many"),
    ("a wait below nothing", told(429, "{}", retry_after="-5"), "too many"),
    ("a wait that is none", told(429, "{}", retry_after="soon"), "too many"),
    ("a redirect in a ring", told(307, "", location="/v1/chat/completions"), LOST),
    ("a redirect to nowhere", told(302, ""), "did not answer"),
    ("a redirect to junk", told(302, "", location="http://[:bad"), LOST),
]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("case", [*NOT_HTTP, *BODIES, *STATUSES], ids=describe)
def test_a_task_ends_whatever_the_server_does(case: Any, stream: bool):
    _, server, expected = case
    check(server, expected, stream=stream)


def events(*parts: str | bytes, **changes: Any) -> Say:
    texts = [each.decode() if isinstance(each, bytes) else each for each in parts]
    return Say(body="".join(texts), type=SSE, **changes)


def one(**fields: Any) -> str:
    return event({"choices": [{"index": 0, **fields}]})


CRLF = STREAM.replace(b"\n", b"\r\n").decode()
TIGHT = STREAM.replace(b"data: ", b"data:").decode()
ERROR = event({"error": {"message": "overloaded", "code": 502}})
LATE = event({"error": {"message": "too long", "code": "context_length_exceeded"}})
UMLAUT = streamed("gr\u00fc\u00df").encode().decode("unicode_escape").encode("utf-8")

STREAMS = [
    ("has other line ends", events(CRLF), "= hello"),
    ("has no blanks", events(TIGHT), "= hello"),
    ("has comments", events(": ping\n\n", STREAM), "= hello"),
    (
        "is split inside a letter",
        saying(chunked(*([UMLAUT[n : n + 1] for n in range(len(UMLAUT))]))),
        "= grüß",
    ),
    ("has no end mark", events(DELTA, FINISH), "= hel"),
    ("ends without a word", events("data: [DONE]\n\n"), BROKE),
    ("is empty", events(""), BROKE),
    ("is a page", events("<html>login</html>"), BROKE),
    ("has no finish", events(DELTA, "data: [DONE]\n\n"), BROKE),
    ("is cut", events(STREAM, then="cut"), BROKE),
    ("is reset", saying(head(content_type=SSE, content_length="999") + DELTA), BROKE),
    ("stands still", silent_after(head(content_type=SSE) + DELTA), SLOW),
    ("only pings", forever(head(content_type=SSE), b": ping\n\n"), SLOW),
    ("goes on for ever", forever(head(content_type=SSE), DELTA), SLOW),
    (
        "is done and pings",
        forever(head(content_type=SSE) + STREAM, b": ping\n\n"),
        "= hello",
    ),
    (
        "is done and stands still",
        silent_after(head(content_type=SSE) + STREAM),
        "= hello",
    ),
    ("has chunks of no length", saying(chunked(DELTA, end=b"zz\r\n")), BROKE),
    ("is garbage", events("data: {broken\n\n"), "not JSON"),
    ("turns to garbage", events(DELTA, "data: {broken\n\n"), "not JSON"),
    ("tells an error", events(DELTA, ERROR), "failed on its side"),
    ("tells an error that stays", events(LATE), "longer than model 'gpt-x'"),
    ("tells an error as text", events(event({"error": "oops"})), "oops"),
    ("is null", events(event(None), STREAM), "= hello"),
    ("is a number", events(event(3), STREAM), "= hello"),
    ("has choices of null", events(event({"choices": None}), STREAM), "= hello"),
    ("has a choice of null", events(event({"choices": [None]}), STREAM), "= hello"),
    ("has a delta of null", events(one(delta=None), STREAM), "= hello"),
    (
        "has content that is a list",
        events(one(delta={"content": [1]}), STREAM),
        "= hello",
    ),
    (
        "calls tools of nobody",
        events(one(delta={"tool_calls": [{}]}), FINISH),
        "no text",
    ),
    ("says nothing", events(FINISH), "no text"),
    ("is cut short", events(DELTA, one(delta={}, finish_reason="length")), "limit of"),
    ("refuses", events(one(delta={"refusal": "no"}), FINISH), "refused: no"),
    ("says more when it is done", events(DELTA, FINISH, DELTA), "= helhel"),
    ("is one piece after all", said(HELLO.decode()), "= hello"),
    ("is one page after all", said("<html>", type="text/html"), NO_COMPLETION),
]


@pytest.mark.parametrize("case", STREAMS, ids=describe)
def test_a_task_ends_whatever_a_stream_does(case: Any):
    _, server, expected = case
    check(server, expected, stream=True)


def test_nobody_at_the_address_is_said():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    model = resolve("gpt-x", api_key=KEY, base_url=f"http://127.0.0.1:{port}/v1")
    agent = Agent.llm("a", "Asks", model=model)
    error = str(Orchestrator([agent], journal=None).run(PLAN)["t"].error)
    assert LOST in error


FAULTS = [
    ("a rate limit", lambda mock: mock.rate_limit(times=2, retry_after=0.05), None),
    ("a prompt too long", lambda mock: mock.context_overflow(), "longer than model"),
    ("a slow first word", lambda mock: mock.slow_first_token(9.0), SLOW),
    ("a cut", lambda mock: mock.disconnect(times=None), BROKE),
    ("a cut that passes", lambda mock: mock.disconnect(times=1), None),
    ("no end", lambda mock: mock.truncate(times=None), BROKE),
    ("garbage", lambda mock: mock.corrupt(times=None), "not JSON"),
    ("a stall", lambda mock: mock.stall(seconds=9.0), SLOW),
    ("an outage", lambda mock: mock.outage(), "failed on its side"),
]


@pytest.mark.parametrize("case", FAULTS, ids=describe)
def test_faults_of_a_mock_of_others_end_too(llmock: Any, case: Any):
    name, fail, expected = case
    llmock.reset()
    fail(llmock)
    url, key = llmock.base_url("openai"), f"sk-{name.replace(' ', '-')}-0123456789"
    model = resolve("gpt-4o", api_key=key, base_url=url, deadline=DEADLINE)
    agent = Agent.llm("a", "Asks", model=model)
    task = Orchestrator([agent], journal=None, task_timeout=20).run(PLAN)["t"]
    llmock.reset()
    if expected is None:
        assert task.result
        assert task.attempts[0].tokens
    else:
        assert expected in str(task.error)
