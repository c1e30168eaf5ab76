"""How a request is sent: streamed where that is wanted and the server can do it.

Servers can do more or less of it: some know no `stream_options`, by which OpenAI tells
the tokens of a streamed answer, some stream to nobody or not to this key, and some take
no notice and answer in one piece. What a server could not do is remembered.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbagents.models.broken import BrokenAnswerError
from nbagents.models.streaming import collect, in_words
from nbagents.models.telling import Telling

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_REJECTED = frozenset({400, 403, 404, 422, 500, 501})
_WITH_FIGURES, _WITHOUT, _WHOLE = range(3)
_EVENTS = "text/event-stream"


class Ways:
    """In which way one server is asked, as far as it has been found out.

    Attributes:
        level: 0 streamed, with the tokens told; 1 streamed without; 2 in one piece.
    """

    def __init__(self) -> None:
        self.level = _WITH_FIGURES

    async def send(
        self, client: "AsyncOpenAI", request: dict[str, Any], telling: Telling | None
    ) -> Any:
        """Return the answer, in the form in which it comes in one piece.

        Args:
            client: Who sends.
            request: What `chat.completions.create` takes.
            telling: Takes the text as it comes; `None` asks for it in one piece.
        """
        while telling is not None and self.level < _WHOLE:
            try:
                return await _streamed(client, request, telling, self._more())
            except Exception as error:
                level = _way_after(error, self.level)
                if level is None:
                    raise
                self.level = level
        return await client.chat.completions.create(**request)

    def _more(self) -> dict[str, Any]:
        if self.level == _WITH_FIGURES:
            return {"stream_options": {"include_usage": True}}
        return {}


def _way_after(error: Exception, level: int) -> int | None:
    """Return the next way to try; `None` where the way is not what was wrong."""
    said = str(error).lower()
    if getattr(error, "status_code", None) not in _REJECTED or "stream" not in said:
        return None
    wants_other_options = "stream_options" in said or "include_usage" in said
    return _WITHOUT if wants_other_options and level == _WITH_FIGURES else _WHOLE


async def _streamed(
    client: "AsyncOpenAI",
    request: dict[str, Any],
    telling: Telling,
    more: dict[str, Any],
) -> Any:
    telling.begin()
    create: Callable[..., Any] = client.chat.completions.with_raw_response.create
    raw = await create(**request, stream=True, **more)
    kind = raw.headers.get("content-type", _EVENTS)
    response = raw.http_response
    try:
        if not kind.startswith(_EVENTS):
            return await _in_one_piece(response, kind)
        completion = await collect(raw.parse(), telling.add)
    finally:
        await response.aclose()
    telling.end()
    return completion


async def _in_one_piece(response: Any, kind: str) -> Any:
    """Return what a server sent that took no notice of `stream`."""
    import httpx2
    from openai.types.chat import ChatCompletion

    try:
        await response.aread()
    except httpx2.RequestError as error:
        raise BrokenAnswerError(in_words(error)) from error
    data = response.json() if "json" in kind else response.text
    return ChatCompletion.construct(**data) if isinstance(data, dict) else str(data)
