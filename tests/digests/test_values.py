"""Digests of values: equal for equal content, and for nothing else."""

import dataclasses
import datetime as dt
import enum
import subprocess
import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents.digests import content, digest
from nbagents.digests.values import MOST_BYTES, MOST_PARTS, NoDigestError

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    plain, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(), v, max_size=4)
)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Report:
    title: str
    rows: list[Any]
    cached: int = dataclasses.field(default=0, compare=False)


class Words(str):
    __slots__ = ()


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(columns)


SAME: list[tuple[str, Callable[[], Any]]] = [
    ("text", lambda: "a"),
    ("nan", lambda: float("nan")),
    ("list", lambda: [1, [2, "x"]]),
    ("set", lambda: {"b", "a", "c"}),
    ("enum", lambda: Colour.RED),
    ("named tuple", lambda: Point(1, 2)),
    ("dataclass", lambda: Report("t", [1])),
    ("date", lambda: dt.date(2026, 1, 2)),
    ("decimal", lambda: Decimal("1.10")),
    ("path", lambda: Path("a/b")),
    ("counter", lambda: Counter("aab")),
    ("array", lambda: np.arange(6.0).reshape(2, 3)),
    ("array of objects", lambda: np.array([{"a": 1}, None], dtype=object)),
    ("table", lambda: frame(a=[1, 2], b=["x", None])),
    ("table of lists", lambda: frame(a=[[1], {2: 3}])),
    ("series", lambda: pd.Series([1, 2], name="n")),
    ("index", lambda: pd.Index(["a", "b"])),
    ("dates", lambda: pd.DataFrame({"t": pd.to_datetime(["2026-01-01"])})),
    ("lone surrogate", lambda: "\ud800"),
    ("large number", lambda: 10**5000),
]


@pytest.mark.parametrize("make", [m for _, m in SAME], ids=[n for n, _ in SAME])
def test_what_is_made_again_has_the_same_digest(make: Callable[[], Any]) -> None:
    assert digest(make()) == digest(make())


def test_no_two_different_values_have_the_same_digest() -> None:
    values = [
        *(make() for _, make in SAME),
        *(1, 1.0, True, "1", b"1", None, "None", [], (), {}, set(), [[]], [None]),
        *([1, 2], [2, 1], (1, 2), ["1", 2], ["12"], ["1", "2"], {"1": 2}, {1: 2}),
        *(Colour.BLUE, Point(2, 1), Words("a"), Report("t", [2]), Decimal("1.1")),
        *(-0.0, 0.0, 0, float("inf"), "", b"", "\0", " "),
        np.arange(6).reshape(2, 3),
        np.arange(6.0).reshape(3, 2),
        frame(a=[1, 2], c=["x", None]),
        frame(a=[1.0, 2.0], b=["x", None]),
        frame(a=[1, 2], b=["x", None]).set_axis([1, 2]),
        frame(a=[2, 1], b=["x", None]),
        pd.Series([1, 2], name="m"),
        pd.Series([1, 2], name="n", index=[5, 6]),
    ]
    assert len({digest(value) for value in values}) == len(values)


def test_the_order_of_a_dict_does_not_count_and_that_of_a_list_does() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest(OrderedDict(a=1)) != digest({"a": 1})
    assert digest(["a", "b"]) != digest(["b", "a"])


def test_what_a_dataclass_does_not_compare_does_not_count() -> None:
    assert digest(Report("t", [1], cached=1)) == digest(Report("t", [1], cached=2))


@given(json_values, json_values)
def test_digests_of_json_values_agree_with_equality(one: Any, other: Any) -> None:
    assert digest(one) == digest(one)
    if digest(one) == digest(other):
        assert repr(one) == repr(other) or one == other


def test_the_digest_is_the_same_in_another_process() -> None:
    code = (
        "from nbagents.digests import digest; "
        "print(digest({'b': {'y', 'x'}, 'a': [1.5, None]}))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {digest({"a": [1.5, None], "b": {"x", "y"}})}


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


class Hostile:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    "value",
    [
        object(),
        threading.Lock(),
        [object()],
        lambda: None,
        nested(100_000),
        Hostile(),
        [0] * (MOST_PARTS + 1),
        np.zeros(MOST_BYTES + 1, dtype="int8"),
    ],
    ids=["object", "lock", "inside", "function", "deep", "hostile", "long", "large"],
)
def test_what_cannot_be_told_is_refused_and_kept_with_a_mark_of_its_own(
    value: Any,
) -> None:
    with pytest.raises(NoDigestError):
        digest(value)
    assert content(value) != content(value)


def test_a_list_inside_itself_has_a_digest() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert digest(loop)


@pytest.mark.parametrize("value", ["text", 1, 2.5, True, None, b"x"])
def test_plain_results_are_not_digested_before_somebody_asks(value: Any) -> None:
    assert content(value) is None
