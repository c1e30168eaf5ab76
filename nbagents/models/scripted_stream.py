"""A scripted answer as a stream: the events that a server would send."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from nbagents.models.scripted import ScriptedReply

_WORD = re.compile(r"\s*\S+\s*")
_MOST_PIECES = 200  # a long answer is no slower than its pause


def pieces(reply: ScriptedReply, pause: float) -> Sequence[str]:
    """Return the pieces in which the text of `reply` comes, over `pause` seconds."""
    if reply.chunks is not None:
        return reply.chunks
    if reply.refusal is not None or not pause:
        return [reply.text]
    words = _WORD.findall(reply.text) or [reply.text]
    size = -(-len(words) // _MOST_PIECES)
    return ["".join(words[n : n + size]) for n in range(0, len(words), size)]


async def events(
    completion: Mapping[str, Any],
    texts: Sequence[str],
    pause: float,
    *,
    with_usage: bool,
    broken: bool = False,
) -> AsyncIterator[bytes]:
    """Yield `completion` as events of a server.

    Args:
        completion: As it would be sent in one piece.
        texts: The pieces of its text.
        pause: Seconds that it takes in all.
        with_usage: Whether its tokens are told.
        broken: Whether it breaks off before the end.
    """
    for delta, finish in _deltas(completion["choices"][0], texts):
        if finish is None:
            await asyncio.sleep(pause / max(len(texts), 1))
        if broken and finish is not None:
            return
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        yield _event(completion, choices=[choice])
    if with_usage:
        yield _event(completion, choices=[], usage=completion["usage"])
    yield b"data: [DONE]\n\n"


def _deltas(
    choice: Mapping[str, Any], texts: Sequence[str]
) -> list[tuple[dict[str, Any], str | None]]:
    message = choice["message"]
    said: list[dict[str, Any]] = [{"role": "assistant", "content": t} for t in texts]
    if message.get("refusal") is not None:
        said = [{"role": "assistant", "refusal": message["refusal"]}]
    if message.get("images"):
        said.append({"images": message["images"]})
    calls = message.get("tool_calls") or []
    told = [{"tool_calls": [{"index": n, **call}]} for n, call in enumerate(calls)]
    return [*((each, None) for each in (*said, *told)), ({}, choice["finish_reason"])]


def _event(completion: Mapping[str, Any], **fields: Any) -> bytes:
    kept = {key: completion[key] for key in ("id", "created", "model")}
    chunk = {**kept, "object": "chat.completion.chunk", **fields}
    return f"data: {json.dumps(chunk)}\n\n".encode()
