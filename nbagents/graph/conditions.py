"""What a plan says of its tasks beside what to do: when, for each of what, how often.

All of it is data: it is drawn, checked before the run, and compared like the rest of a
plan. What results have to say is told by `Saying`, which calls no code of anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.graph.saying import (
    Saying,
    inside,
    kind_of,
    parsed,
    require,
    require_count,
    require_text,
    short,
)

MOST_ROUNDS = 20
"""Most rounds of a loop: a wall, not a target."""


@dataclass(frozen=True, slots=True, repr=False)
class When(Saying):
    """When a task is needed at all: what the result of one of its dependencies says.

    A task that turns out not to be needed is skipped, and what depends on it goes on
    without it. Only where nothing is left of what a task depends on is that one
    skipped, too: the rule `none_failed_min_one_success` of Apache Airflow.

    Attributes:
        task: Id of the dependency.

    Raises:
        ValueError: What the result is to say is not of the kind it must be.

    Example:
        >>> When("review", contains="REJECT").holds("Rejected: too long")
        True
        >>> str(When("score", above=0.5, negate=True))
        "unless 'score' is above 0.5"
    """

    task: str

    def __post_init__(self) -> None:
        require_text("task", self.task)
        self._check()

    def __str__(self) -> str:
        return f"{'unless' if self.negate else 'when'} '{self.task}' {self.words}"


@dataclass(frozen=True, slots=True)
class Each:
    """That a task is done once for each item of a list, side by side.

    In the place of the list each gets one item. The result is the list of theirs, in
    the order of the items.

    Attributes:
        task: Id of the dependency that returns the list: a list, or JSON text that is
            one.
        width: Most of them at work at once; `None` is what the team says.
        field: Key of the list, where the result is a dict; `None` is the result itself.

    Raises:
        ValueError: `width` is no whole number above 0, or a name is no text.
    """

    task: str
    width: int | None = None
    field: str | None = None

    def __post_init__(self) -> None:
        require_text("task", self.task)
        require("field", self.field, str, "text")
        if self.width is not None:
            require_count("width", self.width, None)

    def items(self, result: Any) -> list[Any]:
        """Return the items of what the dependency returned.

        Raises:
            ValueError: That is no list.
        """
        value = result if self.field is None else inside(result, self.field)
        found = value if isinstance(value, list | tuple) else parsed(value)
        if not isinstance(found, list | tuple):
            where = f"'{self.task}'" + (f"['{self.field}']" if self.field else "")
            message = f"{where} is no list but {kind_of(value)}: {short(value)}"
            raise ValueError(message)  # noqa: TRY004 - wrong data, whatever its type
        return list(found)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        given = {"task": self.task, "width": self.width, "field": self.field}
        return {name: value for name, value in given.items() if value is not None}

    def __str__(self) -> str:
        wide = "" if self.width is None else f", {self.width} at a time"
        return f"for each of '{self.task}'{wide}"


@dataclass(frozen=True, slots=True, repr=False)
class Until(Saying):
    """That a task is done again until another agent says that it is good.

    After each round that agent judges what was made; the next round gets what was made
    and what was said of it. What was made last is the result, accepted or not.

    Attributes:
        agent: Name of the agent that judges.
        most: Most rounds.

    Raises:
        ValueError: `most` is no whole number from 1 to 20, or what the judge is to say
            is not of the kind it must be.

    Example:
        >>> str(Until("critic", contains="ACCEPT", most=3))
        "until 'critic' says 'ACCEPT', at most 3×"
    """

    agent: str
    most: int = 3

    def __post_init__(self) -> None:
        # An Agent may stand for its name, as in a task.
        object.__setattr__(self, "agent", getattr(self.agent, "name", self.agent))
        require_text("agent", self.agent)
        require_count("most", self.most, MOST_ROUNDS)
        self._check()

    def __str__(self) -> str:
        what = f"not {self.words}" if self.negate else self.words
        times = "once" if self.most == 1 else f"at most {self.most}×"
        return f"until '{self.agent}' {what}, {times}"


def each_of(data: Any) -> Each:
    """Return the `Each` that `data` is: one, the id of the list, or an object.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(data, Each):
        return data
    if isinstance(data, str):
        return Each(data)
    if not isinstance(data, Mapping):
        message = f"must be an id or an object, not {kind_of(data)}"
        raise ValueError(message)  # noqa: TRY004
    try:
        return Each(**data)
    except TypeError as error:
        raise ValueError(f"cannot be read: {error}") from None
