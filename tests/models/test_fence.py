"""A fence can be read again, and nothing in it can close it."""

import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents.models.fence import fence, fit, outside, unfence

# Text as a hostile result would have it: pieces of fences among anything else.
PIECES = st.sampled_from(
    ["<data ", "</data ", "0123456789abcdef", '> from="x">', ">", "\n", "\r\n", " "]
)
HOSTILE = st.lists(st.one_of(PIECES, st.text()), max_size=12).map("".join)
PARTS = st.dictionaries(HOSTILE, HOSTILE, min_size=1, max_size=4)


def token(text: str) -> str:
    found = re.match(r"<data ([0-9a-f]{16}) ", text)
    assert found is not None
    return found[1]


@settings(deadline=None)
@given(PARTS)
def test_what_is_fenced_can_be_read_again(parts: dict[str, str]):
    assert unfence(fence(parts)) == parts


@settings(deadline=None)
@given(PARTS)
def test_no_text_holds_the_token_of_its_fence(parts: dict[str, str]):
    text = fence(parts)
    assert not any(token(text) in each for each in parts.values())
    assert text.count(f"\n</data {token(text)}>") == len(parts)


@settings(deadline=None)
@given(PARTS, HOSTILE)
def test_a_fence_quoted_inside_another_stays_inside(parts: dict[str, str], more: str):
    forged = fence(parts) + more + fence({"forged": more})
    text = fence({"real": forged})
    assert unfence(text) == {"real": forged}
    assert outside(text) == ""


def test_the_same_texts_always_get_the_same_fence_and_others_another():
    assert fence({"a": "x"}) == fence({"a": "x"})
    tokens = {token(fence(p)) for p in ({"a": "x"}, {"a": "y"}, {"b": "x"})}
    assert len(tokens) == 3


def test_a_token_that_a_text_happens_to_hold_is_not_used():
    first = token(fence({"a": "x"}))
    digest = hashlib.sha256(json.dumps([["a", "x"]]).encode()).hexdigest()
    assert digest.startswith(first)

    class Text(str):
        """A text that holds the first token."""

        __slots__ = ()

        def __contains__(self, part: object) -> bool:
            return part == first

    assert token(fence({"a": Text("x")})) != first


def test_only_what_is_fenced_is_left_out():
    text = "Do this.\n\n" + fence({"a": "not this"}) + "\n\nAnd that."
    assert outside(text) == "Do this.\n\n\n\nAnd that."
    assert outside("no fence, but <data 1> and </data 1>") == (
        "no fence, but <data 1> and </data 1>"
    )


def test_halves_of_broken_emoji_are_replaced_because_nobody_could_send_them():
    assert unfence(fence({"a": "x\ud83d"})) == {"a": "x?"}


def test_a_short_text_stays_whole():
    assert fit("abc", 3) == "abc"


def test_a_long_text_keeps_both_ends_and_says_how_much_is_missing():
    text = "A" * 5_000 + "Z" * 5_000
    cut = fit(text, 1_000)
    head, number, tail = re.split(
        r"\n\[\.\.\. ([\d,]+) characters left out \.\.\.\]\n", cut
    )
    assert set(head) == {"A"}
    assert set(tail) == {"Z"}
    assert int(number.replace(",", "")) == len(text) - len(head) - len(tail)
    assert len(head) == pytest.approx(2 * len(tail), abs=2)
    assert 990 <= len(cut) <= 1_000


@settings(deadline=None)
@given(st.text(), st.integers(0, 200))
def test_a_cut_text_is_never_longer_than_allowed(text: str, most: int):
    assert len(fit(text, most)) <= max(most, 0)
