"""Redaction of what is not one text: dicts and lists of texts."""

from typing import Any, TypeVar

from nbagents.redaction.finding import redacted

T = TypeVar("T")

_DEEPEST = 100  # levels; a list inside itself would never end


def redacted_in(value: T) -> T:
    """Return JSON-like `value` with every text in it redacted, keys of dicts too.

    What is neither text nor a dict, list or tuple stays the object it is, and so does
    whatever has nothing to hide. An entry whose key says that it is one ("password")
    is judged together with its value.
    """
    redacted_value: T = _redacted(value, 0)
    return redacted_value


def _redacted(value: Any, depth: int) -> Any:
    if issubclass(type(value), str):
        return _text(value)
    if depth > _DEEPEST:
        return value
    if type(value) in {list, tuple}:
        made = type(value)(_redacted(each, depth + 1) for each in value)
    elif issubclass(type(value), dict):
        made = _mapping(value, depth)
    else:
        return value
    return value if _same(made, value) else made


def _mapping(value: Any, depth: int) -> dict[Any, Any]:
    return {
        _redacted(key, depth + 1): _entry(key, each, depth)
        for key, each in dict.items(value)
    }


def _entry(key: Any, value: Any, depth: int) -> Any:
    if type(key) is str and type(value) is str:
        # As it would be written: `api_key: ...` is a secret where `...` alone is not.
        written = f"{key}: {value}"
        if (shown := redacted(written)) != written and shown.startswith(f"{key}: "):
            return shown.removeprefix(f"{key}: ")
    return _redacted(value, depth + 1)


def _text(value: str) -> str:
    text = str.__str__(value)
    shown = redacted(text)
    return value if shown == text else shown


def _same(made: Any, value: Any) -> bool:
    if len(made) != len(value):
        return False
    if type(made) is dict:
        pairs = zip(made.items(), dict.items(value), strict=True)
        return all(a is c and b is d for (a, b), (c, d) in pairs)
    return all(a is b for a, b in zip(made, value, strict=True))
