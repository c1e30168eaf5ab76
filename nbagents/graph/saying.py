"""What a result has to say, as data: part of its text, a value, a number.

Results come from models and from anybody's code. Nothing here trusts one, and nothing
raises over what it is.
"""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, Self

from nbagents.redaction import redacted

_SHOWN = 60  # characters of a value, in a sentence about it


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Saying:
    """What a result has to say. Where several things are given, all of them.

    With none of them it only has to be something: no empty text or list, not 0,
    `False` or `None`.

    Attributes:
        contains: Part of its text, in capitals or not; of a list, one of its items.
        equals: What it is, capitals and blanks around it aside; `None` is not asked.
        above: A number that it has to be greater than; `None` is not asked.
        below: A number that it has to be less than; `None` is not asked.
        field: Key of the value that is looked at, where the result is a dict, or JSON
            text that is one; `None` looks at the result itself.
        negate: Turns it round.
    """

    contains: str | None = None
    equals: Any = None
    above: float | None = None
    below: float | None = None
    field: str | None = None
    negate: bool = False

    def holds(self, result: Any) -> bool:
        """Return whether `result` says so. It never raises: a result may be anything.

        A value that cannot be compared, such as text with a number, says nothing.
        """
        value = result if self.field is None else inside(result, self.field)
        asked = [
            _contains(value, self.contains) if self.contains is not None else None,
            _equals(value, self.equals) if self.equals is not None else None,
            _number(value) > self.above if self.above is not None else None,
            _number(value) < self.below if self.below is not None else None,
        ]
        given = [each for each in asked if each is not None]
        return (all(given) if given else _is_something(value)) is not self.negate

    @property
    def words(self) -> str:
        """What it says as the end of a sentence: `"says 'OK'"`."""
        said = [
            f"{word} {short(value)}"
            for word, value in (
                ("says", self.contains),
                ("is", self.equals),
                ("is above", self.above),
                ("is below", self.below),
            )
            if value is not None
        ]
        of = "" if self.field is None else f"[{short(self.field)}] "
        return of + (" and ".join(said) or "returns something")

    def to_dict(self) -> dict[str, Any]:
        """Return what was given, as JSON values."""
        given = ((each.name, getattr(self, each.name), each) for each in fields(self))
        return {name: value for name, value, each in given if value != each.default}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return what `data` describes, as `to_dict` gives it.

        Raises:
            ValueError: It is no object, has other keys, or what they hold is wrong.
        """
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            message = f"must be an object, not {kind_of(data)}"
            raise ValueError(message)  # noqa: TRY004 - wrong data, as the rest of it
        known = [each.name for each in fields(cls)]
        for key in data:
            if key not in known:
                message = f"has no '{key!s:.40}' (it has {', '.join(known)})"
                raise ValueError(message)
        try:
            return cls(**data)
        except TypeError as error:
            raise ValueError(f"cannot be read: {error}") from None

    def __repr__(self) -> str:
        first, *_ = [each.name for each in fields(self) if not each.kw_only] or [""]
        own = {n: v for n, v in self.to_dict().items() if n != first}
        said = [repr(getattr(self, first))] if first else []
        said += [f"{name}={value!r}" for name, value in own.items()]
        return redacted(f"{type(self).__name__}({', '.join(said)})")

    def _check(self) -> None:
        """Raise `ValueError` where what was given cannot be asked of a result."""
        for name in ("contains", "field"):
            require(name, getattr(self, name), str, "text")
        for name in ("above", "below"):
            require(name, getattr(self, name), int | float, "a number")
        require("equals", self.equals, str | int | float | bool, "text or a number")
        if not isinstance(self.negate, bool):
            message = f"needs true or false as 'negate', not {kind_of(self.negate)}"
            raise ValueError(message)  # noqa: TRY004
        if self.contains == "":
            message = "needs something as 'contains': every text has an empty one"
            raise ValueError(message)

    def __post_init__(self) -> None:
        self._check()


def inside(result: Any, field: str) -> Any:
    """Return what `result` has under `field`; `None` where it has nothing."""
    found = result if isinstance(result, Mapping) else parsed(result)
    with suppress(Exception):  # It is somebody's class, and may do anything.
        return found[field]
    return None


def parsed(value: Any) -> Any:
    """Return the JSON that a text is, in a code fence or not; else `None`."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        text = text[text.index("\n") : -3]
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def _contains(value: Any, part: str) -> bool:
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return any(_equals(each, part) for each in value)
    return part.casefold() in _text(value).casefold()


def _equals(value: Any, other: Any) -> bool:
    if isinstance(other, str):
        return _text(value).strip().casefold() == other.strip().casefold()
    with suppress(Exception):
        return bool(value == other)
    return False


def _number(value: Any) -> float:
    """Return the number that `value` is; one that compares with nothing otherwise."""
    with suppress(Exception):
        return float(value)
    return math.nan


def _is_something(value: Any) -> bool:
    with suppress(Exception):
        return bool(value.strip() if isinstance(value, str) else value)
    return True  # A table will not say, and is one.


def _text(value: Any) -> str:
    with suppress(Exception):
        return str(value)
    return ""


def short(value: Any) -> str:
    """Return a value for a sentence about it."""
    said = repr(value) if isinstance(value, str | int | float | bool) else ""
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN - 1]}…"


def kind_of(value: Any) -> str:
    """Return what a value is, in a word for whoever wrote JSON."""
    return "null" if value is None else type(value).__name__


def require_text(name: str, value: Any) -> None:
    """Raise `ValueError` unless `value` is text with something in it."""
    if not isinstance(value, str) or not value.strip():
        message = f"needs the name of one as '{name}', not {value!r:.60}"
        raise ValueError(message)


def require(name: str, value: Any, kinds: Any, words: str) -> None:
    """Raise `ValueError` unless `value` is of `kinds`, or not given."""
    if value is None:
        return
    usable = isinstance(value, kinds) and (
        name == "equals" or not isinstance(value, bool)
    )
    if not usable or (isinstance(value, float) and math.isnan(value)):
        message = f"needs {words} as '{name}', not {kind_of(value)}"
        raise ValueError(message)


def require_count(name: str, value: Any, most: int | None) -> None:
    """Raise `ValueError` unless `value` is a whole number from 1 to `most`."""
    usable = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not usable or (most is not None and value > most):
        up_to = "above 0" if most is None else f"from 1 to {most}"
        message = f"needs a whole number {up_to} as '{name}', not {value!r:.60}"
        raise ValueError(message)
