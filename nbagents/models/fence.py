"""Other people's text inside a prompt: fitted to a length, fenced, and read again.

A fence is a line `<data TOKEN from="NAME">`, the text, and a line `</data TOKEN>`.

A fence carries a token that occurs nowhere in what it encloses, so no text can
contain the line that would close it. The token is a digest of the contents:
the same prompt always looks the same, and recordings of it can be found again. Names
stand there as JSON in ASCII, on one line whatever they hold. What stands outside
fences goes through `unlike_fence`, so a goal or a description cannot bring a fence
along, which would pass for a result or for the beginning of one.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbagents.redaction import spared

_FENCED = re.compile(
    r'^<data (?P<token>[0-9a-f]{16}) from=(?P<name>"[^\n]*")>\n'
    r"(?P<text>.*?)\n</data (?P=token)>$",
    re.MULTILINE | re.DOTALL,
)


# What a reader may take for a mark of ours: as one is written, in capitals too, with
# blanks in it, and with characters that cannot be seen.
_UNSEEN = r"\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_BLANKS = rf"[\s{_UNSEEN}]*"
_DATA = rf"[{_UNSEEN}]*".join("data")
_LIKE_FENCE = re.compile(
    rf"<(?={_BLANKS}/?{_BLANKS}{_DATA}{_BLANKS}[0-9a-f])", re.IGNORECASE
)


def fence(parts: Mapping[str, str]) -> str:
    """Return the texts one after the other, each in a fence with its name."""
    token = _token(parts)
    return "\n\n".join(
        f"<data {token} from={json.dumps(name)}>\n{_sendable(text)}\n</data {token}>"
        for name, text in parts.items()
    )


def unfence(text: str) -> dict[str, str]:
    """Return the fenced texts inside `text`, by name."""
    return {json.loads(m["name"]): m["text"] for m in _FENCED.finditer(text)}


def unlike_fence(text: str) -> str:
    """Return `text` with `[` for the `<` of whatever looks like a mark of a fence."""
    return _sendable(_LIKE_FENCE.sub("[", text))


def outside(text: str) -> str:
    """Return `text` without what is fenced in it."""
    return _FENCED.sub("", text)


def fit(text: str, most: int) -> str:
    """Return `text`, cut in the middle to `most` characters with a mark in place.

    The beginning says what a text is and the end what it comes to, so both stay:
    two thirds and one third. A key that lies across a cut is left out as a whole:
    the half that stays would be of no use, and no view would know it for a key.
    """
    if len(text) <= most:
        return text
    # Its own length depends on the number in it: take the longest it can be.
    room = max(most - len(_mark(len(text))), 0)
    head = spared(text, room - room // 3)[0]
    tail = spared(text, len(text) - room // 3)[1]
    return (text[:head] + _mark(tail - head) + text[tail:])[:most]


def shares(lengths: Sequence[int], each: int, total: int) -> list[int]:
    """Return how much room each of several texts gets: no more than `total` in all.

    Short ones get what they need, and the others equal parts of what that leaves.

    Args:
        lengths: Characters of each text.
        each: Most characters of one.
        total: Most characters of all together.
    """
    rooms, left = [0] * len(lengths), total
    by_length = sorted(range(len(lengths)), key=lambda n: lengths[n])
    for done, n in enumerate(by_length):
        fair = left // (len(lengths) - done)
        rooms[n] = min(lengths[n], each, fair)
        left -= rooms[n]
    return rooms


def _mark(left_out: int) -> str:
    return f"\n[... {left_out:,} characters left out ...]\n"


def _token(parts: Mapping[str, str]) -> str:
    """A digest of all parts; in the one case in 2^64 that one holds it, the next."""
    contents = json.dumps(list(parts.items()))
    digest = hashlib.sha256(contents.encode()).hexdigest()
    while any(digest[:16] in text for part in parts.items() for text in part):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:16]


def sendable(value: Any) -> Any:
    """Return `value`, all texts in it without halves of broken emoji: UTF-8 has none.

    Args:
        value: A text, or messages as JSON values, which stay as they are.
    """
    if isinstance(value, str):
        return value if value.isascii() else _sendable(value)
    if isinstance(value, Mapping):
        return {sendable(name): sendable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [sendable(each) for each in value]
    return value


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
