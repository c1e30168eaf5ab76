"""Other people's text inside a prompt: fitted to a length, fenced, and read again.

A fence carries a token that occurs nowhere in what it encloses, so no text can
contain the line that would close it. The token is a digest of the contents:
the same prompt always looks the same, and recordings of it can be found again.
"""

import hashlib
import json
import re
from collections.abc import Mapping

_FENCED = re.compile(
    r'^<data (?P<token>[0-9a-f]{16}) from=(?P<name>"[^\n]*")>\n'
    r"(?P<text>.*?)\n</data (?P=token)>$",
    re.MULTILINE | re.DOTALL,
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


def outside(text: str) -> str:
    """Return `text` without what is fenced in it."""
    return _FENCED.sub("", text)


def fit(text: str, most: int) -> str:
    """Return `text`, cut in the middle to `most` characters with a mark in place.

    The beginning says what a text is and the end what it comes to, so both stay:
    two thirds and one third.
    """
    if len(text) <= most:
        return text
    # Its own length depends on the number in it: take the longest it can be.
    room = max(most - len(_mark(len(text))), 0)
    tail = room // 3
    head = room - tail
    mark = _mark(len(text) - room)
    return (text[:head] + mark + text[len(text) - tail :])[:most]


def _mark(left_out: int) -> str:
    return f"\n[... {left_out:,} characters left out ...]\n"


def _token(parts: Mapping[str, str]) -> str:
    """A digest of all parts; in the one case in 2^64 that one holds it, the next."""
    contents = json.dumps(list(parts.items()))
    digest = hashlib.sha256(contents.encode()).hexdigest()
    while any(digest[:16] in text for text in parts.values()):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    return digest[:16]


def _sendable(text: str) -> str:
    """Return `text` with the halves of broken emoji replaced: UTF-8 has none."""
    return text.encode("utf-8", "replace").decode("utf-8")
