"""Task: what to do, by whom, and after what."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbagents.redaction import redacted


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work in a plan: what to do, never its state.

    Attributes:
        id: Short name, unique in its plan.
        description: What the agent is asked to do.
        agent: Name of the agent that does it.
        dependencies: Ids of the tasks whose results it needs.

    Example:
        >>> Task("summary", "Write a summary", "writer", ["trends"])
        Task('summary', 'Write a summary', 'writer', ['trends'])
    """

    id: str
    description: str
    agent: str
    dependencies: tuple[str, ...] = ()

    def __init__(
        self,
        id: str,
        description: str,
        agent: str,
        dependencies: Iterable[str] | None = (),
    ) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "description", description)
        # An Agent may stand for its name: graph/ knows only names.
        object.__setattr__(self, "agent", getattr(agent, "name", agent))
        object.__setattr__(self, "dependencies", _as_ids(dependencies))

    def __repr__(self) -> str:
        shown = [self.id, self.description, self.agent]
        if self.dependencies:
            shown.append(list(self.dependencies))  # type: ignore[arg-type]
        return redacted(f"Task({', '.join(map(repr, shown))})")

    def to_dict(self) -> dict[str, Any]:
        """Return the task as JSON values, as `Plan.from_dict` reads them."""
        return {
            "id": self.id,
            "description": self.description,
            "agent": self.agent,
            "dependencies": list(self.dependencies),
        }


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
