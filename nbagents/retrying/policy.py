"""Retry: how often a task is tried, and how long it waits in between."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nbagents.retrying.worth import is_worth_it

Worth = type[BaseException] | tuple[type[BaseException], ...] | Callable[[Any], Any]
"""What says whether an error is worth another try: exceptions, or a function of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often a task is tried, and how long it waits before each further try.

    The wait before the second try is `first` seconds, and `backoff` times as long
    before each further one, but never more than `longest`; `jitter` of it is left to
    chance, so that tasks that failed together do not all come back together. Marc
    Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), compares
    the ways: a jitter of 1 is his "full jitter", one of 0.5 his "equal jitter".
    Where a server says how long to wait, that is the least, also above `longest`.

    Attributes:
        attempts: Tries in total; 1 is no retry.
        first: Seconds before the second try.
        backoff: How many times as long each further wait is; 1 waits the same.
        longest: Most seconds that are waited of our own accord.
        jitter: Share of a wait that is left to chance, from 0 to 1.
        on: Exceptions that are worth another try, or a function of the exception
            that says so. `None` tries again after all but what cannot come out
            differently, such as a wrong key, an unknown model or a refusal.
        chance: Gives numbers from 0 to 1, such as `random.Random(7).random`.

    Raises:
        ValueError: A number is out of range.
        TypeError: `on` or `chance` is neither a type of exception nor a function.

    Example:
        >>> steady = Retry(attempts=4, first=1, backoff=2, jitter=0)
        >>> [steady.wait(failures) for failures in (1, 2, 3)]
        [1.0, 2.0, 4.0]
    """

    attempts: int = 3
    first: float = 1.0
    backoff: float = 2.0
    longest: float = 60.0
    jitter: float = 0.5
    on: Worth | None = None
    chance: Callable[[], float] = field(
        default=random.random, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        _require_attempts(self.attempts)
        _require("first", self.first, "a number of seconds", least=0)
        _require("backoff", self.backoff, "a factor", least=1)
        _require("longest", self.longest, "a number of seconds", least=0)
        _require("jitter", self.jitter, "a share", least=0, most=1)
        _require_worth(self.on)
        if not callable(self.chance):
            message = f"chance is a function such as random.random, not {self.chance!r}"
            raise TypeError(message)

    @classmethod
    def of(cls, value: "Retry | int | None") -> "Retry | None":
        """Return what is meant by `value`: a number is one of tries.

        Raises:
            ValueError: It is a number below 1.
            TypeError: It is no `Retry`, number or `None`.
        """
        if value is None or isinstance(value, Retry):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            message = f"retry is a Retry or a number of tries, not {value!r:.60}"
            raise TypeError(f"{message}. Try: retry=3  retry=Retry(attempts=3)")
        return cls(attempts=value)

    def accepts(self, error: BaseException) -> bool:
        """Return whether `error` is worth another try; raises what `on` raises."""
        if self.on is None:
            return is_worth_it(error)
        if isinstance(self.on, type | tuple):
            return isinstance(error, self.on)
        return bool(self.on(error))

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row."""
        whole = self._whole(failures)
        return whole * (1 - self.jitter * min(1.0, max(0.0, self.chance())))

    def _whole(self, failures: int) -> float:
        """Return the wait without the part of chance."""
        # Not at the top: nbagents is quick to import, and few tasks fail.
        import tenacity

        growing = tenacity.wait_exponential(
            multiplier=self.first, exp_base=self.backoff, max=self.longest
        )
        state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
        state.attempt_number = failures
        return float(growing(state))


def _require_attempts(attempts: Any) -> None:
    usable = isinstance(attempts, int) and not isinstance(attempts, bool)
    if not usable or attempts < 1:
        message = f"attempts must be a whole number above 0, not {attempts!r:.60}"
        raise ValueError(message)


def _require(
    name: str, value: Any, what: str, *, least: float, most: float = math.inf
) -> None:
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if usable and math.isfinite(value) and least <= value <= most:
        return
    within = f"of at least {least}" if most == math.inf else f"from {least} to {most:g}"
    message = f"{name} must be {what} {within}, not {value!r:.60}"
    raise ValueError(message)


def _require_worth(on: Any) -> None:
    listed = on if isinstance(on, tuple) else (on,)
    if isinstance(on, type | tuple):
        if all(isinstance(e, type) and issubclass(e, BaseException) for e in listed):
            return
    elif on is None or callable(on):
        return
    message = f"on is an exception, a tuple of them or a function, not {on!r:.60}"
    raise TypeError(f"{message}. Try: Retry(on=(ConnectionError, TimeoutError))")
