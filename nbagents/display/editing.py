"""What an editor in a view starts with, and what cannot be edited there, and why.

What comes back from an editor replaces what was there. So only a text that is shown
as it is can be edited, and only a value that comes back from JSON as it was.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from nbagents.display import asked, safe, values
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.view import TaskView

_DEEPEST = 100  # levels of JSON

_JSON = (str, int, float, bool, type(None), list, dict)


def result(task: TaskView) -> dict[str, str]:
    """Return kind and text of the result, and why it cannot be edited in a view."""
    kind, text = _written(task)
    why = _no_text(task) if kind == "other" else why_not_text(task.id, "result", text)
    return {"kind": kind, "text": "" if why else text, "why": why}


def why_not_text(id: str, field: str, text: str) -> str:
    """Return why a text cannot be edited in a view; empty where it can.

    Args:
        id: The task.
        field: What of the task it is, as `run.edit` calls it.
        text: The text.
    """
    if len(text) > asked.MOST_TEXT:
        size = f"it has more than {asked.MOST_TEXT:,} characters"
        return f"{size}: {_in_a_cell(id, field)}"
    # Editors write the ends of lines their own way.
    if "\r" in text or safe.visible(text) != text:
        marks = "it holds a key, a password or characters that cannot be shown"
        return f"{marks}, which an editor would destroy: {_in_a_cell(id, field)}"
    return ""


def quoted(id: str) -> str:
    """Return `id` as it is written in a cell."""
    return safe.one_line(repr(id))


def _in_a_cell(id: str, field: str) -> str:
    return f"in a cell, run.edit({quoted(id)}, {field}=...)"


def _no_text(task: TaskView) -> str:
    kind = safe.one_line(values.name(task.result), 80)
    line = _in_a_cell(task.id, "result")
    return f"a {kind} does not come back from JSON as it is: {line}"


def _written(task: TaskView) -> tuple[str, str]:
    """Return of which kind a result is, and the text of it."""
    value = task.result
    has_result = task.status in (TaskStatus.COMPLETED, TaskStatus.STALE)
    if not has_result:
        return "none", ""
    if type(value) is str:
        return "text", value
    text = values.guarded(_as_json, value)
    return ("other", "") if text is None else ("json", text)


def _as_json(value: Any) -> str | None:
    """Return `value` as JSON; `None` where that would come back as something else."""
    pieces, size = [], 0
    # Each part takes a character, at least: more of them are too long anyway.
    parts = islice(_parts(value), asked.MOST_TEXT)
    if not all(type(each) in _JSON for each in parts):
        return None
    encoder = json.JSONEncoder(indent=2, ensure_ascii=False, allow_nan=False)
    for piece in encoder.iterencode(value):
        pieces.append(piece)
        size += len(piece)
        if size > asked.MOST_TEXT:
            break  # It is too long already, however much there is.
    text = "".join(pieces)
    return text if size > asked.MOST_TEXT or _same(json.loads(text), value) else None


def _parts(value: Any) -> Iterator[Any]:
    """Yield `value` and what is in it.

    Raises:
        RecursionError: It goes deeper than anybody would edit it.
    """
    yield value
    above = [_inside(value)]
    while above:
        for each in above[-1]:
            yield each
            if len(above) == _DEEPEST:
                raise RecursionError
            above.append(_inside(each))
            break
        else:
            above.pop()


def _inside(value: Any) -> Iterator[Any]:
    if type(value) is dict:
        yield from value
        yield from value.values()
    elif type(value) is list:
        yield from value


def _same(one: Any, other: Any) -> bool:
    """Return whether both are the same to their types: `True` is not 1."""
    if type(one) is not type(other):
        return False
    if type(one) is dict:
        pairs = zip(one.items(), other.items(), strict=True)
        return len(one) == len(other) and all(_same(*pair) for pair in pairs)
    if type(one) is list:
        return len(one) == len(other) and all(map(_same, one, other))
    if type(one) is tuple:
        return all(map(_same, one, other))
    return bool(one == other)
