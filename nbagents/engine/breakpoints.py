"""Where a run is to stop and be looked at.

A breakpoint holds one branch: what comes after it waits, everything beside it goes
on. With `hold="run"` it stops everything. What a run was stopped at lets through
when it goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from nbagents.engine import background
from nbagents.engine.failure import repr_of
from nbagents.engine.state import RunState
from nbagents.engine.view import TaskView
from nbagents.errors import UnknownTaskError
from nbagents.graph import Task
from nbagents.redaction import Discreet, clipped

When = Literal["before", "after", "failure"]
Hold = Literal["branch", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint(Discreet):
    """A place where a run stops.

    Attributes:
        at: Id of a task or name of an agent; `None` for any task.
        when: `"before"` the task starts, `"after"` it is completed, or at its
            `"failure"`.
        condition: Asked with the completed task; `None` always stops.
        hold: `"branch"` holds what depends on the task, `"run"` everything.
    """

    at: str | None = None
    when: When = "before"
    condition: Callable[[TaskView], Any] | None = None
    hold: Hold = "branch"

    def __str__(self) -> str:
        name = getattr(self.condition, "__name__", "condition")
        place = f"{self.when} {self.at!r}" if self.at else f"when {name}"
        if self.when == "failure":
            place = f"failure of {self.at!r}" if self.at else "any failure"
        return f"{place} (holds the run)" if self.hold == "run" else place

    def concerns(self, task: Task) -> bool:
        """Return whether it is set at this task or its agent."""
        return self.at in (None, task.id, task.agent)


class Breakpoints:
    """The breakpoints of a run, and what they hold at this moment.

    Attributes:
        points: The breakpoints that are set, in the order they were set.
        held: For each task at which the run is held: why, as a phrase.
        stops_all: Whether one of them holds the whole run.
    """

    def __init__(self) -> None:
        self.points: tuple[Breakpoint, ...] = ()
        self.held: dict[str, str] = {}
        self.stops_all = False
        self._passed: set[str] = set()

    def add(self, point: Breakpoint) -> None:
        """Set `point`."""
        self.points = (*self.points, point)

    def clear(self, at: str | Breakpoint | None) -> None:
        """Remove those at `at`, or that one; `None` removes all."""
        kept = (p for p in self.points if at is not None and at not in (p.at, p))
        self.points = tuple(kept)

    @property
    def reason(self) -> str:
        """Why the run is held, as a sentence; empty where nothing holds it."""
        named = list(self.held.values())[:_MOST_NAMED]
        more = len(self.held) - len(named)
        return ", ".join([*named, *([f"and {more} more"] if more else [])])

    def let_through(self) -> None:
        """Go on: what is held is not held again at the same place."""
        self._passed.update(self.held)
        self.held, self.stops_all = {}, False

    def before(self, task: Task) -> bool:
        """Return whether a breakpoint keeps `task` from starting."""
        if task.id in self._passed:
            return False
        for point in self.points:
            if point.when == "before" and point.concerns(task):
                self._hold(point, task, f"breakpoint before {task.id!r}")
                return True
        return False

    def after(self, state: RunState, task: Task) -> bool:
        """Return whether a breakpoint stops what follows `task`."""
        self._passed.discard(task.id)
        for point in self.points:
            fits = point.when == "after" and point.concerns(task)
            if fits and (why := _met(point, state, task.id)):
                self._hold(point, task, why)
                return True
        return False

    def failed(self, task: Task) -> bool:
        """Return whether a breakpoint stops the run at the failure of `task`."""
        for point in self.points:
            if point.when == "failure" and point.concerns(task):
                self._hold(point, task, f"{task.id!r} failed")
                return True
        return False

    def _hold(self, point: Breakpoint, task: Task, why: str) -> None:
        self.held[task.id] = why
        self.stops_all = self.stops_all or point.hold == "run"


def breakpoint_at(
    state: RunState, at: str, when: When, hold: Hold | None
) -> Breakpoint:
    """Return a breakpoint at a task or at every task of an agent.

    Raises:
        UnknownTaskError: Neither a task nor an agent of the plan has that name.
        ValueError: `when` or `hold` is none of its words.
    """
    _require_word("when", when, ("before", "after", "failure"))
    require_place(state, at)
    usual: Hold = "run" if when == "failure" else "branch"
    chosen = usual if hold is None else _require_word("hold", hold, _HOLDS)
    return Breakpoint(at=at, when=when, hold=chosen)


def require_place(state: RunState, at: Any) -> None:
    """Raise `UnknownTaskError` unless `at` is the id of a task or names an agent."""
    places = {*state.plan.dependencies, *(task.agent for task in state.plan)}
    if not isinstance(at, str) or at not in places:
        raise UnknownTaskError(at, places).with_note(
            "A breakpoint is set at the id of a task or the name of an agent."
        )


def breakpoint_on_failure(hold: Hold) -> Breakpoint:
    """Return a breakpoint at the failure of any task.

    Raises:
        ValueError: `hold` is none of its words.
    """
    return Breakpoint(when="failure", hold=_require_word("hold", hold, _HOLDS))


def breakpoint_when(condition: Any, hold: Hold) -> Breakpoint:
    """Return a breakpoint after any task for which `condition(task)` is true.

    Raises:
        TypeError: `condition` cannot be called.
        ValueError: `hold` is none of its words.
    """
    if not callable(condition):
        message = f"a condition is a function of a task, not {clipped(condition, 60)}"
        raise TypeError(message)
    _require_word("hold", hold, _HOLDS)
    return Breakpoint(when="after", condition=condition, hold=hold)


_HOLDS = ("branch", "run")
_MOST_NAMED = 3  # of the tasks that are held, in one sentence


def _require_word(name: str, value: Any, words: tuple[str, ...]) -> Any:
    if not isinstance(value, str) or value not in words:
        listed = " or ".join(repr(word) for word in words)
        message = f"{name} must be {listed}, not {value!r:.60}"
        raise ValueError(message)
    return value


def _met(point: Breakpoint, state: RunState, id: str) -> str:
    """Return why `point` holds after task `id`; empty where it does not."""
    if point.condition is None:
        return f"breakpoint after {id!r}"
    name = getattr(point.condition, "__name__", "condition")
    try:
        with background.closed("the condition of a breakpoint"):
            met = point.condition(TaskView.of(state, id))
    except BaseException as error:  # noqa: BLE001 - the user's, and may do anything
        # Stopping for nothing costs a resume; running on may cost what it guards.
        return f"{name} failed at {id!r}: {repr_of(error)}"
    return f"{name} is true of {id!r}" if met else ""
