"""How frozen records become JSON values and come back, told by their type hints.

Nothing is looked up by a name that stands in the data: which class a field holds is
what the class around it says. So a text can make nothing but the records of a run, and
a new field of one is stored without a word here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

from nbagents.coded import CodeResult
from nbagents.engine.unstored import Unstored
from nbagents.errors import JournalRecordError
from nbagents.journal import programs, values
from nbagents.journal.values import Redact

_MADE_HERE = frozenset({"by_digest", "digest", "key", "parent", "run"})
# What we made ourselves holds no secret, and looks like one: thirty-two random digits.


class Shape(Protocol):
    """What values of one type look like as JSON."""

    def write(self, value: Any, redact: Redact) -> Any:
        """Return `value` as JSON values, each text without its secrets."""

    def read(self, data: Any, where: str) -> Any:
        """Return the value that `data` is; `where` names its place in the record."""


@cache
def shape_of(hint: Any) -> Shape:
    """Return the shape of the type that `hint` says."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        (inner,) = (each for each in arguments if each is not NoneType)
        return _Optional(shape_of(inner))
    if origin is Mapping:
        return _Table(_inside(arguments[1]))
    if origin in {tuple, Sequence}:
        return _Many(_inside(arguments[0]))
    return _plain(hint)


def record_of(kind: type[Any], *, without: frozenset[str] = frozenset()) -> "Record":
    """Return the shape of the dataclass `kind`, but for the fields `without`."""
    return Record(kind, without)


def _plain(hint: Any) -> Shape:
    if hint is Any:
        return _Result()
    if isinstance(hint, type) and is_dataclass(hint):
        return record_of(hint)
    if issubclass(hint, StrEnum):
        return _Choice(hint)
    return _LEAVES[hint]


def _inside(hint: Any) -> Shape:
    # A whole field that may be anything is a result; anything inside of a list or a
    # table is part of a prompt.
    return _Message() if hint is Any else shape_of(hint)


def wrong(where: str, expected: str, data: Any) -> JournalRecordError:
    """Return the error that says what stands at `where` instead of what it must."""
    found = _NAMES.get(type(data), "something else")
    return JournalRecordError(f"'{where}' must be {expected}, not {found}")


_NAMES = {
    bool: "a truth value",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a text",
    NoneType: "null",
}


class _Text:
    def write(self, value: Any, redact: Redact) -> Any:
        return redact(str(value))

    def read(self, data: Any, where: str) -> Any:
        if type(data) is not str:
            raise wrong(where, "a text", data)
        return data


class _Verbatim(_Text):
    """A text that no redaction may touch."""

    def write(self, value: Any, redact: Redact) -> Any:
        del redact
        return str(value)


class _Number:
    """A number, or a truth value, of one of some exact types."""

    def __init__(self, *kinds: type[Any]) -> None:
        self._kinds = kinds

    def write(self, value: Any, redact: Redact) -> Any:
        del redact
        # An agent may tell its tokens as a number of numpy.
        return value if type(value) in self._kinds else self._kinds[0](value)

    def read(self, data: Any, where: str) -> Any:
        if type(data) not in self._kinds:
            raise wrong(where, _NAMES[self._kinds[0]], data)
        return data


_LEAVES: dict[Any, Shape] = {
    str: _Text(),
    int: _Number(int),
    float: _Number(float, int),
    bool: _Number(bool),
}


class _Choice:
    def __init__(self, kind: type[StrEnum]) -> None:
        self._members = {member.value: member for member in kind}

    def write(self, value: Any, redact: Redact) -> Any:
        del redact
        return value.value

    def read(self, data: Any, where: str) -> Any:
        member = self._members.get(data) if type(data) is str else None
        if member is None:
            raise wrong(where, f"one of {', '.join(self._members)}", data)
        return member


class _Optional:
    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def write(self, value: Any, redact: Redact) -> Any:
        return None if value is None else self._inner.write(value, redact)

    def read(self, data: Any, where: str) -> Any:
        return None if data is None else self._inner.read(data, where)


class _Many:
    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def write(self, value: Any, redact: Redact) -> Any:
        return [self._inner.write(each, redact) for each in value]

    def read(self, data: Any, where: str) -> Any:
        if type(data) is not list:
            raise wrong(where, "a list", data)
        places = enumerate(data)
        return tuple(self._inner.read(each, f"{where}[{n}]") for n, each in places)


