"""Task: what to do, by whom, and after what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nbagents.graph.conditions import Each, Until, When
from nbagents.redaction import redacted


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work in a plan: what to do, never its state.

    Attributes:
        id: Short name, unique in its plan.
        description: What the agent is asked to do.
        agent: Name of the agent that does it.
        dependencies: Ids of the tasks whose results it needs.
        when: What one of these has to say for the task to be needed; `None` where it
            always is.
        each: The one of these that returns a list, for each item of which the task is
            done once; `None` where it is done once for all.
        until: Who judges what the task makes, and how often it is done at most until
            that one accepts it; `None` where it is done once.

    Example:
        >>> Task("summary", "Write a summary", "writer", ["trends"])
        Task('summary', 'Write a summary', 'writer', ['trends'])
    """

    id: str
    description: str
    agent: str
    dependencies: tuple[str, ...] = ()
    when: When | None = None
    each: Each | None = None
    until: Until | None = None

    def __init__(
        self,
        id: str,
        description: str,
        agent: str,
        dependencies: Iterable[str] | None = (),
        *,
        when: When | None = None,
        each: Each | str | None = None,
        until: Until | None = None,
    ) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "description", description)
        # An Agent may stand for its name: graph/ knows only names.
        object.__setattr__(self, "agent", getattr(agent, "name", agent))
        object.__setattr__(self, "dependencies", _as_ids(dependencies))
        # The id of the list says it all where nothing else is to be said.
        one = isinstance(each, str) and bool(each.strip())
        object.__setattr__(self, "each", Each(str(each)) if one else each)
        object.__setattr__(self, "when", when)
        object.__setattr__(self, "until", until)

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of all who have a part in it: who does it, and who judges it."""
        return (self.agent,) if self.until is None else (self.agent, self.until.agent)

    @property
    def is_repeated(self) -> bool:
        """Whether it takes a run of its own: once for each item, or until accepted."""
        return self.each is not None or self.until is not None

    @property
    def said(self) -> str:
        """When it is needed and how often it is done, in words; mostly empty."""
        given = (self.when, self.each, self.until)
        return ", ".join(str(each) for each in given if each is not None)

    def __repr__(self) -> str:
        shown = [self.id, self.description, self.agent]
        if self.dependencies:
            shown.append(list(self.dependencies))  # type: ignore[arg-type]
        said = [*map(repr, shown)]
        said += [f"{name}={value!r}" for name, value in self._extras()]
        return redacted(f"Task({', '.join(said)})")

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON values, as `Plan.from_dict` reads them."""
        return {
            "id": self.id,
            "description": self.description,
            "agent": self.agent,
            "dependencies": list(self.dependencies),
            **{name: value.to_dict() for name, value in self._extras()},
        }

    def _extras(self) -> Iterator[tuple[str, When | Each | Until]]:
        """Yield what is said beside what every task says, by name."""
        if self.when is not None:
            yield "when", self.when
        if self.each is not None:
            yield "each", self.each
        if self.until is not None:
            yield "until", self.until


def _as_ids(dependencies: Any) -> Any:
    """Return the ids once each, in order; a wrong type as it is.

    A value that is no collection of ids stays as it was given, so that the plan
    can name it among its defects: a lone `"ab"` must not become `("a", "b")`.
    """
    if dependencies is None:
        return ()
    if isinstance(dependencies, str) or not isinstance(dependencies, Iterable):
        return dependencies
    needs = tuple(dependencies)
    if all(isinstance(need, str) for need in needs):
        return tuple(dict.fromkeys(needs))
    return needs
