"""Repeats: notices an attempt that asks the same again and again."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any


class Repeats:
    """How often in a row one attempt has asked the same, and was answered.

    A question that was not answered is not counted: it may well be asked again. Nor
    are those counted that wait for their answers side by side. Only digests are kept.
    """

    __slots__ = ("_answers", "_last", "_lock")

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = b""
        self._answers = 0

    def ask(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
    ) -> int:
        """Take a question; return how often in a row it was answered already."""
        asked = _digest(model, messages, parameters)
        with self._lock:
            if asked != self._last:
                self._last, self._answers = asked, 0
            return self._answers

    def answered(self) -> None:
        """Take it that there is an answer."""
        with self._lock:
            self._answers += 1


def _digest(*parts: Any) -> bytes:
    text = json.dumps(parts, default=repr, sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