class _Table:
    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def write(self, value: Any, redact: Redact) -> Any:
        write = self._inner.write
        return {redact(str(key)): write(each, redact) for key, each in value.items()}

    def read(self, data: Any, where: str) -> Any:
        if type(data) is not dict:
            raise wrong(where, "an object", data)
        read = self._inner.read
        return {key: read(each, f"{where}.{key[:40]}") for key, each in data.items()}


class _Result:
    """Whatever an agent returned: the value, or what stands for it."""

    def write(self, value: Any, redact: Redact) -> Any:
        name = "program" if type(value) is CodeResult else "value"
        write = programs.written if name == "program" else values.storable
        value = write(value, redact)
        if type(value) is Unstored:
            return {"unstored": _unstored().write(value, values.unchanged)}
        return {name: value}

    def read(self, data: Any, where: str) -> Any:
        if type(data) is not dict or len(data) != 1:
            raise wrong(where, "an object with one field", data)
        if "unstored" in data:
            return _unstored().read(data["unstored"], where)
        if "program" in data:
            return _program(data["program"], where)
        if "value" not in data or (why := values.why_not(data["value"])) is not None:
            why = why if "value" in data else "it has no value"
            raise JournalRecordError(f"'{where}' is no result: {why}")
        return data["value"]


def _program(data: Any, where: str) -> CodeResult:
    try:
        return programs.read(data)
    except ValueError as error:
        raise JournalRecordError(f"'{where}' is no result: {error}") from None


class _Message:
    """Part of a prompt: any JSON, each text of it without its secrets."""

    def write(self, value: Any, redact: Redact) -> Any:
        if values.why_not(value) is not None:
            return values.preview(value, redact)
        return _redacted(value, redact)

    def read(self, data: Any, where: str) -> Any:
        if (why := values.why_not(data)) is not None:
            raise JournalRecordError(f"'{where}' cannot be used: {why}")
        return data


def _redacted(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(each, redact) for each in value]
    if isinstance(value, dict):
        return {redact(key): _redacted(each, redact) for key, each in value.items()}
    return value


class Record:
    """A frozen dataclass: an object with its fields."""

    def __init__(self, kind: type[Any], without: frozenset[str]) -> None:
        hints = get_type_hints(kind)
        known = [each for each in fields(kind) if _is_stored(each, hints[each.name])]
        kept = [each for each in known if each.name not in without]
        self.shapes = {each.name: _shape(each.name, hints) for each in kept}
        self._needed = [each.name for each in kept if _is_needed(each)]
        self._kind = kind

    def write(self, value: Any, redact: Redact) -> dict[str, Any]:
        """Return the fields of `value`."""
        return {
            name: shape.write(getattr(value, name), redact)
            for name, shape in self.shapes.items()
        }

    def read(self, data: Any, where: str) -> Any:
        """Return the record that has the fields `data`."""
        return self._kind(**self.arguments(data, where))

    def arguments(self, data: Any, where: str) -> dict[str, Any]:
        """Return what to call the class with, for the fields `data`."""
        if type(data) is not dict:
            raise wrong(where, "an object", data)
        for name in data.keys() - self.shapes.keys():
            raise JournalRecordError(f"'{where}' has no field '{name[:40]}'")
        for name in self._needed:
            if name not in data:
                raise JournalRecordError(f"'{where}' lacks its field '{name}'")
        shapes = self.shapes
        return {n: shapes[n].read(each, f"{where}.{n}") for n, each in data.items()}


@cache
def _unstored() -> Record:
    return record_of(Unstored)


def _shape(name: str, hints: Mapping[str, Any]) -> Shape:
    if name not in _MADE_HERE:
        return shape_of(hints[name])
    return _Verbatim() if hints[name] is str else _Optional(_Verbatim())


def _is_stored(each: "Field[Any]", hint: Any) -> bool:
    # What follows from other fields is computed again; an exception is an object of
    # somebody's class, and its text stands beside it.
    return each.init and BaseException not in get_args(hint)


def _is_needed(each: "Field[Any]") -> bool:
    return each.default is MISSING and each.default_factory is MISSING
