"""The plans of tasks that are done many times, as pure functions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from nbagents.digests import NoDigestError, digest
from nbagents.graph import Plan, Task, Until, When

_LONGEST = 40  # characters of an item, as the name of its task
_NAMED_BY = ("name", "title", "id", "file", "path", "url")


@dataclass(frozen=True, slots=True)
class Parts:
    """A plan in the place of one task.

    Attributes:
        plan: What is to be done.
        items: By the id of each task of it, the item that it is done for.
    """

    plan: Plan
    items: Mapping[str, Any]


def for_each(
    task: Task, description: str, items: Sequence[Any], goal: str | None
) -> Parts:
    """Return a plan with one task for each item, side by side.

    The id of each tells of its item, not of its place, and its description tells one
    item from every other: so an item that stays is the same task in the next plan.

    Args:
        task: The task.
        description: What is asked of its agent.
        items: What it is done for.
        goal: What the whole plan is for; `None` for none.
    """
    named = dict(zip(_ids(items), items, strict=True))
    tasks = [
        Task(id, asked_for(description, id, item), task.agent)
        for id, item in named.items()
    ]
    return Parts(Plan(tasks, goal), named)


def rounds(task: Task, description: str, until: Until, goal: str | None) -> Plan:
    """Return a plan in which each round is done only when the one before was refused.

    Args:
        task: The task.
        description: What is asked of its agent.
        until: Who judges it, and how often it is done at most.
        goal: What the whole plan is for; `None` for none.
    """
    judge = until.agent if until.agent != task.id else f"{until.agent} (judge)"
    tasks: list[Task] = []
    for number in range(1, until.most + 1):
        made, said = f"{task.id}-{number}", f"{judge}-{number}"
        before = (f"{task.id}-{number - 1}", f"{judge}-{number - 1}")
        first = number == 1
        asked = description if first else _again(description, number, *before)
        needs = () if first else before
        when = None if first else _refused(before[1], until)
        tasks.append(Task(made, asked, task.agent, needs, when=when))
        tasks.append(Task(said, _judge(description, made, until), until.agent, [made]))
    return Plan(tasks, goal)


def last_round(task: Task, done: Iterable[str]) -> str | None:
    """Return the id of the last round whose task is `done`; `None` for none."""
    numbers = [int(id.removeprefix(f"{task.id}-")) for id in done if _is_of(task, id)]
    return f"{task.id}-{max(numbers)}" if numbers else None


def is_accepted(task: Task, results: Mapping[str, Any]) -> bool:
    """Return whether whoever judges has accepted the last round."""
    until, last = task.until, last_round(task, results)
    if until is None or last is None:
        return False
    judge = until.agent if until.agent != task.id else f"{until.agent} (judge)"
    said = f"{judge}-{last.removeprefix(f'{task.id}-')}"
    return said in results and until.holds(results[said])


def asked_for(description: str, id: str, item: Any) -> str:
    """Return the description of the task of one item, which says which one it is."""
    return f"{description}\n[{id}, {_digest(item)[:12]}]"


def _is_of(task: Task, id: str) -> bool:
    return id.startswith(f"{task.id}-") and id.removeprefix(f"{task.id}-").isdecimal()


def _refused(judged: str, until: Until) -> When:
    given = {k: v for k, v in until.to_dict().items() if k not in ("agent", "most")}
    return replace(When(judged, **given), negate=not until.negate)


def _again(description: str, number: int, made: str, said: str) -> str:
    return (
        f"{description}\n\nThis is round {number}: '{made}' is what was made before, "
        f"and '{said}' what was said of it. Make it better, as that asks for."
    )


def _judge(description: str, made: str, until: Until) -> str:
    accepted = f"{'not ' if until.negate else ''}{until.words}"
    return (
        f"Judge '{made}', which was asked for with:\n{description}\n\nIt is accepted "
        f"when your answer {accepted}. Otherwise say what has to change."
    )


def _ids(items: Sequence[Any]) -> list[str]:
    """Return an id for each item, unlike the others."""
    taken: set[str] = set()
    found = []
    for number, item in enumerate(items, start=1):
        id = name = _name(item) or f"item {number}"
        count = 1
        while id in taken:
            count += 1
            id = f"{name} ({count})"
        taken.add(id)
        found.append(id)
    return found


def _name(item: Any) -> str:
    """Return what to call an item: its text, or that of a field that names it."""
    if isinstance(item, Mapping):
        item = next((item[key] for key in _NAMED_BY if key in item), item)
    text = item if isinstance(item, str) else ""
    if not text and isinstance(item, dict | list | tuple | int | float | bool):
        with suppress(TypeError, ValueError, RecursionError):
            text = json.dumps(item, ensure_ascii=False)
    text = " ".join(str.__str__(text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _digest(item: Any) -> str:
    try:
        return digest(item)
    except NoDigestError:
        return uuid4().hex  # It is the same as nothing else: done each time.
