"""What every error of nbagents has, and how they say what would have been right."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Self

from nbagents.redaction import redacted


class NbagentsError(Exception):
    """Base class of every error nbagents raises on purpose.

    Attributes:
        retryable: Whether the same, done once more, may come out differently.
    """

    retryable: bool = False

    def with_note(self, note: str) -> Self:
        """Return this error with `note`, the line to type next, added to it."""
        self.add_note(note)
        return self

    def add_note(self, note: str) -> None:
        """Add `note`, without the keys and passwords in it."""
        super().add_note(redacted(note))

    # Not `super()`: KeyError would show the repr of its argument, in quotes.
    def __str__(self) -> str:
        return redacted(Exception.__str__(self))

    def __repr__(self) -> str:
        return redacted(Exception.__repr__(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes: subclasses have `__init__` signatures of their own."""
        return rebuild, (type(self), self.args, self.__dict__)


def suggestion(name: object, valid: Collection[str]) -> str | None:
    """Return the valid name that `name` was probably meant to be, or `None`."""
    if len(valid) > _MOST_COMPARED:
        return None
    matches = get_close_matches(str(name), list(valid), n=1)
    return matches[0] if matches else None


def alternatives(name: object, valid: tuple[str, ...]) -> str:
    """Return the valid names, and the one that was probably meant, as a remark."""
    listed = ", ".join(f"'{each}'" for each in valid[:_MOST_LISTED]) or "none"
    if len(valid) > _MOST_LISTED:
        listed += f", and {len(valid) - _MOST_LISTED} more"
    meant = suggestion(name, valid)
    hint = f" Did you mean '{meant}'?" if meant else ""
    return f"(known: {listed}).{hint}"


_MOST_LISTED = 12


_MOST_COMPARED = 1_000


def rebuild(
    cls: type[NbagentsError], args: tuple[Any, ...], data: dict[str, Any]
) -> NbagentsError:
    """Return an error that was pickled; its data are attributes, as they were."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(data)
    return error
