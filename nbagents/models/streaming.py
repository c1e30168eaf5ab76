"""A streamed answer, put together again: the same as if it had come in one piece."""

import asyncio
from collections.abc import AsyncIterable, Callable
from types import SimpleNamespace
from typing import Any

from nbagents.models.broken import BrokenAnswerError

_GRACE = 2.0
"""Seconds that are given to the figures and the end mark after the last word.

Some servers send no end mark, and keep the connection: what was asked for is there.
"""


class Collected:
    """What has come of an answer so far.

    Nothing in a chunk is taken on trust, as in `answer`: servers leave out fields,
    send `null` for lists, and count from anywhere.

    Attributes:
        told: Takes each piece of text as it comes.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self.told = told
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[Any, _Call] = {}
        self._images: list[Any] = []
        self._finish: str | None = None
        self._usage: Any = None
        self._model: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the model said that it is done."""
        return self._finish is not None

    def take(self, chunk: Any) -> None:
        """Take one chunk more."""
        self._usage = getattr(chunk, "usage", None) or self._usage
        self._model = getattr(chunk, "model", None) or self._model
        choices = getattr(chunk, "choices", None)
        if isinstance(choices, list) and choices:
            self._take_choice(choices[0])

    def completion(self) -> Any:
        """Return it all in the form of an answer that came in one piece."""
        message = SimpleNamespace(
            content="".join(self._text),
            refusal="".join(self._refusal) or None,
            images=self._images,
            tool_calls=[each.whole() for each in self._calls.values()] or None,
        )
        choice = SimpleNamespace(message=message, finish_reason=self._finish)
        return SimpleNamespace(
            choices=[choice], usage=self._usage, model=self._model or ""
        )

    def _take_choice(self, choice: Any) -> None:
        delta = getattr(choice, "delta", None)
        if isinstance(text := getattr(delta, "content", None), str) and text:
            self._text.append(text)
            self.told(text)
        if isinstance(words := getattr(delta, "refusal", None), str):
            self._refusal.append(words)
        images = getattr(delta, "images", None)
        self._images += images if isinstance(images, list) else []
        calls = getattr(delta, "tool_calls", None)
        for call in calls if isinstance(calls, list) else ():
            self._take_call(call)
        finish = getattr(choice, "finish_reason", None)
        self._finish = finish if isinstance(finish, str) and finish else self._finish

    def _take_call(self, piece: Any) -> None:
        id, index = getattr(piece, "id", None), getattr(piece, "index", None)
        # Some servers number all calls 0, or none, and tell them apart by their ids.
        place = index if isinstance(index, int) else len(self._calls) - (not id)
        known = self._calls.get(place)
        if known is not None and id and known.id and id != known.id:
            place = len(self._calls)
        self._calls.setdefault(place, _Call()).take(piece, id)


class _Call:
    """A call of a tool, of which the arguments come in pieces."""

    def __init__(self) -> None:
        self.id: str | None = None
        self._name = ""
        self._arguments: list[str] = []

    def take(self, piece: Any, id: Any) -> None:
        function = getattr(piece, "function", None)
        self.id = self.id or (id if isinstance(id, str) else None)
        self._name = self._name or str(getattr(function, "name", None) or "")
        if isinstance(more := getattr(function, "arguments", None), str):
            self._arguments.append(more)

    def whole(self) -> Any:
        function = SimpleNamespace(name=self._name, arguments="".join(self._arguments))
        return SimpleNamespace(id=self.id, type="function", function=function)


async def collect(chunks: AsyncIterable[Any], told: Callable[[str], None]) -> Any:
    """Return the answer that `chunks` come to.

    Args:
        chunks: As openai yields them.
        told: Takes each piece of text as it comes.

    Raises:
        BrokenAnswerError: It broke off before the model was done, or the server told
            an error instead of going on.
    """
    import httpx2
    import openai

    collected = Collected(told)
    try:
        await _take_all(chunks, collected)
    except httpx2.RequestError as error:
        if not collected.is_complete:
            raise BrokenAnswerError(in_words(error)) from error
    except openai.APIError as error:
        raise BrokenAnswerError(error.message, error.body or {}) from error
    if not collected.is_complete:
        message = "the stream ended before the model said that it was done"
        raise BrokenAnswerError(message)
    return collected.completion()


async def _take_all(chunks: AsyncIterable[Any], collected: Collected) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as clock:
            async for chunk in chunks:
                collected.take(chunk)
                if collected.is_complete and clock.when() is None:
                    clock.reschedule(loop.time() + _GRACE)
    except TimeoutError:
        if not collected.is_complete:
            raise


def in_words(error: Exception) -> str:
    """Return what `error` is and says."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
