"""The digest of a value: equal for equal content, also in another process.

A value is digested by what it is made of, each part with its type, so that 1, 1.0,
True and "1" differ. The order of a dict does not count, as it does not for `==`; NaN
is equal to itself, as it is not for `==`.
"""

import secrets
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from nbagents.digests import objects, tables
from nbagents.digests.hashing import SIZE, Budget, NoDigestError, hashed
from nbagents.digests.origins import is_importable, is_own

MOST_PARTS = 250_000
"""Parts of a value that are looked at; a larger one is not digested."""

MOST_BYTES = 256 * 2**20
"""The same for texts, arrays and tables, in bytes."""

_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType)


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
        return f"unique-{secrets.token_hex(SIZE)}"


def digest(value: Any) -> str:
    """Return the digest of `value`, as hexadecimal digits.

    Args:
        value: Text, numbers, JSON, sets, dates, enums, dataclasses, pydantic models,
            arrays of numpy, tables of pandas, and what can be pickled and compared.

    Raises:
        NoDigestError: It has no content that can be told, or too much.
    """
    try:
        return Reader(Budget(MOST_PARTS, MOST_BYTES)).digest(value)
    except (NoDigestError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a class of the agent's author may do anything
        raise NoDigestError(type(value).__name__) from error


class Reader:
    """Walks through one value.

    Attributes:
        whole: Whether everything so far could be told.
    """

    def __init__(
        self, budget: Budget, function: Callable[[Any], str] | None = None
    ) -> None:
        """Prepare to read.

        Args:
            budget: How much is looked at.
            function: Digests what can be called, and has the rest read leniently: an
                object without a value is what it holds, and what cannot be told is
                its class. `None` takes neither.
        """
        self._budget = budget
        self._function = function
        self._inside: dict[int, int] = {}
        self.whole = True

    def digest(self, value: Any) -> str:
        """Return the digest of `value`; raise `NoDigestError` if it has none."""
        kind = type(value)
        self._budget.spend(len(value) if kind is str or kind is bytes else 0)
        if kind in _PLAIN:
            return hashed(kind.__name__, _written(value))
        if id(value) in self._inside:
            return hashed("itself", str(self._inside[id(value)]))
        self._inside[id(value)] = len(self._inside)
        try:
            return self._of_parts(kind, value)
        finally:
            del self._inside[id(value)]

    def _of_parts(self, kind: type, value: Any) -> str:
        if kind in (list, tuple):
            return hashed(kind.__name__, *map(self.digest, value))
        if kind in (set, frozenset):
            return hashed(kind.__name__, *sorted(map(self.digest, value)))
        if kind is dict:
            return hashed("dict", *sorted(map(self.digest, value.items())))
        if self._function is None:
            return self._of_object(kind, value)
        return self._function(value) if callable(value) else self._lenient(kind, value)

    def _of_object(self, kind: type, value: Any) -> str:
        if isinstance(value, type):
            return hashed("class", objects.name_of(value))
        if isinstance(value, _FUNCTIONS) and is_importable(value):
            return hashed("function", f"{value.__module__}.{value.__qualname__}")
        found = self._told(kind, value)
        if found is None and objects.has_value(kind):
            found = objects.reduced(value)
        if found is None:
            # Two of these are never equal: an open file, a client, a figure.
            raise NoDigestError(objects.name_of(kind))
        return hashed(objects.name_of(kind), *map(self.digest, found))

    def _lenient(self, kind: type, value: Any) -> str:
        """Return the digest of an object that code uses, as far as it can be told."""
        try:
            found = self._told(kind, value)
            if found is None:
                found = [objects.state(value)]
            return hashed(self._class(kind), *map(self.digest, found))
        except (NoDigestError, KeyboardInterrupt):
            raise
        except BaseException:  # noqa: BLE001 - as in `digest`
            self.whole = False
            return hashed("closed", objects.name_of(kind))

    def _told(self, kind: type, value: Any) -> Iterable[Any] | None:
        """Return what `value` consists of; `None` where its class does not tell."""
        if tables.is_array(kind):
            self._budget.require(tables.array_size(value))
            return tables.of_array(value)
        if tables.is_table(kind):
            self._budget.require(tables.table_size(value))
            return tables.of_table(value)
        # What does not count for `==` may still be used by code.
        return objects.parts(kind, value, every=self._function is not None)

    def _class(self, kind: type) -> str:
        """Return what tells a class: what its methods do, where it is the user's."""
        follow = self._function if is_own(kind) else None
        return follow(kind) if follow else objects.name_of(kind)


def _written(value: Any) -> str | bytes:
    # Decimal digits of a number are limited in Python, hexadecimal ones are not.
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return value if isinstance(value, bytes) else str(value)
