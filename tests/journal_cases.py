"""Events, results and files that the tests of the journal share."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from nbagents import Limits, Plan, Task
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.journal import codec

# Halves of characters too, but no two side by side: JSON makes one of these.
TEXTS = st.text(
    st.characters(exclude_categories=[]) | st.sampled_from('\0\n"\\\u2028é😀'),
    max_size=12,
).filter(
    lambda text: (
        text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    )
)

NASTY = [0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e16, math.inf]
FLOATS = st.floats() | st.sampled_from([*NASTY, -math.inf, math.nan])
INTS = st.integers() | st.sampled_from(
    [2**53 + 1, -(2**63), 2**64, 10**640 - 1, 1 - 10**640]
)
ATOMS = st.none() | st.booleans() | INTS | FLOATS | TEXTS

JSON = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)
"""Results that are stored."""


class Words(str):
    """A text that would come back as another class."""

    __slots__ = ()


_PAIR = "\ud83d\ude00"
_KEYS = [{1: 2}, {None: 1}, {Words("k"): 1}, {_PAIR: 1}]
_LARGE = [10**640, -(10**5000)]
NOT_JSON = st.sampled_from(
    [(1, 2), {1}, b"x", 1j, Words("x"), object(), range(3), _PAIR, *_KEYS, *_LARGE]
)
"""Results that are not, at least not as what they are."""


def plans() -> st.SearchStrategy[Plan]:
    """Return plans of a few tasks in a row."""

    def plan(words: list[str], goal: str | None) -> Plan:
        ids = [f"t{n}" for n in range(len(words))]
        above = [ids[max(0, n - 2) : n] for n in range(len(ids))]
        parts = zip(ids, words, above, strict=True)
        return Plan([Task(id, f"do {w}", f"a{w}", up) for id, w, up in parts], goal)

    return st.builds(plan, st.lists(TEXTS, max_size=4), st.none() | TEXTS)


def events(results: st.SearchStrategy[Any] = JSON) -> st.SearchStrategy[e.Event]:
    """Return events of every kind, but for the one that needs those before it."""
    kinds = [kind for kind in codec.KINDS if kind is not e.RunRewound]
    return st.one_of([event(kind, results) for kind in kinds])


def limits() -> st.SearchStrategy[Limits]:
    """Return limits of all kinds."""
    count, amount = st.none() | st.integers(1, 10**9), st.none() | st.floats(0, 1e9)
    return st.builds(
        Limits, tasks=count, calls=count, tokens=count, cost=amount, seconds=amount
    )


def event(
    kind: type[e.Event], results: st.SearchStrategy[Any] = JSON
) -> st.SearchStrategy[Any]:
    """Return events of one kind, by the types of its fields."""
    hints = get_type_hints(kind)
    return st.builds(
        kind, **{f.name: _of(hints[f.name], results) for f in fields(kind)}
    )


def _of(hint: Any, results: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    known = {
        Any: results,
        Plan: plans(),
        e.StepDown: st.builds(e.StepDown, TEXTS, TEXTS),
        Failure: st.builds(Failure, TEXTS, TEXTS, TEXTS),
        str: TEXTS,
        int: INTS,
        float: FLOATS,
        bool: st.booleans(),
        Limits: limits(),
    }
    if hint in known:
        return known[hint]
    if get_origin(hint) in {Union, UnionType}:
        options = [each for each in get_args(hint) if each is not NoneType]
        return st.none() | st.one_of([_of(each, results) for each in options])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if get_origin(hint) is Mapping:
        return st.dictionaries(TEXTS, JSON, max_size=3)
    if hint == tuple[str, ...]:
        return st.lists(TEXTS, max_size=3).map(tuple)
    # What is left are prompts.
    return st.lists(st.dictionaries(TEXTS, JSON, max_size=3), max_size=3).map(tuple)


def exact(value: Any) -> Any:
    """Return what tells `value` from what only equals it: 1, 1.0, True; -0.0."""
    if isinstance(value, Plan):
        return ("Plan", exact(value.tasks), value.goal, value.made_by)
    if is_dataclass(value) and not isinstance(value, type):
        shown = [getattr(value, f.name) for f in fields(value) if f.compare]
        return (type(value), [exact(each) for each in shown])
    if isinstance(value, dict):
        return (type(value), [(exact(k), exact(v)) for k, v in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [exact(each) for each in value])
    return (type(value), value.hex() if isinstance(value, float) else value)


def files(path: Path) -> list[Path]:
    """Return the files of the journal at `path` that hold something."""
    return [each for each in (path, Path(f"{path}-wal")) if each.exists()]
