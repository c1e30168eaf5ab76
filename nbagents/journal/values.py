"""What of a result can be stored: JSON, and of anything else a few words.

A value is stored only if what comes back is exactly the same. A tuple would come back
as a list and a number of numpy as a plain one, so these are not stored; nothing is
ever pickled. NaN and the infinities are: Python writes them as JSON and reads them.
"""

import json
import reprlib
from collections.abc import Callable
from typing import Any

from nbagents.engine.unstored import Unstored

Redact = Callable[[str], str]
"""Takes secrets out of a text."""

MOST_DEPTH = 200
"""Levels of lists and dicts in each other; JSON of a thousand cannot be read again."""

MOST_PARTS = 1_000_000
"""Parts of a value; walking through more would hold up the run for seconds."""

MOST_TEXT = 2**26
"""Characters of all its texts together."""

MOST_DIGITS = 640
"""Digits of an integer: what Python reads however low its own limit is set."""

MOST_PREVIEW = 200
"""Characters of a preview."""

_LIMIT = 10**MOST_DIGITS
_ATOMS = frozenset({bool, float, type(None)})

# Long enough that what it cuts is never among the first characters, which are shown:
# half of a key would not be recognized as one.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 50 * MOST_PREVIEW


def unchanged(text: str) -> str:
    """Return `text`: the redaction that takes nothing out."""
    return text


def storable(value: Any, redact: Redact = unchanged) -> Any:
    """Return `value` if it can be stored, else an `Unstored` that stands for it."""
    if type(value) is Unstored:
        return value
    why = why_not(value)
    if why is None and redact is not unchanged and _is_secret(value, redact):
        why = "it holds a secret"
    return value if why is None else unstored(value, why, redact)


def unstored(value: Any, why: str, redact: Redact = unchanged) -> Unstored:
    """Return what stands for `value`."""
    return Unstored(redact(type(value).__name__), preview(value, redact), redact(why))


def preview(value: Any, redact: Redact = unchanged) -> str:
    """Return the beginning of the `repr` of `value`, without secrets."""
    try:
        text = redact(_SHORT.repr(value))
    except BaseException:  # noqa: BLE001 - it is the agent's class, and may do anything
        return "(it cannot be shown)"
    return text if len(text) <= MOST_PREVIEW else text[: MOST_PREVIEW - 1] + "…"


def why_not(value: Any) -> str | None:
    """Return why `value` cannot be stored; `None` if it can."""
    try:
        _Walk().through(value, 1)
    except _UnfitError as unfit:
        return str(unfit)
    except RecursionError:
        return _TOO_DEEP
    except RuntimeError:  # A dict that grows while it is walked through.
        return "it is still being changed"
    return None


_TOO_DEEP = f"it has more than {MOST_DEPTH} levels, or contains itself"


class _UnfitError(Exception):
    """A part that is not JSON; the message says why."""


class _Walk:
    """Goes through one value, and stops at the first part that cannot be stored."""

    __slots__ = ("_parts", "_text")

    def __init__(self) -> None:
        self._parts = MOST_PARTS
        self._text = MOST_TEXT

    def through(self, value: Any, depth: int) -> None:
        """Check `value` and what is in it; `depth` counts from 1."""
        kind = type(value)
        self._count()
        if kind is str:
            self._check_text(value)
        elif kind is int:
            _check_int(value)
        elif kind is list or kind is dict:
            self._inside(value, depth)
        elif kind not in _ATOMS:
            raise _UnfitError(f"a '{kind.__name__}' is not JSON")

    def _inside(self, value: Any, depth: int) -> None:
        # A value that contains itself gets here soon: what is inside comes first.
        if depth > MOST_DEPTH:
            raise _UnfitError(_TOO_DEEP)
        if type(value) is dict:
            for key in value:
                self._check_key(key)
        for each in value.values() if type(value) is dict else value:
            self.through(each, depth + 1)

    def _count(self) -> None:
        self._parts -= 1
        if self._parts < 0:
            raise _UnfitError(f"it has more than {MOST_PARTS:,} parts")

    def _check_key(self, key: Any) -> None:
        if type(key) is not str:
            raise _UnfitError(f"a key that is a '{type(key).__name__}' is not JSON")
        self._check_text(key)

    def _check_text(self, text: str) -> None:
        self._text -= len(text)
        if self._text < 0:
            raise _UnfitError(f"it has more than {MOST_TEXT:,} characters")
        if not text.isascii() and _joined(text) != text:
            raise _UnfitError("a text has two halves of a character side by side")


def _check_int(value: int) -> None:
    if not -_LIMIT < value < _LIMIT:
        raise _UnfitError(f"an integer has more than {MOST_DIGITS} digits")


def _joined(text: str) -> str:
    """Return `text` as JSON gives it back: two halves of a character become one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _is_secret(value: Any, redact: Redact) -> bool:
    # As a whole as well: {"password": "..."} is told by its key.
    whole = json.dumps(value, ensure_ascii=False)
    return redact(whole) != whole or _has_secret(value, redact)


def _has_secret(value: Any, redact: Redact) -> bool:
    if isinstance(value, str):
        return redact(value) != value
    if isinstance(value, dict):
        return any(_has_secret(each, redact) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(_has_secret(each, redact) for each in value)
