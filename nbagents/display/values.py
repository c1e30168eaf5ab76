"""A result as text: what it is, what it holds, whatever its class does.

A result is of any class, and showing it runs code of that class. `guarded` is how
that is done here: what it raises costs that one way of showing, never the view.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from nbagents.coded import CodeResult
from nbagents.display import safe

_MOST_ROWS, _MOST_COLUMNS = 20, 12  # of a table; pandas says how many there are
_MOST_IN_CELL = 80  # characters
_MOST_WRITTEN = 500_000  # characters of JSON; a hundred screens, made in a blink
_DEEPEST = 60  # levels of JSON; the indentation alone would fill a page
_MOST_BYTES = 48

T = TypeVar("T")


class Words(NamedTuple):
    """A value as text; not `complete` when it goes on and nobody counted how far."""

    text: str
    complete: bool = True


def guarded(show: Callable[[Any], T], value: Any) -> T | None:
    """Return `show(value)`, or `None` when that raises anything."""
    try:
        return show(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a panic in Rust (polars) is no Exception
        return None


def as_text(value: Any) -> Words:
    """Return `value` as a person can read it: text as it is, JSON indented, else repr.

    A table of pandas is its head and its tail, and bytes are counted. A value that
    fails to show itself is named by its class.
    """
    for show in (_text, _program, _rows, _json, _bytes, _repr):
        if (words := guarded(show, value)) is not None:
            return words
    return Words(name(value))


def as_json(value: Any) -> Words:
    """Return a dict or list as indented JSON.

    What JSON cannot hold stands there as its repr, in quotes.
    """
    pieces, size = [], 0
    for piece in _pieces(value, ()):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_WRITTEN:
            return Words("".join(pieces), complete=False)
    return Words("".join(pieces))


def name(value: Any) -> str:
    """Return the class of `value` in angle brackets."""
    return guarded(lambda each: f"<{type(each).__name__}>", value) or "<object>"


def frame(value: Any) -> Any:
    """Return `value` as a table of pandas, and `None` when it is none."""
    kinds = {
        kind.__name__
        for kind in type(value).__mro__
        if kind.__module__.partition(".")[0] == "pandas"
    }
    if "Series" in kinds:
        return value.to_frame()
    return value if "DataFrame" in kinds else None


def limits(table: Any) -> dict[str, Any]:
    """Return the arguments that keep pandas from writing a long table to its end."""
    # By position: the names of two columns may be the same. Numbers stay with pandas.
    formatters = [
        _cell if str(dtype) in {"object", "str", "string"} else None
        for dtype in table.dtypes
    ]
    return {
        "max_rows": _MOST_ROWS,
        "max_cols": _MOST_COLUMNS,
        "show_dimensions": True,
        "formatters": formatters,
    }


def _cell(value: Any) -> str:
    return safe.one_line(guarded(str, value) or name(value), _MOST_IN_CELL)


def _text(value: Any) -> Words | None:
    # A subclass may have changed what its methods say: read it as plain text.
    return Words(str.__str__(value)) if issubclass(type(value), str) else None


def _program(value: Any) -> Words | None:
    return Words(str(value)) if type(value) is CodeResult else None


def _rows(value: Any) -> Words | None:
    table = frame(value)
    if table is None:
        return None
    return _text(table.to_string(**limits(table)))


def _json(value: Any) -> Words | None:
    return as_json(value) if _brackets(value) else None


def _bytes(value: Any) -> Words | None:
    if not issubclass(type(value), bytes | bytearray):
        return None
    head = bytes(value[:_MOST_BYTES])
    more = " …" if len(value) > len(head) else ""
    count = f"{len(value):,} byte{'s' if len(value) != 1 else ''}"
    return Words(f"{count}: {head.hex(' ')}{more}" if head else count)


def _repr(value: Any) -> Words | None:
    return _text(repr(value))


def _brackets(value: Any) -> str | None:
    kind = type(value)
    if issubclass(kind, dict):
        return "{}"
    # A named tuple is not one of these: its repr has the names.
    return "[]" if issubclass(kind, list) or kind is tuple else None


def _pieces(value: Any, above: tuple[int, ...]) -> Iterator[str]:
    brackets = _brackets(value)
    if brackets is None:
        yield guarded(_leaf, value) or _quoted(name(value))
    elif id(value) in above:
        yield _quoted(f"{name(value)} inside itself")
    elif len(above) == _DEEPEST:
        yield _quoted("… more levels")
    else:
        yield brackets[0]
        yield from _members(value, (*above, id(value)))
        yield brackets[1]


def _members(value: Any, above: tuple[int, ...]) -> Iterator[str]:
    margin = "\n" + "  " * len(above)
    comma = ""
    for key, each in _pairs(value):
        yield f"{comma}{margin}{key}"
        yield from _pieces(each, above)
        comma = ","
    if comma:
        yield margin[:-2]


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    # Asked of the built-in class: a subclass may do anything.
    if issubclass(type(value), dict):
        for key, each in dict.items(value):
            yield f"{guarded(_key, key) or _quoted(name(key))}: ", each
    else:
        for each in (tuple if type(value) is tuple else list).__iter__(value):
            yield "", each


def _key(key: Any) -> str:
    written = _leaf(key)
    return written if written.startswith('"') else _quoted(written)


def _leaf(value: Any) -> str:
    kind = type(value)
    if issubclass(kind, str):
        return _quoted(str.__str__(value))
    if issubclass(kind, int | float) or value is None:
        return json.dumps(value)
    if getattr(kind, "ndim", None) is not None and value.ndim == 0:
        return _leaf(value.item())  # a number of numpy
    return _quoted(repr(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
