"""Everything that is wrong with a plan, found in one pass and named at once.

`find` takes drafts: tasks as they came, from a user's code, a file or a model,
with values of any type. It never raises and never stops at the first defect,
because a model asked for a repair needs the whole list, and so does a person.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nbagents.errors import Defect
from nbagents.graph import dag, extras
from nbagents.graph.drafts import MISSING, Draft, unknown
from nbagents.graph.saying import kind_of
from nbagents.redaction import clipped

MAX_TASKS = 100_000
"""Most tasks of one plan: a wall against a runaway generator, not a target."""


def find(
    tasks: Sequence[Draft],
    *,
    agents: Collection[str] | None = None,
    max_tasks: int | None = None,
) -> list[Defect]:
    """Return every defect of these tasks, in their order, then the cycles.

    Args:
        tasks: The tasks, as they came.
        agents: Names that may be used; `None` leaves the agents unchecked.
        max_tasks: Most tasks allowed; `None` means `MAX_TASKS`.
    """
    limit = MAX_TASKS if max_tasks is None else max_tasks
    if len(tasks) > limit:
        message = f"too many tasks: {len(tasks)}, at most {limit} are allowed"
        return [Defect(kind="too_many_tasks", message=message)]
    known = {draft.name: None for draft in tasks if draft.name is not None}
    ids = tuple(sorted(known))
    names = None if agents is None else tuple(sorted(agents))
    seen: set[str] = set()
    result: list[Defect] = []
    for draft in tasks:
        result += _of_id(draft, seen)
        result += _of_text(draft, "description", draft.description)
        result += _of_agent(draft, names)
        result += _of_dependencies(draft, known, ids)
        result += extras.of(draft, names)
    result += _of_cycles(tasks, known)
    return result


def _of_id(draft: Draft, seen: set[str]) -> Iterator[Defect]:
    if draft.name is None:
        if isinstance(draft.id, str):
            yield Defect(kind="empty_id", message=f"{draft.label} has an empty id")
        else:
            yield from _of_text(draft, "id", draft.id)
    elif draft.name in seen:
        message = f"duplicate id: more than one task is named '{draft.name}'"
        yield Defect(
            kind="duplicate_id", message=message, task=draft.name, names=(draft.name,)
        )
    else:
        seen.add(draft.name)


def _of_text(draft: Draft, field: str, value: Any) -> Iterator[Defect]:
    if value is MISSING:
        message = f"{draft.label} has no '{field}'"
        yield Defect(kind="missing", message=message, task=draft.name)
    elif not isinstance(value, str):
        message = f"the {field} of {draft.label} must be text, not {kind_of(value)}"
        yield Defect(kind="wrong_type", message=message, task=draft.name)


def _of_agent(draft: Draft, agents: tuple[str, ...] | None) -> Iterator[Defect]:
    name = draft.agent
    if not isinstance(name, str):
        yield from _of_text(draft, "agent", name)
    elif agents is not None and name not in agents:
        message = f"{draft.label} asks for an unknown agent '{name}'"
        yield unknown("unknown_agent", message, draft, name, agents)


def _of_dependencies(
    draft: Draft, known: Mapping[str, None], ids: tuple[str, ...]
) -> Iterator[Defect]:
    needs = draft.dependencies
    if isinstance(needs, str) or not isinstance(needs, Sequence | set | frozenset):
        message = (
            f"the dependencies of {draft.label} must be a list of ids, "
            f"not {kind_of(needs)}"
        )
        yield Defect(kind="wrong_type", message=message, task=draft.name)
        return
    for need in needs:
        if not isinstance(need, str):
            message = (
                f"{draft.label} depends on {clipped(need, 60)}, which is not an id"
            )
            yield Defect(kind="wrong_type", message=message, task=draft.name)
        elif need == draft.name:
            message = f"{draft.label} depends on itself"
            yield Defect(
                kind="self_dependency", message=message, task=need, names=(need,)
            )
        elif need not in known:
            message = f"{draft.label} depends on an unknown task '{need}'"
            yield unknown("unknown_dependency", message, draft, need, ids)


def _of_cycles(tasks: Iterable[Draft], known: Mapping[str, None]) -> Iterator[Defect]:
    edges: dict[str, list[str]] = {name: [] for name in known}
    for draft in tasks:
        needs = draft.dependencies
        if draft.name is not None and not isinstance(needs, str):
            usable = needs if isinstance(needs, Iterable) else ()
            edges[draft.name] += [
                need for need in usable if isinstance(need, str) and need in known
            ]
    for path in dag.cycles(edges):
        shown = " -> ".join(f"'{name}'" for name in path)
        message = f"cycle: {shown} (each would wait for the one before it)"
        yield Defect(kind="cycle", message=message, task=path[0], names=tuple(path))
