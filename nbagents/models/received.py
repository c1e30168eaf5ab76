"""The figures in an answer, read from its bytes while they pass."""

import json
from types import SimpleNamespace
from typing import Any

from nbagents.models.answer import Usage, usage

_MOST = 2**23  # bytes that are kept to be read
_EVENT = b"data:"
_EVENTS = (b"data:", b"event:", b"id:", b":")


class Received:
    """Takes the bytes of an answer, in one piece or as a stream of events."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_events = False
        self._usage: Any = None
        self._model: str | None = None

    def take(self, data: bytes) -> None:
        """Take some more."""
        self._rest += data
        self._is_events = self._is_events or self._rest.lstrip().startswith(_EVENTS)
        if self._is_events:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                self._line(line)
        if len(self._rest) > _MOST:
            self._rest = b""

    def figures(self) -> tuple[Usage, str | None]:
        """Return the tokens, as far as they were told, and who answered."""
        self._line(self._rest)
        self._rest = b""
        return usage(SimpleNamespace(usage=self._usage)), self._model

    def _line(self, line: bytes) -> None:
        line = line.removeprefix(_EVENT).strip()
        if b'"usage"' not in line and b'"model"' not in line:
            return
        try:
            told = json.loads(line)
        except ValueError:
            return
        if isinstance(told, dict):
            self._told(told)
            # Where the stream is one of responses, they are in its last event.
            if isinstance(inner := told.get("response"), dict):
                self._told(inner)

    def _told(self, told: dict[str, Any]) -> None:
        model = told.get("model")
        self._model = model if isinstance(model, str) and model else self._model
        if isinstance(used := told.get("usage"), dict):
            self._usage = _named(used)


def _named(used: dict[str, Any]) -> SimpleNamespace:
    """Return figures under the names that chat completions have for them."""
    details = used.get("prompt_tokens_details") or used.get("input_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    came = used.get("completion_tokens", used.get("output_tokens"))
    if came is None and "prompt_tokens" in used and "total_tokens" in used:
        came = 0  # Embeddings: nothing is written.
    return SimpleNamespace(
        prompt_tokens=used.get("prompt_tokens", used.get("input_tokens")),
        completion_tokens=came,
        prompt_tokens_details=SimpleNamespace(cached_tokens=cached),
    )
