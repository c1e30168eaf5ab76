"""Witnesses: by what it is noticed cheaply that a function may have changed.

To take a fingerprint costs as much as hundreds of tasks. To ask whether every name that
it went through still leads to the same object costs next to nothing.
"""

from collections.abc import Mapping
from typing import Any

MISSING: Any = object()
"""Stands for a name that leads nowhere."""

# What Python and pydantic leave in a class when they first need it.
_MADE = frozenset({"__slotnames__", "__signature__"})


class Witnesses:
    """The names that were gone through, and what each led to."""

    __slots__ = ("_attributes", "_items", "_keys")

    def __init__(self) -> None:
        self._items: list[tuple[Mapping[Any, Any], Any, Any]] = []
        self._keys: list[tuple[Mapping[Any, Any], set[Any]]] = []
        self._attributes: list[tuple[Any, str, Any]] = []

    def item(self, names: Mapping[Any, Any], name: Any) -> Any:
        """Return what `name` leads to, and remember it."""
        value = names.get(name, MISSING)
        self._items.append((names, name, value))
        return value

    def keys(self, names: Mapping[Any, Any]) -> None:
        """Remember which names there are: another one may come to count."""
        self._keys.append((names, {*names} - _MADE))

    def attribute(self, owner: Any, name: str) -> None:
        """Remember what this attribute is."""
        self._attributes.append((owner, name, _read(owner, name)))

    def agree(self) -> bool:
        """Return whether every name still leads to what it led to."""
        # Asked before each task: loops, which cost less here than generators.
        for names, name, value in self._items:
            if names.get(name, MISSING) is not value:
                return False
        for names, keys in self._keys:
            if {*names} - _MADE != keys:
                return False
        for owner, name, value in self._attributes:
            if _read(owner, name) is not value:
                return False
        return True


def _read(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except ValueError:  # A variable of an outer function that is not assigned yet.
        return MISSING
