"""What carries requests of a recording: from the tape, or on to the server and back.

Both kinds of client have one, the async and the other. What an error of the server says
is passed on and not recorded: it is asked again, and the answer that counts is.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import httpx2

from nbagents.models.recording.tape import Answer

if TYPE_CHECKING:
    from nbagents.models.recording.order import Order
    from nbagents.models.recording.tape import Request

_OK = range(200, 300)
_LAST = b"data: [DONE]"


class Deck(Protocol):
    """What a carrier asks, and tells."""

    @property
    def speed(self) -> float | None:
        """How many times as quick as recorded; `None` is at once."""

    @property
    def order(self) -> "Order | None":
        """In which order answers come; `None` where they take their time."""

    def played(self, request: "Request") -> tuple[int, Answer] | None:
        """Return what is on the tape, and where; `None`: the server is to be asked.

        Raises:
            RecordingMissError: Neither.
        """

    def turn(self, request: "Request") -> int:
        """Return which of its kind a request is that goes on to the server."""

    def keep(self, request: "Request", answer: Answer, turn: int) -> None:
        """Record an answer."""


class Carrier(httpx2.AsyncBaseTransport):
    """Carries the requests of async clients."""

    def __init__(self, deck: Deck, onward: httpx2.AsyncBaseTransport | None) -> None:
        """Answer by `deck`; ask `onward` what that does not have."""
        self._deck = deck
        self._onward = onward

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        asked = _body(await request.aread())
        found = self._deck.played(asked)
        if found is not None:
            place, answer = found
            if self._deck.order is not None:
                await self._deck.order.wait(place)
            return _replied(answer, Played(answer, self._deck, place))
        if self._onward is None:
            raise httpx2.ConnectError("a recording has no server")
        turn = self._deck.turn(asked)
        response = await self._onward.handle_async_request(request)
        if response.status_code not in _OK:
            return response
        heard = Heard(response, lambda answer: self._deck.keep(asked, answer, turn))
        return httpx2.Response(
            response.status_code, headers=_plain(response), stream=heard
        )

    async def aclose(self) -> None:
        """Close what is behind it."""
        if self._onward is not None:
            await self._onward.aclose()


class SyncCarrier(httpx2.BaseTransport):
    """The same for clients that are not async; answers arrive whole."""

    def __init__(self, deck: Deck, onward: httpx2.BaseTransport | None) -> None:
        """Answer by `deck`; ask `onward` what that does not have."""
        self._deck = deck
        self._onward = onward

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        asked = _body(request.read())
        found = self._deck.played(asked)
        if found is not None:
            _, answer = found
            for seconds, _ in answer.chunks if self._deck.speed else ():
                time.sleep(seconds / (self._deck.speed or 1))
            content = "".join(text for _, text in answer.chunks).encode()
            return httpx2.Response(
                200, headers={"content-type": answer.kind}, content=content
            )
        if self._onward is None:
            raise httpx2.ConnectError("a recording has no server")
        began, turn = time.monotonic(), self._deck.turn(asked)
        response = self._onward.handle_request(request)
        if response.status_code in _OK:
            text = response.read().decode("utf-8", "replace")
            chunks = ((round(time.monotonic() - began, 3), text),)
            self._deck.keep(asked, Answer(kind=_kind(response), chunks=chunks), turn)
            return httpx2.Response(
                response.status_code, headers=_plain(response), content=text.encode()
            )
        return response

    def close(self) -> None:
        """Close what is behind it."""
        if self._onward is not None:
            self._onward.close()


class Played(httpx2.AsyncByteStream):
    """An answer from the tape, at the speed that was asked for."""

    def __init__(self, answer: Answer, deck: Deck, place: int) -> None:
        self._answer = answer
        self._deck = deck
        self._place = place

    async def __aiter__(self) -> AsyncIterator[bytes]:
        speed = self._deck.speed
        try:
            for seconds, text in self._answer.chunks:
                # Also without a speed: others get their turn between two chunks.
                await asyncio.sleep(seconds / speed if speed else 0)
                yield text.encode()
        finally:
            self._came()

    async def aclose(self) -> None:
        """Let the next one come, also where this one was not wanted any more."""
        self._came()

    def _came(self) -> None:
        if self._deck.order is not None:
            self._deck.order.came(self._place)


class Heard(httpx2.AsyncByteStream):
    """An answer of the server, kept when it is complete."""

    def __init__(self, response: httpx2.Response, keep: Any) -> None:
        self._response = response
        self._keep = keep

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: list[tuple[float, bytes]] = []
        before, kept = time.monotonic(), False
        async for chunk in self._response.aiter_bytes():
            now = time.monotonic()
            chunks.append((round(now - before, 3), chunk))
            before = now
            # Who reads a stream stops at its last event, and asks for no more.
            if not kept and _LAST in b"".join(each for _, each in chunks[-2:]):
                self._told(chunks)
                kept = True
            yield chunk
        if not kept:
            self._told(chunks)

    def _told(self, chunks: list[tuple[float, bytes]]) -> None:
        texts = tuple(_texts(chunks))
        self._keep(Answer(kind=_kind(self._response), chunks=texts))

    async def aclose(self) -> None:
        """Close what it is heard from."""
        await self._response.aclose()


def _texts(chunks: list[tuple[float, bytes]]) -> Iterator[tuple[float, str]]:
    """Yield chunks as text; a character that lies across two goes with the second."""
    rest = b""
    for seconds, chunk in chunks:
        whole = rest + chunk
        text = whole.decode("utf-8", "ignore")
        rest = whole[len(text.encode()) :]
        if len(rest) > 3:  # noqa: PLR2004 - no part of a character: it is no UTF-8
            text, rest = whole.decode("utf-8", "replace"), b""
        yield seconds, text


def _replied(answer: Answer, stream: httpx2.AsyncByteStream) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": answer.kind}, stream=stream)


def _plain(response: httpx2.Response) -> dict[str, str]:
    # The bytes that go on are unpacked, and of another length.
    return {"content-type": _kind(response)}


def _kind(response: httpx2.Response) -> str:
    return response.headers.get("content-type", "application/json")


def _body(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return (
        found
        if isinstance(found, dict)
        else {"body": content.decode("utf-8", "replace")}
    )
