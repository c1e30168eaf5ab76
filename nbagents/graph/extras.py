"""What is wrong with when, for each of what, and how often a task is to be done."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from nbagents.errors import Defect, alternatives
from nbagents.graph.conditions import Until, When, each_of
from nbagents.graph.drafts import Draft, unknown


def of(draft: Draft, agents: tuple[str, ...] | None) -> Iterator[Defect]:
    """Yield the defects of what is said beside what every task says.

    Args:
        draft: The task, as it came.
        agents: Names that may be used; `None` leaves them unchecked.
    """
    if draft.when is draft.each is draft.until is None:
        return
    when = yield from _read(draft, "when", When.from_dict)
    each = yield from _read(draft, "each", each_of)
    until = yield from _read(draft, "until", Until.from_dict)
    for name, found in (("when", when), ("each", each)):
        if found is not None:
            yield from _of_place(draft, name, found.task)
    if until is not None and agents is not None and until.agent not in agents:
        message = f"{draft.label} is judged by an unknown agent '{until.agent}'"
        yield unknown("unknown_agent", message, draft, until.agent, agents)
    if each is not None and until is not None:
        message = f"{draft.label} has both 'each' and 'until': give it one of them"
        yield Defect(kind="wrong_value", message=message, task=draft.name)


def read(draft: Draft) -> dict[str, Any]:
    """Return what a draft without defects says, as a task takes it."""
    when = None if draft.when is None else When.from_dict(draft.when)
    until = None if draft.until is None else Until.from_dict(draft.until)
    each = None if draft.each is None else each_of(draft.each)
    return {"when": when, "each": each, "until": until}


def _read(draft: Draft, name: str, reader: Callable[[Any], Any]) -> Any:
    """Yield the defect of one of them, or return it; `None` where it is not given."""
    value = getattr(draft, name)
    if value is None:
        return None
    try:
        return reader(value)
    except ValueError as error:
        message = f"'{name}' of {draft.label} {error}"
        yield Defect(kind="wrong_value", message=message, task=draft.name)
        return None


def _of_place(draft: Draft, name: str, place: str) -> Iterator[Defect]:
    needs = _ids(draft.dependencies)
    if place not in needs:
        valid = tuple(sorted(needs))
        message = (
            f"{draft.label} looks at '{place}' in '{name}', which is none of its "
            f"dependencies {alternatives(place, valid)}"
        )
        yield Defect(
            kind="no_dependency",
            message=message,
            task=draft.name,
            names=(place,),
            valid=valid,
        )


def _ids(dependencies: Any) -> Collection[str]:
    if isinstance(dependencies, str):
        return ()
    try:
        return [each for each in dependencies if isinstance(each, str)]
    except TypeError:
        return ()
