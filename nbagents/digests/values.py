"""The digest of a value: equal for equal content, also in another process.

A value is digested by what it is made of, each part with its type, so that 1, 1.0,
True and "1" differ. The order of a dict does not count, as it does not for `==`; NaN
is equal to itself, as it is not for `==`.
"""

import pickle
import secrets
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from nbagents.digests.origins import is_own

MOST_PARTS = 250_000
"""Parts of a value that are looked at; a larger one is not digested."""

MOST_BYTES = 256 * 2**20
"""The same for an array, a table or a pickled value, in bytes."""

_SIZE = 16  # bytes of a digest: the odds of two alike are beyond any run's life

_ANY = "surrogatepass"  # a text that is no valid Unicode is a text, too

_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_BY_REPR = (date, time, timedelta, Decimal, Fraction, UUID, PurePath, complex, range)


class NoDigestError(Exception):
    """The value has no content that could be told by looking at it."""


@runtime_checkable
class Digestible(Protocol):
    """A value that says itself what makes it what it is."""

    def digest_parts(self) -> tuple[Any, ...]:
        """Return the values that make the difference to another of its class."""


def content(value: Any) -> str | None:
    """Return the digest that a result is kept with; `None` for plain text or numbers.

    Those never change, so they are digested when somebody asks. Anything else may be
    changed in place later, so it is digested now. What cannot be digested gets a mark
    that equals no other: made again, it counts as changed.
    """
    if type(value) in _PLAIN:
        return None
    try:
        return digest(value)
    except NoDigestError:
        return f"unique-{secrets.token_hex(_SIZE)}"


def digest(value: Any, function: Callable[[Any], str] | None = None) -> str:
    """Return the digest of `value`, as hexadecimal digits.

    Args:
        value: Text, numbers, JSON, sets, dates, enums, dataclasses, pydantic models,
            arrays of numpy, tables of pandas, and what can be pickled and compared.
        function: Digests what can be called in it; `None` takes no functions.

    Raises:
        NoDigestError: It has no content that can be told, or too much.
    """
    try:
        return _Reader(function).digest(value)
    except NoDigestError:
        raise
    except Exception as error:  # a class of the agent's author, which may do anything
        raise NoDigestError(type(value).__name__) from error


def combined(parts: Iterable[str]) -> str:
    """Return one digest of several, in their order."""
    return _hashed("combined", *parts)


def _hashed(kind: str, *parts: str | bytes) -> str:
    hasher = blake2b(digest_size=_SIZE)
    for part in (kind, *parts):
        data = part.encode("utf-8", _ANY) if isinstance(part, str) else part
        # With its length before it no part can pass for the end of another.
        hasher.update(f"{len(data)}:".encode())
        hasher.update(data)
    return hasher.hexdigest()


class _Reader:
    """Walks through one value."""

    def __init__(self, function: Callable[[Any], str] | None) -> None:
        self._function = function
        self._left = MOST_PARTS
        self._inside: set[int] = set()

    def digest(self, value: Any) -> str:
        self._left -= 1
        if self._left < 0:
            raise NoDigestError("too many parts")
        kind = type(value)
        if kind in _PLAIN:
            return _hashed(kind.__name__, _written(value))
        if id(value) in self._inside:
            return _hashed("itself")
        self._inside.add(id(value))
        try:
            return self._of_parts(kind, value)
        finally:
            self._inside.discard(id(value))

    def _of_parts(self, kind: type, value: Any) -> str:
        if kind in (list, tuple):
            return _hashed(kind.__name__, *map(self.digest, value))
        if kind in (set, frozenset):
            return _hashed(kind.__name__, *sorted(map(self.digest, value)))
        if isinstance(value, dict):
            return _hashed(_name(kind), *sorted(map(self.digest, value.items())))
        if self._function is not None and callable(value):
            return self._function(value)
        return self._of_object(kind, value)

    def _of_object(self, kind: type, value: Any) -> str:
        parts = _parts(kind, value)
        if parts is None:
            return self._of_data(kind, value)
        return _hashed(self._class(kind), *map(self.digest, parts))

    def _class(self, kind: type) -> str:
        """Return what tells a class; with what its methods do, where that counts."""
        own = self._function is not None and is_own(kind)
        return self._function(kind) if own and self._function else _name(kind)

    def _of_data(self, kind: type, value: Any) -> str:
        package = kind.__module__.split(".")[0]
        if package == "numpy" and hasattr(value, "tobytes"):
            return self._of_array(kind, value)
        if package == "pandas" and hasattr(value, "memory_usage"):
            return self._of_table(kind, value)
        if not has_value(kind):
            # Two of these are never equal: an open file, a client, a figure.
            raise NoDigestError(_name(kind))
        return _hashed(_name(kind), _pickled(value))

    def _of_array(self, kind: type, value: Any) -> str:
        _require_size(value.nbytes)
        shape = [str(value.dtype), *map(str, value.shape)]
        if value.dtype.hasobject:
            return _hashed(_name(kind), *shape, self.digest(value.tolist()))
        return _hashed(_name(kind), *shape, value.tobytes())

    def _of_table(self, kind: type, value: Any) -> str:
        from pandas.util import hash_pandas_object  # it is loaded: it made the value

        frame = value.to_frame() if hasattr(value, "to_frame") else value
        _require_size(int(frame.memory_usage().sum()))
        names = [*frame.columns], [*frame.index.names], [*map(str, frame.dtypes)]
        rows: str | bytes
        try:
            rows = hash_pandas_object(frame).to_numpy().tobytes()
        except TypeError:  # Lists or dicts stand in its cells.
            rows = self.digest([frame.index.tolist(), frame.to_numpy().tolist()])
        return _hashed(_name(kind), self.digest(names), rows)


def has_value(kind: type) -> bool:
    """Return whether two objects of this class can be equal without being one."""
    own: Any = kind.__eq__
    return own is not object.__eq__


def _parts(kind: type, value: Any) -> Iterable[Any] | None:
    """Return what an object consists of; `None` where that has to be found out."""
    if isinstance(value, (Enum, *_BY_REPR)):
        return [repr(value)]
    if isinstance(value, Digestible):
        return value.digest_parts()
    if is_dataclass(value):
        return [getattr(value, each.name) for each in fields(value) if each.compare]
    if hasattr(value, "model_dump") and hasattr(kind, "model_fields"):
        return [value.model_dump()]  # of pydantic
    if isinstance(value, list | tuple | set | frozenset):
        return [*value]
    return _plain(value)


def _plain(value: Any) -> Iterable[Any] | None:
    """Return an object of a subclass of a plain type as one of that type."""
    if isinstance(value, str):
        return [str.__str__(value)]
    if isinstance(value, int):
        return [int(value)]
    return [repr(value)] if isinstance(value, bytes | float) else None


def _written(value: Any) -> str | bytes:
    # Decimal digits of a number are limited in Python, hexadecimal ones are not.
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return value if isinstance(value, bytes) else str(value)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _require_size(size: int) -> None:
    if size > MOST_BYTES:
        raise NoDigestError("too large")


class _Hashing:
    """Hashes what is written into it, up to a limit."""

    def __init__(self) -> None:
        self.hasher = blake2b(digest_size=_SIZE)
        self._size = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._size += size
        _require_size(self._size)
        self.hasher.update(data)
        return size


def _pickled(value: Any) -> bytes:
    """Return the digest of what pickle would write; nothing is ever read back."""
    out = _Hashing()
    pickle.Pickler(out, protocol=5).dump(value)
    return out.hasher.digest()
