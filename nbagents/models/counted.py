"""HTTP clients that tell the task at work what it asks of models, and what that took.

They are what openai's own client sends its requests with, so whatever is called on that
one, and whoever calls it, is told: each request, the repeated ones too.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self
from weakref import WeakKeyDictionary

import httpx2
import openai

from nbagents import reporting
from nbagents.models import wire
from nbagents.models.received import Received
from nbagents.models.recording import at_work
from nbagents.models.requested import Requested
from nbagents.models.server import Server

_OK = 400


class CountedClient(httpx2.AsyncClient):
    """Sends from any event loop, with connections of that loop.

    Attributes:
        server: Whom it was made for; in a run with a recording that answers.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(transport=_Nothing())
        self.server = server
        self._inner: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[Any, httpx2.AsyncClient]
        ] = WeakKeyDictionary()

    async def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send `request`, where the run at work allows it."""
        question = Question.of(request, self.server)
        if question is None:
            return await self._here().send(request, stream=stream, **options)
        question.ask(request, stream=stream)
        response = await self._here().send(request, stream=stream, **options)
        if response.is_closed:
            question.told(response)
        elif response.status_code < _OK:
            response.stream = _Watched(response.stream, question)
        return response

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        for inner in self._inner.pop(asyncio.get_running_loop(), {}).values():
            await inner.aclose()

    def _here(self) -> httpx2.AsyncClient:
        known = self._inner.setdefault(asyncio.get_running_loop(), {})
        server = at_work.server_for(self.server)
        if server not in known:
            known[server] = wire.http_client(server)
        return known[server]


class CountedSyncClient(httpx2.Client):
    """The same for code that is not async; safe on any thread."""

    def __init__(self, server: Server) -> None:
        super().__init__(transport=_Nothing())
        self.server = server
        self._inner = {server: wire.sync_http_client(server)}

    def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send `request`, where the run at work allows it."""
        question = Question.of(request, self.server)
        if question is None:
            return self._here().send(request, stream=stream, **options)
        question.ask(request, stream=stream)
        response = self._here().send(request, stream=stream, **options)
        if response.is_closed:
            question.told(response)
        elif response.status_code < _OK:
            response.stream = _WatchedSync(response.stream, question)
        return response

    def close(self) -> None:
        """Close the connections."""
        for inner in self._inner.values():
            inner.close()
        super().close()

    def _here(self) -> httpx2.Client:
        server = at_work.server_for(self.server)
        if server not in self._inner:
            self._inner[server] = wire.sync_http_client(server)
        return self._inner[server]


class CountedOpenAI(openai.OpenAI):
    """Openai's client that tells what it asks."""

    @classmethod
    def of(cls, server: Server, **given: Any) -> Self:
        """Return one of `server`."""
        return cls(http_client=CountedSyncClient(server), **given)

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another one: using it does not."""
        return _parts(self, self._client)


class CountedAsyncOpenAI(openai.AsyncOpenAI):
    """The same, async."""

    @classmethod
    def of(cls, server: Server, **given: Any) -> Self:
        """Return one of `server`."""
        return cls(http_client=CountedClient(server), **given)

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another one: using it does not."""
        return _parts(self, self._client)


def _parts(client: Any, http: Any) -> tuple[Any, ...]:
    identity = http.server.identity if hasattr(http, "server") else None
    return identity, str(client.base_url), repr(client.timeout), client.max_retries


class Question:
    """One request that asks a model, and whom to tell of it."""

    def __init__(self, requested: Requested, server: Server) -> None:
        self._requested = requested
        self._server = server
        self._reporter = reporting.current.get()
        self._began = time.perf_counter()
        self._received = Received()
        self._is_open = True

    @classmethod
    def of(cls, request: httpx2.Request, server: Server) -> "Question | None":
        """Return what `request` asks; `None` where it asks no model."""
        requested = Requested.of(request)
        return None if requested is None else cls(requested, server)

    def ask(self, request: httpx2.Request, *, stream: bool) -> None:
        """Tell that it is about to be sent.

        Raises:
            LimitReachedError: The run may ask no more.
            RepeatedCallError: The attempt has asked just this too often.
        """
        if stream:  # The figures in it are read as they pass.
            request.headers["accept-encoding"] = "identity"
        self._reporter.asked(
            self._requested.model,
            self._requested.messages,
            simulated=self._server.simulated,
            parameters=self._requested.parameters,
        )

    def told(self, response: httpx2.Response) -> None:
        """Take an answer that came in one piece."""
        if response.status_code < _OK:
            self._received.take(response.content)
            self.end()

    def take(self, data: bytes) -> None:
        """Take some of an answer that comes in pieces."""
        self._received.take(data)

    def end(self) -> None:
        """Tell what the answer took, once: there comes no more of it."""
        if not self._is_open:
            return
        self._is_open = False
        used, model = self._received.figures()
        names = (model or self._requested.model, self._requested.model)
        seconds = time.perf_counter() - self._began
        cost = self._server.cost(used, names)
        self._reporter.answered(
            self._requested.model,
            used.input_tokens,
            used.output_tokens,
            seconds,
            cost=cost,
        )


class _Watched(httpx2.AsyncByteStream):
    def __init__(self, inner: Any, question: Question) -> None:
        self._inner = inner
        self._question = question

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._inner:
            self._question.take(data)
            yield data

    async def aclose(self) -> None:
        self._question.end()
        await self._inner.aclose()


class _WatchedSync(httpx2.SyncByteStream):
    def __init__(self, inner: Any, question: Question) -> None:
        self._inner = inner
        self._question = question

    def __iter__(self) -> Iterator[bytes]:
        for data in self._inner:
            self._question.take(data)
            yield data

    def close(self) -> None:
        self._question.end()
        self._inner.close()


class _Nothing(httpx2.AsyncBaseTransport, httpx2.BaseTransport):
    """The transport of a client that has others send."""
