"""Tasks as they came: from a user's code, a file or a model, with any values.

`defects` says what is wrong with them, and a plan is made of those that are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbagents.errors import Defect, DefectKind, alternatives
from nbagents.graph.saying import kind_of
from nbagents.graph.task import Task

MISSING = object()
"""In the place of a field that is not there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A task as it came: any field may have any type, or be missing."""

    position: int
    id: Any
    description: Any
    agent: Any
    dependencies: Any
    when: Any = None
    each: Any = None
    until: Any = None

    @property
    def label(self) -> str:
        """How a message names it: by id, else by its place in the list."""
        if isinstance(self.id, str) and self.id.strip():
            return f"task '{self.id}'"
        return f"task number {self.position}"

    @property
    def name(self) -> str | None:
        """Its id where that is usable, else `None`."""
        return self.id if isinstance(self.id, str) and self.id.strip() else None


def of_task(position: int, task: Task) -> Draft:
    """Return the draft that a task is, which may hold anything."""
    said = (task.id, task.description, task.agent, task.dependencies)
    return Draft(position, *said, task.when, task.each, task.until)


def drafts(data: Any) -> tuple[list[Draft], list[Defect]]:
    """Read `{"tasks": [...]}` into drafts, with the defects of its shape."""
    tasks = data.get("tasks", MISSING) if isinstance(data, Mapping) else data
    if tasks is MISSING:
        keys = ", ".join(f"'{key}'" for key in list(data)[:8]) or "none"
        message = f"a plan needs a list under 'tasks' (keys: {keys})"
        return [], [Defect(kind="missing", message=message)]
    if isinstance(tasks, str) or not isinstance(tasks, Sequence):
        message = f"'tasks' must be a list, not {kind_of(tasks)}"
        return [], [Defect(kind="wrong_type", message=message)]
    found, wrong = [], []
    for position, item in enumerate(tasks, start=1):
        if isinstance(item, Mapping):
            found.append(_draft(position, item))
        else:
            message = f"task number {position} must be an object, not {kind_of(item)}"
            wrong.append(Defect(kind="wrong_type", message=message))
    return found, wrong


def _draft(position: int, item: Mapping[Any, Any]) -> Draft:
    named = [item[key] for key in ("agent", "agent_type") if item.get(key) is not None]
    return Draft(
        position,
        item.get("id", MISSING),
        item.get("description", MISSING),
        named[0] if named else MISSING,
        () if item.get("dependencies") is None else item["dependencies"],
        *(item.get(name) for name in ("when", "each", "until")),
    )


def unknown(
    kind: DefectKind, message: str, draft: Draft, name: str, valid: tuple[str, ...]
) -> Defect:
    """Return the defect that `name` is none of `valid`."""
    return Defect(
        kind=kind,
        message=f"{message} {alternatives(name, valid)}",
        task=draft.name,
        names=(name,),
        valid=valid,
    )
