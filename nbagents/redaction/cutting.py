"""Shortens text without cutting a secret in two.

The half of a key looks like nothing and is still half of a key. So what is shortened
is looked at beyond the cut, and a secret that lies across it is a mark as a whole.
"""

from typing import Any

from nbagents.redaction.finding import redacted, replaced, spans

_BEYOND = 4_096  # characters: longer than any key but the largest private ones


def head(text: str, most: int) -> str:
    """Return the first `most` characters of `text`, redacted."""
    if len(text) <= most:
        return redacted(text)
    window = text[: most + _BEYOND]
    return redacted("".join(replaced(window, spans(window), 0, most)))


def tail(text: str, most: int) -> str:
    """Return the last `most` characters of `text`, redacted."""
    if len(text) <= most:
        return redacted(text)
    window = text[len(text) - most - _BEYOND :] if len(text) > most + _BEYOND else text
    first = len(window) - most
    return redacted("".join(replaced(window, spans(window), first, len(window))))


def clipped(value: Any, most: int) -> str:
    """Return the repr of `value`, redacted, and cut to `most` characters."""
    return redacted(repr(value))[:most]


def spared(text: str, position: int) -> tuple[int, int]:
    """Return the secret at `position` as its start and end, else the position twice.

    Whoever cuts at one of these does not cut a key in two.
    """
    first = max(position - _BEYOND, 0)
    for start, end, _ in spans(text[first : position + _BEYOND]):
        if first + start < position < first + end:
            return first + start, first + end
    return position, position
