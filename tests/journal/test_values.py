"""Which results are stored, and what stands for the others."""

from typing import Any

import pytest

from nbagents.journal import values
from nbagents.journal.values import Unstored, storable


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def itself() -> Any:
    value: list[Any] = [1]
    value += [value, {"again": value}]
    return value


def laughs() -> Any:
    value: Any = ["ha"]
    for _ in range(60):
        value = [value, value]
    return value


class Rude:
    def __repr__(self) -> str:
        raise KeyboardInterrupt if False else ValueError


@pytest.mark.parametrize(
    "value, why",
    [
        (nested(201), "more than 200 levels"),
        (nested(100_000), "more than 200 levels"),
        (itself(), "contains itself"),
        (laughs(), "more than 1,000,000 parts"),
        ((1,), "a 'tuple' is not JSON"),
        ({1: 1}, "a key that is a 'int' is not JSON"),
        (10**640, "more than 640 digits"),
        ("\ud83d\ude00", "two halves of a character"),
        (Rude(), "a 'Rude' is not JSON"),
    ],
    ids=[
        "deep",
        "very-deep",
        "cycle",
        "laughs",
        "tuple",
        "key",
        "int",
        "halves",
        "rude",
    ],
)
def test_what_is_not_stored_says_why(value: Any, why: str) -> None:
    found = storable(value)
    assert isinstance(found, Unstored)
    assert why in found.why
    assert len(found.preview) <= 200


@pytest.mark.parametrize("value", [nested(200), "\ud800x\udc00", 10**640 - 1, {"": {}}])
def test_what_comes_back_the_same_is_stored(value: Any) -> None:
    assert storable(value) is value


def test_a_value_that_cannot_be_shown_is_still_named() -> None:
    assert storable(Rude()).kind == "Rude"
    assert "Rude" in storable(Rude()).preview


def test_a_text_longer_than_all_limits_is_not_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(values, "MOST_TEXT", 10)
    assert storable("x" * 10) == "x" * 10
    assert storable(["x" * 6, {"x" * 5: 1}]).why == "it has more than 10 characters"
    assert storable("x" * 300).preview.endswith("…")


def test_what_stands_for_a_result_stays_that_when_it_is_stored_again() -> None:
    found = storable((1, 2))
    assert found == Unstored("tuple", "(1, 2)", "a 'tuple' is not JSON")
    assert storable(found) is found
