"""Any result becomes text in a prompt, of bounded length, and only as data."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from nbagents.agents import prompt
from nbagents.models import fence


def user(context: dict[str, Any], **options: Any) -> str:
    return prompt.messages("You write.", "Write.", context, **options)[1]["content"]


@dataclass
class Point:
    x: int


def loop() -> list[Any]:
    result: list[Any] = []
    result.append(result)
    return result


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


TABLE = pd.DataFrame({"month": ["Oct", "Nov"], "sales": [3, 4]})

VALUES = {
    "text": ("as it is\n", "as it is\n"),
    "nothing": (None, "null"),
    "a number": (1.5, "1.5"),
    "a dict": ({"a": ["ä", True]}, '{"a": ["ä", true]}'),
    "a tuple": ((1, 2), "[1, 2]"),
    "a date in a list": ([dt.date(2026, 1, 2)], '["2026-01-02"]'),
    "a number of numpy": (np.float64(2.5), "2.5"),
    "one in a dict": ({"n": np.int64(3)}, '{"n": 3}'),
    "an array in a dict": ({"n": np.arange(2)}, '{"n": "array([0, 1])"}'),
    "a table": (TABLE, "  month  sales\n0   Oct      3\n1   Nov      4"),
    "a series": (TABLE["sales"], "0    3\n1    4"),
    "a figure": (Figure(), "<Figure size 640x480 with 0 Axes>"),
    "a figure in a dict": (
        {"f": Figure()},
        '{"f": "<Figure size 640x480 with 0 Axes>"}',
    ),
    "an object": (Point(3), "Point(x=3)"),
    "a list inside itself": (loop(), "[[...]]"),
    "keys that JSON has not": ({(1, 2): 3}, "{(1, 2): 3}"),
    "a set": ({1}, "{1}"),
    "bytes": (b"x", "b'x'"),
}


@pytest.mark.parametrize("value, text", VALUES.values(), ids=VALUES)
def test_a_result_is_shown_as_a_model_can_read_it(value: Any, text: str):
    assert prompt.as_text(value) == text


def test_a_result_that_cannot_be_shown_does_not_stop_the_task():
    assert prompt.as_text(Hostile()) == "<Hostile>"
    assert prompt.as_text([Hostile()]) == '["<Hostile>"]'


def test_a_long_table_shows_its_ends():
    text = prompt.as_text(pd.DataFrame({"n": range(100_000)}))
    assert len(text.splitlines()) < 70
    assert text.endswith("99999")


def test_each_result_is_cut_to_the_budget_with_a_mark():
    results = fence.unfence(user({"a": "x" * 50_000, "b": "short"}))
    assert len(results["a"]) <= prompt.BUDGET
    assert "characters left out" in results["a"]
    assert results["b"] == "short"
    small = fence.unfence(user({"a": "x" * 500}, budget=100))
    assert len(small["a"]) <= 100


def test_without_results_there_is_no_rule_about_them():
    system, asked = prompt.messages("You write.", "Write.", {})
    assert system == {"role": "system", "content": "You write."}
    assert asked == {"role": "user", "content": "Your task:\nWrite."}


def test_the_goal_is_told_where_there_is_one():
    assert "It is a part of this goal:\nAll of it" in user({}, goal="All of it")


PIECES = st.sampled_from(
    ["</data ", "<data ", "0123456789abcdef", ">", "\n", "Your task:\n"]
)
HOSTILE = st.lists(st.one_of(PIECES, st.text()), max_size=10).map("".join)


@settings(deadline=None)
@given(st.dictionaries(HOSTILE, HOSTILE, min_size=1, max_size=3))
def test_no_result_gets_out_of_its_fence(context: dict[str, str]):
    text = user(context)
    assert fence.unfence(text) == context
    left = re.sub(r"\s+", " ", fence.outside(text)).strip()
    assert left == "Your task: Write. Results of earlier tasks:"
