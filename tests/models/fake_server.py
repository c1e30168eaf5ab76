"""A server on loopback that answers chat completions as a test tells it to.

It runs on threads of its own, so a client on any event loop can use it, and it
keeps every request. What real servers do wrong is made of a few moves: a status,
a body of any kind, and a way to break off.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """One answer of the server.

    Attributes:
        body: Sent as it is if text, else as JSON.
        then: `"end"` as promised; `"drop"` without any answer; `"cut"` in the
            middle of the body; `"hang"` before the answer; `"dribble"` for ever;
            `"stall"` after the body, of which more was promised.
    """

    status: int = 200
    body: Any = ""
    type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Literal["end", "drop", "cut", "hang", "dribble", "stall"] = "end"


Answering = Callable[[dict[str, Any]], Say]


def completion(text: Any = "hello", **changes: Any) -> dict[str, Any]:
    """Return a chat completion as a server sends it; `changes` go to its choice."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", **changes}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake-model-2026",
        "choices": [choice],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def streamed(*deltas: Any, finish: Any = "stop", end: str = "data: [DONE]\n\n") -> str:
    """Return events with these pieces of an answer; `None` leaves the finish out."""
    chunks = [{"choices": [{"index": 0, "delta": _delta(each)}]} for each in deltas]
    if finish is not None:
        last = {"index": 0, "delta": {}, "finish_reason": finish}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        chunks += [{"choices": [last]}, {"choices": [], "usage": usage}]
    return "".join(event({"model": "fake-model-2026", **each}) for each in chunks) + end


def event(data: Any) -> str:
    """Return one event of a stream."""
    return f"data: {json.dumps(data)}\n\n"


def _delta(piece: Any) -> Any:
    return {"content": piece} if isinstance(piece, str) else piece


def events(body: str, **changes: Any) -> Say:
    """Return an answer that is a stream."""
    return Say(body=body, type="text/event-stream", **changes)


def failure(status: int, message: str, code: str | None = None) -> Say:
    """Return an error as OpenAI sends it, not to be retried."""
    error = {"message": message, "type": "error", "param": None, "code": code}
    return Say(
        status=status, body={"error": error}, headers={"x-should-retry": "false"}
    )


class FakeServer:
    """What a test sees of the server.

    Attributes:
        url: To be given as `base_url`.
        requests: Bodies of the requests so far, oldest first.
        headers: Headers of the requests so far.
    """

    def __init__(self, answers: Sequence[Say] | Answering) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Message] = []
        self.closing = threading.Event()
        self._answers = answers
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def answer(self, request: dict[str, Any]) -> Say:
        """The next answer; the last one goes on for ever."""
        self.requests.append(request)
        if callable(self._answers):
            return self._answers(request)
        return self._answers[min(len(self.requests), len(self._answers)) - 1]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    # The system lets so many wait to be accepted; beyond that a client waits a second.
    request_queue_size = 256


@contextmanager
def serving(*answers: Say | Answering) -> Iterator[FakeServer]:
    """Run a server that gives these answers in turn, or those of a function."""
    function = answers[0] if callable(answers[0]) else None
    server = FakeServer(function or answers)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _handler(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.headers.append(self.headers)
            say = server.answer(json.loads(self.rfile.read(length)))
            self.close_connection = say.then != "end"
            if say.then == "hang":
                server.closing.wait()
            elif say.then != "drop":
                self._send(say)

        def _send(self, say: Say) -> None:
            text = say.body if isinstance(say.body, str) else json.dumps(say.body)
            body = text.encode("utf-8", "surrogatepass")
            endless = 10**9 if say.then in {"dribble", "stall"} else 0
            self.send_response(say.status)
            self.send_header("Content-Type", say.type)
            self.send_header("Content-Length", str(len(body) + endless))
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if say.then == "cut" else body)
            _go_on(self, server, say.then)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # The client has given up, as it should.

    return Handler


def _go_on(handler: BaseHTTPRequestHandler, server: FakeServer, then: str) -> None:
    if then == "stall":
        server.closing.wait()
    while then == "dribble" and not server.closing.wait(0.02):
        handler.wfile.write(b" ")
