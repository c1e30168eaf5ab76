"""What servers say about when to come back, in all the ways they have."""

import math
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents import ModelError
from nbagents.retrying import told_to_wait
from nbagents.retrying.advice import seconds_in

NOW = 1_445_412_470.0  # Wed, 21 Oct 2015 07:27:50 GMT


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 10),
        ({"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"}, 0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"x-ratelimit-reset-requests": "1s"}, 1),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-reset-tokens": "1m12.5s"}, 72.5),
        (
            {
                "x-ratelimit-reset-requests": "8m",
                "x-ratelimit-remaining-requests": "3",
                "x-ratelimit-reset-tokens": "2s",
                "x-ratelimit-remaining-tokens": "0",
            },
            2,
        ),
        ({"retry-after": "9" * 400}, math.inf),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Wed, 99 Oct 99999 07:28:00 GMT"}, None),
        ({"x-ratelimit-reset-requests": "for ever"}, None),
    ],
)
def test_headers_say_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_in(headers, lambda: NOW) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()))
def test_no_text_of_a_server_breaks_anything(headers: dict[str, str]) -> None:
    told = seconds_in(headers, lambda: NOW)
    assert told is None or told >= 0


class Response:
    headers: ClassVar = {"retry-after": "4"}
    status_code = 429


class OfSomeClientError(Exception):
    response: Any = Response()


def test_an_error_of_ours_or_of_a_client_tells() -> None:
    assert told_to_wait(ModelError("busy", retry_after=3)) == 3
    assert told_to_wait(OfSomeClientError()) == 4
    assert told_to_wait(ValueError()) is None
