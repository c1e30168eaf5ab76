"""What a run has used, and where that meets its limits.

Pure questions: the figures follow from the history, so a run that is built again from
its events has used the same.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbagents.engine.limits import ADDING_UP, WHOLE, Limits

if TYPE_CHECKING:
    from nbagents.engine.state import RunState


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used, over all attempts that it ever made.

    Attributes:
        tasks: Attempts that were started.
        calls: Questions to models.
        tokens: Of prompts and answers; those that a server did not tell count as none.
        cost: US dollars, of the answers whose price is known.
        unpriced: Answers whose price is not known.
    """

    tasks: int = 0
    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0

    def started(self) -> "Spent":
        """Return this and one more attempt."""
        return Spent(self.tasks + 1, self.calls, self.tokens, self.cost, self.unpriced)

    def asked(self) -> "Spent":
        """Return this and one more question."""
        return Spent(self.tasks, self.calls + 1, self.tokens, self.cost, self.unpriced)

    def withdrawn(self) -> "Spent":
        """Return this without one question, which was not asked after all."""
        return Spent(self.tasks, self.calls - 1, self.tokens, self.cost, self.unpriced)

    def answered(self, tokens: int, cost: float | None) -> "Spent":
        """Return this and what an answer took; `None` is a price not known."""
        return Spent(
            self.tasks,
            self.calls,
            self.tokens + tokens,
            self.cost + (cost or 0.0),
            self.unpriced + (cost is None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A limit that was reached.

    Attributes:
        limit: Its name, a field of `Limits`.
        used: How much was used of it.
        most: How much may be.
        said: What was reached, as a sentence.
        remedy: The line that raises it.
    """

    limit: str
    used: float
    most: float
    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.said}. Try: {self.remedy}"


def before_call(limits: Limits, spent: Spent) -> Wall | None:
    """Return what keeps one more question from being asked; `None` if nothing does."""
    if limits.calls is not None and spent.calls >= limits.calls:
        return _reached("calls", spent.calls, limits.calls)
    return _measured(limits, spent, 0)


def before_task(limits: Limits, spent: Spent, seconds: float) -> Wall | None:
    """Return what keeps one more task from being started; `None` if nothing does.

    That all calls are made does not: the task may need none.
    """
    if limits.tasks is not None and spent.tasks >= limits.tasks:
        return _reached("tasks", spent.tasks, limits.tasks)
    if (wall := _timed(limits, seconds)) is not None:
        return wall
    # Where nothing may be used, a task that uses nothing may still start.
    return _measured(limits, spent, 1)


def out_of_time(state: "RunState", now: float) -> Wall | None:
    """Return the limit on time, where it is reached at `now`."""
    return _timed(state.limits, seconds_run(state, now))


def seconds_run(state: "RunState", now: float) -> float:
    """Return for how long the run was running, until `now`."""
    return state.ran + (0.0 if state.resumed is None else now - state.resumed)


def used(state: "RunState", now: float) -> dict[str, tuple[float, float]]:
    """Return, for each limit that is set, what is used of it and the most."""
    spent, limits = state.spent, state.limits
    figures = {
        "tasks": spent.tasks,
        "calls": spent.calls,
        "tokens": spent.tokens,
        "cost": spent.cost,
        "seconds": seconds_run(state, now),
    }
    found = {name: (figures[name], getattr(limits, name)) for name in ADDING_UP}
    return {name: pair for name, pair in found.items() if pair[1] is not None}


def phrases(state: "RunState", now: float) -> Iterator[str]:
    """Yield what is used of what, as `cost $0.12 of $1.00`, for each limit set."""
    for name, (amount, most) in used(state, now).items():
        known = name != "cost" or not state.spent.unpriced
        more = "" if known else f" and {_answers(state.spent.unpriced)} not known"
        yield f"{_NOUNS[name]} {_amount(name, amount)}{more} of {_amount(name, most)}"


def _timed(limits: Limits, seconds: float) -> Wall | None:
    if limits.seconds is None or seconds < limits.seconds:
        return None
    return _reached("seconds", seconds, limits.seconds)


def _measured(limits: Limits, spent: Spent, least: int) -> Wall | None:
    if limits.tokens is not None and spent.tokens >= max(limits.tokens, least):
        return _reached("tokens", spent.tokens, limits.tokens)
    if limits.cost is None:
        return None
    if spent.unpriced:
        return _unpriced(spent, limits.cost)
    if spent.cost < limits.cost or (least and not spent.cost):
        return None
    return _reached("cost", spent.cost, limits.cost)


def _reached(name: str, amount: float, most: float) -> Wall:
    said = (
        f"reached the limit on {_NOUNS[name]}: "
        f"{_amount(name, amount)} of {_amount(name, most)} used"
    )
    remedy = f"run.limit({name}={_more(name, max(amount, most))}).resume()"
    return Wall(limit=name, used=amount, most=most, said=said, remedy=remedy)


def _unpriced(spent: Spent, most: float) -> Wall:
    said = (
        f"the limit on cost cannot be watched: that of {_answers(spent.unpriced)} is "
        f"not known, {_amount('cost', spent.cost)} of {_amount('cost', most)} used else"
    )
    remedy = "run.limit(cost=None).resume()"
    return Wall(limit="cost", used=spent.cost, most=most, said=said, remedy=remedy)


_NOUNS = {
    "tasks": "attempts",
    "calls": "model calls",
    "tokens": "tokens",
    "cost": "cost",
    "seconds": "time",
}


def _amount(name: str, amount: float) -> str:
    if name == "cost":
        return f"${amount:,.2f}" if amount >= 1 else f"${_cents(amount)}"
    return f"{amount:,.1f} s" if name == "seconds" else f"{int(amount):,}"


def _cents(amount: float) -> str:
    """Return less than a dollar with two digits at least, and two that tell."""
    decimals = max(2, 1 - math.floor(math.log10(amount))) if amount else 2
    return f"{amount:.{min(decimals, 8)}f}"


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count:,} answers"


def _more(name: str, amount: float) -> str:
    """Return twice the amount, in round numbers, as a person would type it."""
    if name in WHOLE:
        return str(max(1, 2 * int(amount)))
    return repr(float(f"{2 * amount:.2g}") or 1.0)
