"""Finds secrets in text and puts marks in their place.

A key stays one when colours of a terminal or characters without a width stand in the
middle of it: these are looked through, and stay where they were.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from nbagents.redaction import environment, formats
from nbagents.redaction.formats import Span

_SHORTEST = 8  # characters of the shortest text with a secret: `://u:p@h`
_MOST_PASSES = 8

# Colours and their kin, as they are, as `repr` and JSON write them, and as they look
# in our own views; links of a terminal; what has no width, or turns the direction.
_UNSEEN = re.compile(
    r"(?:[\x1b␛]\[|\x9b|\\{1,8}+(?:x1b|u001b|033|e)\[)[0-?]{0,40}[ -/]{0,4}[@-~]"
    r"|\x1b\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)"
    r"|[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]",
    re.IGNORECASE,
)
# Tags inside a line of text; those that begin a new place in the page separate.
_UNSEEN_IN_HTML = re.compile(
    r"</?(?:a|abbr|b|bdi|big|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|"
    r"strike|strong|sub|sup|tt|u|var|wbr)(?:\s[^<>]{0,2000})?/?>|" + _UNSEEN.pattern,
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return `text` with a mark in place of each key and password in it.

    The mark says what was there and nothing of it: `[redacted: OpenAI key]`. Keys are
    known by their form, and by being the value of an environment variable with a name
    like `..._KEY` or `..._TOKEN`.

    Example:
        >>> redacted("password at https://me:hunter2@example.com")
        'password at https://me:[redacted: password]@example.com'
    """
    return _marked(text, _UNSEEN)


def redacted_html(html: str) -> str:
    """Return HTML of others with marks in place of what is secret in its text.

    Only for what is cleaned afterwards: a tag that opens in a secret and closes
    behind it is no pair any more.
    """
    # Then without looking through tags: attributes hold text as well.
    return _marked(_marked(html, _UNSEEN_IN_HTML), _UNSEEN)


def spans(text: str, unseen: re.Pattern[str] = _UNSEEN) -> list[Span]:
    """Return where the secrets in `text` are, in order, none within another."""
    if len(text) < _SHORTEST:
        return []
    gaps = [each.span() for each in unseen.finditer(text)] if _may(text) else []
    if not gaps:
        return _joined(_found(text))
    pieces = list(_between(gaps, len(text)))
    plain = "".join(text[start:end] for start, end in pieces)
    at = [0, *accumulate(end - start for start, end in pieces)]

    def place(position: int) -> int:
        number = bisect_right(at, position, hi=len(pieces)) - 1
        return pieces[number][0] + position - at[number]

    return [(place(s), place(e - 1) + 1, what) for s, e, what in _joined(_found(plain))]


def _marked(text: str, unseen: re.Pattern[str]) -> str:
    # Again, until nothing is found: what stands beside a mark may be a secret, too,
    # now that the mark separates it from what was before.
    for _ in range(_MOST_PASSES):
        found = spans(text, unseen)
        if not found:
            break
        text = "".join(replaced(text, found, 0, len(text), unseen))
    return text


def replaced(
    text: str,
    found: Iterable[Span],
    first: int,
    last: int,
    unseen: re.Pattern[str] = _UNSEEN,
) -> Iterator[str]:
    """Yield `text` from `first` to `last` in pieces, with marks for what was found.

    A secret that is partly outside is a mark as well.
    """
    at = first
    for start, end, what in found:
        if end <= first or start >= last:
            continue
        yield text[at:start]
        yield f"[redacted: {what}]"
        yield from (each.group() for each in unseen.finditer(text, start, end))
        at = end
    yield text[at : max(at, last)]


def _may(text: str) -> bool:
    """Return whether there may be something unseen in `text`; quick."""
    return not text.isascii() or "[" in text or "<" in text or "\x1b" in text


def _found(text: str) -> list[Span]:
    lowered = text.lower()
    return [*formats.spans(text, lowered), *environment.spans(text)]


def _joined(found: list[Span]) -> list[Span]:
    """Return spans in order; of those that overlap, one with the name of the first."""
    joined: list[Span] = []
    for start, end, what in sorted(found, key=lambda each: (each[0], -each[1])):
        if joined and start < joined[-1][1]:
            begun, until, known = joined[-1]
            joined[-1] = begun, max(until, end), known
        else:
            joined.append((start, end, what))
    return joined


def _between(gaps: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in gaps:
        if start > at:
            yield at, start
        at = end
    if at < length:
        yield at, length
