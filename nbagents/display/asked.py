"""What a browser asks for, read with care: anything may stand in a message."""

import json
from collections.abc import Mapping
from typing import Any

from nbagents.errors import NbagentsError

MOST_TEXT = 100_000
"""Characters of a text that can be edited in a view."""

_MOST_NAME = 1000

Asked = Mapping[str, Any]
"""What a message says: `ask`, a verb, and what belongs to that."""


class AskedWronglyError(NbagentsError):
    """A view asked for something that makes no sense, or does not any more."""


def verb(said: Any) -> str:
    """Return what is asked for; empty where that is nothing at all."""
    asked = said.get("ask") if isinstance(said, Mapping) else None
    return asked if isinstance(asked, str) else ""


def number(said: Any) -> str | int | None:
    """Return what a reply is known by; `None` where a message has nothing like it."""
    given = said.get("number") if isinstance(said, Mapping) else None
    if isinstance(given, str):
        # What cannot be written cannot be sent back either.
        usable = len(given) <= _MOST_NAME and given.isprintable()
        return given if usable else None
    return given if type(given) is int and abs(given) < 2**53 else None


def name(said: Asked, field: str) -> str:
    """Return a name that is given as `field`; raises as `text` does."""
    return text(said, field, _MOST_NAME)


def text(said: Asked, field: str, most: int = MOST_TEXT) -> str:
    """Return the text that is given as `field`.

    Raises:
        AskedWronglyError: It is no text, or one of more than `most` characters.
    """
    given = said.get(field)
    if not isinstance(given, str):
        message = f"{field} must be a text"
        raise AskedWronglyError(message)
    if len(given) > most:
        message = f"{field} has {len(given):,} characters; the most is {most:,} here"
        raise AskedWronglyError(message)
    return given


def whole(said: Asked, field: str) -> int:
    """Return the whole number that is given as `field`; raises as `text` does."""
    given = said.get(field)
    if type(given) is not int:
        message = f"{field} must be a whole number"
        raise AskedWronglyError(message)
    return given


def choice(said: Asked, field: str, choices: tuple[Any, ...]) -> Any:
    """Return what is given as `field`, one of `choices`; raises as `text` does."""
    given = said.get(field)
    for each in choices:
        if type(given) is type(each) and given == each:
            return each
    message = f"{field} must be {' or '.join(map(repr, choices))}"
    raise AskedWronglyError(message)


def value(said: Asked, field: str) -> Any:
    """Return the value that is given as `field`, a text of the `kind` that is given.

    Raises:
        AskedWronglyError: It is no text, or no JSON where it should be.
    """
    given = text(said, field)
    if choice(said, "kind", ("text", "json")) == "text":
        return given
    try:
        return json.loads(given, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"this is not JSON: {error.msg} at {where}"
    except (ValueError, RecursionError) as error:
        message = f"this cannot be read as JSON: {error}"
    raise AskedWronglyError(message)


def _no_constant(written: str) -> Any:
    message = f"JSON has no {written}"
    raise ValueError(message)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        message = f"the key {twice!r:.80} stands in it twice"
        raise ValueError(message)
    return found
