"""Records whose repr gives nothing away."""

from dataclasses import fields
from typing import Any

from nbagents.redaction.finding import redacted


class Discreet:
    """Base of dataclasses whose repr is redacted.

    A dataclass writes no repr of its own where the class has one: so each subclass is
    given this one before it is made a dataclass.
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in vars(cls):
            cls.__repr__ = _shown  # type: ignore[method-assign]


def _shown(record: Any) -> str:
    shown = (
        f"{each.name}={getattr(record, each.name)!r}"
        for each in fields(record)
        if each.repr
    )
    return redacted(f"{type(record).__qualname__}({', '.join(shown)})")
