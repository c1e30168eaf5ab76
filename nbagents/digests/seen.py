"""What has been met while a function is followed, and what it holds on to."""

from dataclasses import dataclass
from types import MethodType
from typing import Any, TypeGuard

from nbagents.digests.hashing import Budget
from nbagents.digests.witnesses import Witnesses

MOST_FOLLOWED = 5_000
"""Functions, classes and objects that are followed for one fingerprint."""

MOST_PARTS = 20_000
"""Parts of the values they use that are looked at; larger ones are told by identity."""

MOST_BYTES = 16 * 2**20
"""The same for texts, arrays and tables, in bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A value that a function uses and that may change under it.

    Attributes:
        value: The value itself.
        digest: That of its content when it was captured; `None` where it has none.
        lasting: The same, but what has no content counts as its class.
    """

    value: Any
    digest: str | None
    lasting: str

    def same_as(self, other: "Captured") -> bool:
        """Return whether both are one object, or had one content."""
        known = self.digest is not None and self.digest == other.digest
        return self.value is other.value or known


class Seen:
    """What has been met on the way: each function and object is followed once.

    Two functions that know each other, or an object that holds its own methods, would
    otherwise be followed without end.

    Attributes:
        closed: How many values could not be told so far.
        values: How much may still be looked at.
        witnesses: By what a later change is noticed.
    """

    def __init__(self) -> None:
        self.closed = 0
        self.values = Budget(MOST_PARTS, MOST_BYTES)
        self.witnesses = Witnesses()
        self._followed = Budget(MOST_FOLLOWED, 0)
        self._numbers: dict[tuple[int, ...], int] = {}
        # A method is made anew each time it is asked for; no other may get its id.
        self._alive: list[Any] = []

    def number(self, value: Any) -> int | None:
        """Return the number of `value`; `None` for one that is new and to be followed.

        Raises:
            NoDigestError: There are too many.
        """
        parts = (value.__func__, value.__self__) if is_method(value) else (value,)
        key = tuple(map(id, parts))
        if key in self._numbers:
            return self._numbers[key]
        self._followed.spend()
        self._numbers[key] = len(self._numbers)
        self._alive.append(value)
        return None


def is_method(value: Any) -> TypeGuard[MethodType]:
    """Return whether this is a method together with its object."""
    return isinstance(value, MethodType)
