"""Finds the plan in what a model said.

A model that is asked for JSON and nothing else may still think aloud first, wrap
it in a code fence, introduce it, put it under a key "plan", or send the bare list
of tasks. Those are read. What is not JSON stays a defect: a repair request gets a
better plan than a guess at what a broken one meant.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbagents.models.thoughts import without_thoughts

_START = re.compile(r"[{\[]")

# Each place where JSON could start is tried. A wall against a text of brackets
# only, on which that would take time in the square of its length.
_MOST_STARTS = 200


def find(text: str) -> Any:
    """Return the plan in `text` as JSON values, else the first of them there is.

    Raises:
        ValueError: There is no JSON in it; the message says where it breaks off.
    """
    first = None
    broken: ValueError | None = None
    for value in _values(without_thoughts(text)):
        if isinstance(value, ValueError):
            broken = broken or value
        elif isinstance(value, Mapping) and "tasks" in value:
            return value
        # After JSON that broke off, the rest may be parts of it, and no plan.
        elif broken is None:
            if (plan := _in_disguise(value)) is not None:
                return plan
            first = value if first is None else first
    if first is None:
        raise broken or ValueError("the answer holds no JSON object")
    return first


def _values(text: str) -> Iterator[Any]:
    """Yield what there is of JSON in `text`: a value, or why it is none, each."""
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_MOST_STARTS):
        start = _START.search(text, position)
        if start is None:
            return
        try:
            value, position = decoder.raw_decode(text, start.start())
            yield value
        except (ValueError, RecursionError) as error:
            position = start.end()
            yield ValueError(f"the answer is not JSON: {error}")


def _in_disguise(value: Any) -> Any:
    """Return the plan under a key "plan", or the plan that a bare list is."""
    if isinstance(value, Mapping):
        value = value.get("plan")
        if isinstance(value, Mapping) and "tasks" in value:
            return value
    tasks = isinstance(value, list) and bool(value) and all(map(_is_task, value))
    return {"tasks": value} if tasks else None


def _is_task(value: Any) -> bool:
    return isinstance(value, Mapping) and {"id", "description"} <= value.keys()
