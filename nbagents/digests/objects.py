"""What an object consists of: the values that make it equal to another of its class."""

import builtins
import copyreg
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from types import MappingProxyType
from typing import Any
from uuid import UUID

_BY_REPR = (
    *(date, datetime, time, timedelta, timezone, UUID),
    *(Decimal, Fraction, PurePath, complex, range, slice),
)
_CLIENT = "openai._base_client.BaseClient"
_OF_CLIENT = (
    *("base_url", "timeout", "max_retries", "organization", "project"),
    *("_custom_headers", "_custom_query"),
)
_PICKLING = ("__reduce__", "__reduce_ex__", "__getstate__")
_REPRS = {kind.__repr__ for kind in _BY_REPR}


def name_of(kind: type) -> str:
    """Return the name of a class, with its module."""
    return f"{kind.__module__}.{kind.__qualname__}"


def has_value(kind: type) -> bool:
    """Return whether two objects of this class can be equal without being one."""
    own: Any = kind.__eq__
    return own is not object.__eq__


def says_itself(kind: type) -> bool:
    """Return whether objects of this class say what they consist of.

    They do in `digest_parts()`: the values that make them another of their class.
    """
    # Asked of the class: a mock has every attribute that one asks it for.
    return callable(getattr(kind, "digest_parts", None))


def parts(kind: type, value: Any, *, every: bool = False) -> Iterable[Any] | None:
    """Return what an object consists of; `None` where that has to be found out.

    Args:
        kind: Its class.
        value: The object.
        every: Take as well what a dataclass does not compare.
    """
    if says_itself(kind):
        return list(value.digest_parts())
    if (known := _known_parts(kind, value)) is not None:
        return known
    if is_dataclass(kind):
        return _of_dataclass(value, every=every)
    if getattr(kind, "__pydantic_complete__", None) is not None:
        return _of_pydantic(value)
    plain = _as_plain(value)
    return None if plain is None else [plain, attributes(value)]


def _known_parts(kind: type, value: Any) -> list[Any] | None:
    """Return what an object consists of whose kind is known here; `None` of others."""
    if _is_client(kind):
        return [str(getattr(value, each, None)) for each in _OF_CLIENT]
    if issubclass(kind, Enum):
        return [value._name_, value._value_]
    if kind.__repr__ in _REPRS:
        return [repr(value), _own_dict(value)]
    return None


def _is_client(kind: type) -> bool:
    """Return whether objects of this class are clients of openai.

    These change by being used: they make what they need, and hold connections open. A
    key is no difference: whoever pays, the answer is the same.
    """
    return any(name_of(each) == _CLIENT for each in kind.__mro__)


def attributes(value: Any) -> dict[str, Any]:
    """Return what an object holds by name."""
    held = {}
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            hidden = name.startswith("__") and not name.endswith("__")
            full = f"_{cls.__name__.lstrip('_')}{name}" if hidden else name
            if full not in {"__dict__", "__weakref__"} and hasattr(value, full):
                held[full] = getattr(value, full)
    return held | _own_dict(value)


def state(value: Any) -> Any:
    """Return what an object holds, also where that is hidden from Python.

    Raises:
        TypeError: Nothing of it can be told; its class may raise anything else.
    """
    kind = type(value)
    own = [getattr(kind, each) is not getattr(object, each) for each in _PICKLING]
    if any(own) or kind in copyreg.dispatch_table:
        return reduced(value)
    return attributes(value) or reduced(value)


def reduced(value: Any) -> list[Any]:
    """Return what pickle would write of an object; nothing is ever read back.

    Raises:
        TypeError: It cannot be pickled; its class may raise anything else.
    """
    if type(value) is object:
        raise TypeError("a sentinel is what it is and nothing else")
    reduce = copyreg.dispatch_table.get(type(value))
    told = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(told, str) and vars(builtins).get(told) is value:
        return [told]
    if not isinstance(told, tuple):
        raise TypeError(name_of(type(value)))
    maker, args, state, items, pairs = (*told, None, None, None, None)[:5]
    return [maker, args, state, [*(items or ())], [*(pairs or ())]]


def _of_dataclass(value: Any, *, every: bool) -> list[Any]:
    compared = {each.name: every or each.compare for each in fields(value)}
    held = {name: getattr(value, name) for name, yes in compared.items() if yes}
    extra = _own_dict(value).items()
    return [held | {name: each for name, each in extra if name not in compared}]


def _of_pydantic(value: Any) -> list[Any]:
    # Not `model_dump()`, which leaves out what is excluded and what a subclass adds.
    more = ("__pydantic_extra__", "__pydantic_private__")
    return [_own_dict(value), *(getattr(value, name, None) for name in more)]


def _as_plain(value: Any) -> Any:
    """Return an object of a subclass of a plain type as one of that type."""
    for kind, plain in _AS_PLAIN.items():
        if isinstance(value, kind):
            return plain(value)
    return None


_AS_PLAIN: dict[type, Callable[[Any], Any]] = {
    # Of a subclass, what is there, and not what its own methods say.
    OrderedDict: lambda value: [*dict.items(value)],
    dict: lambda value: dict(dict.items(value)),
    MappingProxyType: dict,
    list: lambda value: [*list.__iter__(value)],
    tuple: lambda value: (*tuple.__iter__(value),),
    set: lambda value: {*set.__iter__(value)},
    frozenset: lambda value: {*frozenset.__iter__(value)},
    str: str.__str__,
    int: int.__index__,
    float: float.__repr__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}


def _own_dict(value: Any) -> dict[str, Any]:
    held = getattr(value, "__dict__", None)
    return dict(held) if isinstance(held, Mapping) else {}
