"""What another plan would change: as data, to be looked at before it is taken on."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from nbagents import showing
from nbagents.graph.task import Task

if TYPE_CHECKING:
    from nbagents.graph.plan import Plan


@dataclass(frozen=True, slots=True, repr=False)
class PlanChanges:
    """What is new in a plan, what is another one, and what is gone.

    In a cell it is the picture of both plans in one.

    Attributes:
        before: The plan that was.
        after: The other one.
        added: Ids of the tasks that only the other one has, in its order.
        removed: Ids of the tasks that only the one before had, in its order.
        changed: By the id of each task that is another one, which of its fields are.
        kept: Ids of the tasks that are the same in both.

    Example:
        >>> from nbagents import Plan
        >>> old = Plan([Task("a", "Get it", "x"), Task("b", "Use it", "x", ["a"])])
        >>> changes = old.compare(old.reassign("b", "y"))
        >>> changes.changed
        {'b': ('agent',)}
    """

    before: "Plan"
    after: "Plan"

    @property
    def added(self) -> tuple[str, ...]:
        """Ids of the tasks that are new."""
        return tuple(task.id for task in self.after if task.id not in self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Ids of the tasks that are gone."""
        return tuple(task.id for task in self.before if task.id not in self.after)

    @property
    def changed(self) -> Mapping[str, tuple[str, ...]]:
        """By id, the fields in which tasks are another one."""
        both = ((self.before[t.id], t) for t in self.after if t.id in self.before)
        found = {old.id: _different(old, new) for old, new in both}
        return {id: names for id, names in found.items() if names}

    @property
    def kept(self) -> tuple[str, ...]:
        """Ids of the tasks that are the same."""
        changed = self.changed
        both = (task.id for task in self.after if task.id in self.before)
        return tuple(id for id in both if id not in changed)

    def __bool__(self) -> bool:
        """Return whether anything would change."""
        return bool(self.added or self.removed or self.changed)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)


def _different(old: Task, new: Task) -> tuple[str, ...]:
    names = (each.name for each in fields(Task))
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))
