"""What a server says about when to come back, read from its answer.

Such headers are in an answer of 429 or 503: `Retry-After` in seconds or as a date (RFC
9110, 10.2.3), `retry-after-ms` as Azure has it, and the `x-ratelimit-reset-*` of
OpenAI, which say when a budget that is used up is full again.
"""

import math
import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

MOST_TOLD = 3600.0
"""Most seconds that a task waits because it was told to.

A server that says more is out of order, or speaks of tomorrow's quota: nobody is helped
by a run that seems to wait and will not go on in this session.
"""

Headers = Mapping[str, str]

_BUDGETS = ("requests", "tokens")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)")


def told_to_wait(error: Any, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that `error` says to wait; `None` where it says nothing.

    Ours have them in `retry_after`; those of openai, httpx and requests have the
    headers of the answer.

    Args:
        error: What an agent raised.
        now: Gives the time in seconds since the epoch, for a date.
    """
    said = getattr(error, "retry_after", None)
    if isinstance(said, int | float) and not isinstance(said, bool):
        return _usable(float(said))
    headers = getattr(getattr(error, "response", None), "headers", None)
    if not isinstance(headers, Mapping):
        return None
    return seconds_in(headers, now)


def status_of(error: Any) -> int | None:
    """Return the HTTP status that `error` comes from; `None` where there is none."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def seconds_in(headers: Headers, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds that `headers` say to wait; `None` where they say nothing.

    Infinite where they are more than a number can hold.
    """
    ways = (_milliseconds, _seconds, lambda each: _until(each, now()), _reset)
    for way in ways:
        told = way(headers)
        if told is not None:
            return told
    return None


def _milliseconds(headers: Headers) -> float | None:
    told = _number(headers.get("retry-after-ms"))
    return None if told is None else told / 1000


def _seconds(headers: Headers) -> float | None:
    return _number(headers.get("retry-after"))


def _until(headers: Headers, now: float) -> float | None:
    """Return the seconds from `now` to the date that is said."""
    try:
        date = parsedate_to_datetime(headers.get("retry-after") or "")
        return max(0.0, date.timestamp() - now)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _reset(headers: Headers) -> float | None:
    """Return when the last of the budgets that are used up is full again."""
    told = {name: headers.get(f"x-ratelimit-reset-{name}") for name in _BUDGETS}
    left = {name: headers.get(f"x-ratelimit-remaining-{name}") for name in _BUDGETS}
    # One of which something is left is not why the answer was no.
    empty = [n for n in _BUDGETS if left[n] is None or _number(left[n]) == 0]
    waits = [span for n in empty if (span := _span(told[n])) is not None]
    return max(waits, default=None)


def _span(text: str | None) -> float | None:
    """Return seconds from a span such as `"6m0s"` or `"20ms"`."""
    words = (text or "").strip()
    parts = _PART.findall(words)
    if "".join(number + unit for number, unit in parts) != words or not parts:
        return _number(words)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _number(text: str | None) -> float | None:
    try:
        return _usable(float(text or ""))
    except ValueError:
        return None


def _usable(value: float) -> float | None:
    return None if math.isnan(value) or value < 0 else value
