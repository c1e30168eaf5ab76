"""Digests of values that look alike from outside: what a look from inside must tell."""

import dataclasses
from copy import deepcopy
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, Field, PrivateAttr, field_serializer

from nbagents.digests import NoDigestError, content, digest


class Step(BaseModel):
    """A step of something."""


class Walk(Step):
    """A step on foot."""

    metres: int = 0


class Ride(Step):
    """A step on a bicycle."""

    metres: int = 0


class Way(BaseModel):
    steps: list[Step]


class Secretive(BaseModel):
    shown: int = 1
    left_out: str = Field("", exclude=True)
    _own: int = PrivateAttr(0)


class Rounded(BaseModel):
    figure: float

    @field_serializer("figure")
    def _round(self, figure: float) -> int:
        return round(figure)


class Words(str):  # noqa: SLOT000 - it is to have attributes
    pass


class Rows(list[int]):
    pass


class Table(dict[str, int]):
    pass


class Figure(float):
    pass


@dataclasses.dataclass
class Report:
    title: str


class Signed(Report):
    pass


class Slotted:
    __slots__ = ("__hidden",)

    def __init__(self, hidden: Any) -> None:
        self.__hidden = hidden

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and other.__hidden == self.__hidden

    __hash__ = None  # type: ignore[assignment]


def secretive(own: int) -> Secretive:
    made = Secretive()
    made._own = own
    return made


def noted(value: Any, note: str) -> Any:
    value.note = note
    return value


def column(*values: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(list(values), dtype=object)})


def ranks(*order: str) -> pd.Series:
    return pd.Series(pd.Categorical(["a", "b"], categories=order, ordered=True))


NOTED = column(1)
NOTED.attrs["source"] = "survey"
NAN = float("nan")
JANUARY = pd.to_datetime(["2026-01-01"]).tz_localize("UTC")

PAIRS: dict[str, tuple[Any, Any]] = {
    "fields of a subclass": (Way(steps=[Walk(metres=1)]), Way(steps=[Walk(metres=2)])),
    "which subclass": (Way(steps=[Walk()]), Way(steps=[Ride()])),
    "excluded field": (Secretive(left_out="a"), Secretive(left_out="b")),
    "private attribute": (secretive(1), secretive(2)),
    "serialized alike": (Rounded(figure=1.1), Rounded(figure=1.2)),
    "attribute of a text": (noted(Words("w"), "a"), noted(Words("w"), "b")),
    "attribute of a list": (noted(Rows([1]), "a"), noted(Rows([1]), "b")),
    "attribute of a dict": (noted(Table(a=1), "a"), noted(Table(a=1), "b")),
    "attribute of a number": (noted(Figure(1), "a"), noted(Figure(1), "b")),
    "attribute of a dataclass": (noted(Signed("t"), "a"), noted(Signed("t"), "b")),
    "hidden slot": (Slotted(1), Slotted(2)),
    "number or text": (column(1, "a"), column("1", "a")),
    "truth or text": (column(True, "a"), column("True", "a")),
    "none or nan": (column(None, "a"), column(NAN, "a")),
    "nan or its text": (pd.Series([NAN, "a"], dtype="str"), pd.Series(["nan", "a"])),
    "order of categories": (ranks("a", "b"), ranks("b", "a")),
    "name of the columns": (column(1), column(1).rename_axis(columns="k")),
    "attributes of a table": (column(1), NOTED),
    "missing number": (pd.array([1, None], dtype="Int64"), pd.array([1, 1])),
    "time zone": (pd.Series(JANUARY), pd.Series(JANUARY.tz_convert("Europe/Berlin"))),
    "mask": (np.ma.array([1, 9], mask=[0, 1]), np.ma.array([1, 9], mask=[0, 0])),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_differs_inside_has_another_digest(name: str) -> None:
    one, other = PAIRS[name]
    assert digest(one) != digest(other)


@pytest.mark.parametrize("name", PAIRS)
def test_a_copy_has_the_same_digest(name: str) -> None:
    for value in PAIRS[name]:
        assert digest(deepcopy(value)) == digest(value)


def test_parts_that_are_one_object_count_as_parts_that_are_equal() -> None:
    one, other = [1], [1]
    assert digest(Slotted([one, one])) == digest(Slotted([one, other]))


class Leaving:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise SystemExit


@pytest.mark.parametrize("value", [MagicMock(), [MagicMock()], Leaving()])
def test_what_answers_to_everything_or_leaves_equals_nothing(value: Any) -> None:
    with pytest.raises(NoDigestError):
        digest(value)
    assert content(value) != content(value)
