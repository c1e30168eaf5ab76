"""Two runs side by side: what differs, where it began, and what it cost.

These are the records; `comparing` makes them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nbagents import showing
from nbagents.engine import contents
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState
from nbagents.errors import UnknownTaskError
from nbagents.redaction import Discreet, redacted, redacted_in

Change = Literal[
    "added", "removed", "description", "agent", "dependencies", "status", "result"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Discreet):
    """What work took, or how much more it took in one run than in the other.

    Attributes:
        seconds: Time that agents worked; `None` where it is not known.
        tokens: Tokens of prompts and answers; `None` where they are not known.
        cost: US dollars for them; `None` where a price is not known.
    """

    seconds: float | None
    tokens: int | None
    cost: float | None


FIGURES: Mapping[str, Callable[[TaskState], Any]] = {
    "seconds": lambda task: _sum(each.duration_seconds for each in task.attempts),
    "tokens": lambda task: _sum(each.tokens for each in task.attempts),
    "cost": lambda task: _sum(each.cost for each in task.attempts),
}
"""How each of the figures is had from a task, by its name: the sum of all attempts."""


def _sum(values: Iterable[Any]) -> Any:
    known = list(values)
    return None if None in known else sum(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(Figures):
    """One task in one of the runs, as it was when they were compared.

    The figures are those of all its attempts; the seconds of a task that is running
    are not known.

    Attributes:
        description: What the agent was asked to do.
        agent: Name of the agent of the last attempt, or the one the plan gives it to
            while there is none.
        dependencies: Ids of the tasks whose results it gets.
        status: Where it stands.
        result: What the agent returned; `None` until it is completed.
        error: Why it failed; `None` otherwise.
        attempts: How often it was tried.
    """

    description: str
    agent: str
    dependencies: tuple[str, ...]
    status: TaskStatus
    result: Any
    error: Failure | None
    attempts: int

    @property
    def output(self) -> str:
        """What it came to, as text: the result or the error; empty before that.

        Keys and passwords are left out of it; `result` is whole.
        """
        if self.error is not None:
            return redacted(str(self.error))
        if self.result is None and self.status is not TaskStatus.COMPLETED:
            return ""
        return redacted(contents.text(self.result))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; the result, or the error, is text: `output`."""
        names = ("description", "agent", "status", "output", "attempts", *FIGURES)
        values = {name: getattr(self, name) for name in names}
        return redacted_in({**values, "dependencies": list(self.dependencies)})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TaskComparison(Figures):
    """One task in two runs.

    The figures are differences: those of `b` less those of `a`. They are `None` where
    one side is not known, or has no such task.

    Attributes:
        id: Its id.
        changed: What differs, out of `"added"`, `"removed"`, `"description"`,
            `"agent"`, `"dependencies"`, `"status"` and `"result"`. The result of a
            failed task is its error.
        a: The task in the first run; `None` where that has no such task.
        b: The task in the second run; `None` where that has no such task.
    """

    id: str
    changed: tuple[Change, ...]
    a: Side | None
    b: Side | None

    @property
    def same(self) -> bool:
        """Whether nothing differs; time, tokens and cost may."""
        return not self.changed

    @property
    def diff(self) -> str:
        """How the outputs differ, as the hunks of a unified diff of their lines.

        Empty where they are the same, and where they read the same. The end of a long
        one is left out, and its last line says how much that is.
        """
        if self.same:
            return ""
        return contents.difference(*(x.output if x else "" for x in (self.a, self.b)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "id": redacted(self.id),
            "changed": list(self.changed),
            "a": self.a and self.a.to_dict(),
            "b": self.b and self.b.to_dict(),
            **{name: getattr(self, name) for name in FIGURES},
            "diff": self.diff,
        }

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Figures):
    """Two runs side by side. Get one from `compare(a, b)`.

    In a cell it shows which tasks differ and how; `comparison["id"]` is one task.

    The figures are differences: those of all tasks of `b` less those of all tasks of
    `a`. Seconds are working time: tasks side by side count in full. What is not known
    yet of single tasks is left out; `None` where nothing is known of a run.

    Attributes:
        a: Which run or moment came first: its id, and the moment.
        b: Which one came second.
        tasks: Every task of either, in an order in which each comes after what it
            depends on.
    """

    a: str
    b: str
    tasks: tuple[TaskComparison, ...]

    @property
    def identical(self) -> bool:
        """Whether all tasks are the same; time, tokens and cost may differ."""
        return all(task.same for task in self.tasks)

    @property
    def different(self) -> tuple[TaskComparison, ...]:
        """The tasks that are not the same, in order."""
        return tuple(task for task in self.tasks if not task.same)

    @property
    def first_divergence(self) -> str | None:
        """Id of the first task that is not the same; `None` when all are."""
        return next((task.id for task in self.tasks if not task.same), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values; results are text."""
        values = {
            "a": self.a,
            "b": self.b,
            "identical": self.identical,
            "first_divergence": self.first_divergence,
            **{name: getattr(self, name) for name in FIGURES},
            "tasks": [task.to_dict() for task in self.tasks],
        }
        return redacted_in(values)

    def __getitem__(self, id: str) -> TaskComparison:
        for task in self.tasks:
            if task.id == id:
                return task
        raise UnknownTaskError(id, [task.id for task in self.tasks])

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)
