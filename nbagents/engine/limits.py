"""Limits: the most that one run may use of anything."""

from dataclasses import dataclass, fields
from typing import Any

from nbagents.redaction import clipped

WHOLE = frozenset({"tasks", "calls", "tokens", "repeats"})
"""The limits that count things; the others measure."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Limits:
    """The most that one run may use; `None` sets no limit.

    A run that reaches one pauses, says which and what was used of it, and goes on when
    it is raised: `run.limit(cost=2.0).resume()`. What counts is all that the run ever
    did: attempts that failed, were interrupted or were undone, and tasks that were
    removed. A fork has done what its run had done, so it begins with that.

    Planning a goal is no attempt and counts for nothing but seconds. Agents on an
    `executor` of yours do not tell of their calls, so those are not counted.

    Attributes:
        tasks: Attempts that are started. One too many is not started.
        calls: Questions to models. One too many is not asked, also where many agents
            ask at once: its attempt is taken away, and its task waits again.
        tokens: Input and output tokens, as servers tell them. How many an answer takes
            is known when it is there, so calls that are being answered when the limit
            is reached may go beyond it; after that nothing is asked and nothing starts.
        cost: US dollars; the same holds as for tokens. Where the price of an answer is
            not known the cost cannot be watched: the run pauses after that call.
        seconds: Time the run was running, pauses left out. What is at work then is
            taken away and waits again; a task stepped inline, in your own thread, is
            not, nor is the planning of a goal.
        repeats: How often an attempt may ask the same of the same model in a row. Once
            more fails it, with `RepeatedCallError`. Calls that are made side by side,
            to choose among many answers, are not in a row.

    Raises:
        ValueError: A limit is no number from 0 to 10**15, or no whole one where things
            are counted.

    Example:
        >>> Limits(calls=20, cost=1)
        Limits(calls=20, cost=1.0)
    """

    tasks: int | None = None
    calls: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    repeats: int | None = 3

    def __post_init__(self) -> None:
        for name in NAMES:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _checked(name, value))

    @property
    def are_set(self) -> bool:
        """Whether anything that adds up is limited."""
        return any(getattr(self, name) is not None for name in ADDING_UP)

    def __repr__(self) -> str:
        shown = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if getattr(self, each.name) != each.default
        ]
        return f"Limits({', '.join(shown)})"


NAMES = tuple(each.name for each in fields(Limits))

ADDING_UP = tuple(name for name in NAMES if name != "repeats")
"""The limits of what adds up over a run."""


def _checked(name: str, value: Any) -> int | float:
    whole = name in WHOLE
    usable = isinstance(value, int if whole else int | float)
    if not usable or isinstance(value, bool) or not 0 <= value <= _MOST:
        kind = "a whole number" if whole else "a number"
        shown = clipped(value, 60)
        message = f"{name} must be {kind} from 0 to 10**15, or None, not {shown}"
        raise ValueError(message)
    if name == "repeats" and not value:
        message = "repeats must be at least 1: to have no model asked, set calls=0"
        raise ValueError(message)
    return int(value) if whole else float(value)


_MOST = 10**15  # What is larger limits nothing, and reads badly.

UNLIMITED = Limits()
