"""A value as text, whatever its class does."""

import json
from collections import OrderedDict, namedtuple
from itertools import count

import numpy as np
import pandas as pd
import pytest

from nbagents.display import values

Point = namedtuple("Point", "x y")  # noqa: PYI024 - the kind that carries no types


class Bad:
    def __repr__(self):
        raise SystemExit


class Boom(BaseException):
    pass


class Panics:
    def __repr__(self):
        raise Boom


class Words(str):
    __slots__ = ()

    def __str__(self):
        raise Boom

    def __len__(self):
        raise Boom


class Liar:
    @property
    def __class__(self):
        raise Boom

    def __repr__(self):
        return "<liar>"


class Meta(type):
    @property
    def __name__(cls):
        raise Boom

    @property
    def __mro__(cls):
        raise Boom


class Nameless(metaclass=Meta):
    __repr__ = Bad.__repr__


@pytest.mark.parametrize(
    "value, shown",
    [
        ("as it\nis", "as it\nis"),
        (Words("a subclass"), "a subclass"),
        (42, "42"),
        (None, "None"),
        (float("nan"), "nan"),
        ({3}, "{3}"),
        (Point(1, 2), "Point(x=1, y=2)"),
        (np.arange(3), "array([0, 1, 2])"),
        (b"", "0 bytes"),
        (b"a", "1 byte: 61"),
        (bytearray(b"\x89PNG"), "4 bytes: 89 50 4e 47"),
        (bytes(2000), "2,000 bytes: " + " ".join(["00"] * 48) + " …"),
        (Bad(), "<Bad>"),
        (Panics(), "<Panics>"),
        (Liar(), "<liar>"),
        (Nameless(), "<object>"),
        (10**5000, "<int>"),
        ([10**5000], '[\n  "<int>"\n]'),
    ],
    ids=count(),  # the values are not to be asked for their names
)
def test_a_value_is_text_and_never_an_error(value, shown):
    assert values.as_text(value) == (shown, True)


def test_an_interrupt_by_a_person_is_not_swallowed():
    class Slow:
        def __repr__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        values.as_text(Slow())


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"rows": [1, 2], "empty": [], "none": {}},
        [{"a": {"b": [None, True, 1.5, -3]}}, "ü 日本 🦊", '"quoted"\n'],
        OrderedDict(z=1, a=[[[]]]),
        (1, ("two",)),
        {1: "int", None: "none", False: "bool", 2.5: "float"},
    ],
)
def test_json_is_what_json_writes_indented(value):
    expected = json.dumps(value, indent=2, ensure_ascii=False)
    assert values.as_json(value).text == expected


@pytest.mark.parametrize(
    "value, shown",
    [
        ({"kind": {3}}, '"kind": "{3}"'),
        ({("a", 1): 2}, "\"('a', 1)\": 2"),
        ({Bad(): 1}, '"<Bad>": 1'),
        ([Bad(), 1], '"<Bad>",\n  1'),
        ([Point(1, 2)], '"Point(x=1, y=2)"'),
        ({"n": np.int64(3), "x": np.float64(1.5)}, '"n": 3,\n  "x": 1.5'),
        ([np.bool_(True), float("nan")], "true,\n  NaN"),
        ([pd.Timestamp("2015-01-01")], "\"Timestamp('2015-01-01 00:00:00')\""),
        ([np.arange(2)], '"array([0, 1])"'),
        ([b"x"], "\"b'x'\""),
    ],
    ids=count(),
)
def test_what_json_cannot_hold_stands_there_as_its_repr(value, shown):
    assert shown in values.as_json(value).text


def test_a_list_inside_itself_says_so():
    inside = [1]
    inside.append({"again": inside})
    assert '"again": "<list> inside itself"' in values.as_text(inside).text


def test_what_is_nested_too_deep_to_be_read_ends_with_a_word():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert '"… more levels"' in values.as_text(deep).text


def test_a_long_list_is_written_as_far_as_anyone_reads():
    text, complete = values.as_text(list(range(10**6)))
    assert not complete
    assert len(text) < 10**6


def test_a_subclass_is_asked_nothing():
    class Hostile(dict):
        def items(self):
            raise Boom

        __iter__ = keys = __len__ = items

    assert values.as_text(Hostile(a=1)).text == '{\n  "a": 1\n}'


def test_a_long_table_is_its_head_and_its_tail():
    table = pd.DataFrame({"n": range(1000), "word": ["x" * 500] * 1000})
    lines = values.as_text(table).text.splitlines()
    assert len(lines) < 30
    assert lines[-1] == "[1000 rows x 2 columns]"
    assert max(map(len, lines)) < 120
    assert "999" in lines[-3]


def test_a_series_is_a_table_of_one_column():
    text = values.as_text(pd.Series([1, 2], ["a", "b"], name="count")).text
    assert text.split()[:5] == ["count", "a", "1", "b", "2"]


def test_columns_of_one_name_and_missing_values_are_shown():
    table = pd.DataFrame([["a", None, 1.5], ["b", "c", None]], columns=["x", "x", "y"])
    text = values.as_text(table).text
    assert "NaN" in text
    assert "1.5" in text
