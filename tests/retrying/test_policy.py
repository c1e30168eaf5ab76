"""Retry: what it takes, how long it waits, what it takes for hopeless."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbagents import (
    Agent,
    AgentError,
    ModelAnswerError,
    ModelError,
    ModelNotConfiguredError,
    Orchestrator,
    Retry,
    TaskTimeout,
    agent,
)
from nbagents.retrying import is_worth_it


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"attempts": 0}, "attempts must be a whole number above 0, not 0"),
        ({"attempts": True}, "attempts"),
        ({"attempts": 2.5}, "attempts"),
        ({"first": -1}, "first must be a number of seconds of at least 0, not -1"),
        ({"first": float("nan")}, "first"),
        ({"backoff": 0.5}, "backoff must be a factor of at least 1, not 0.5"),
        ({"longest": float("inf")}, "longest"),
        ({"jitter": 1.5}, "jitter must be a share from 0 to 1, not 1.5"),
        ({"jitter": "much"}, "jitter"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(changes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Retry(**changes)


@pytest.mark.parametrize("on", [3, "ValueError", (ValueError, 3), int])
def test_on_must_be_exceptions_or_a_function(on: Any) -> None:
    with pytest.raises(TypeError, match="on is an exception"):
        Retry(on=on)


def test_chance_must_be_a_function() -> None:
    with pytest.raises(TypeError, match="chance is a function"):
        Retry(chance=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("retry", ["3", 2.0, True])
def test_a_team_refuses_what_is_no_retry(retry: Any) -> None:
    with pytest.raises(TypeError, match="Try: retry=3"):
        Orchestrator([], retry=retry)


def test_an_agent_refuses_what_is_no_retry_as_an_error_of_the_agent() -> None:
    with pytest.raises(AgentError, match="agent 'x' cannot be tried again"):
        Agent("x", "", lambda task, context: task, retry=0)


def test_a_number_is_one_of_tries_everywhere() -> None:
    @agent(retry=4)
    def writer(task: str, context: Any) -> str:
        return task

    assert writer.retry == Retry(attempts=4)
    assert Agent.llm("x", "", retry=2).retry == Retry(attempts=2)
    assert Agent.llm("x", "", retry=2).bind(None).retry == Retry(attempts=2)


@given(
    failures=st.integers(1, 5000),
    first=st.floats(0, 100),
    backoff=st.floats(1, 1000),
    longest=st.floats(0, 10_000),
    jitter=st.floats(0, 1),
    chance=st.floats(0, 1),
)
def test_a_wait_is_never_negative_nor_above_the_longest(
    failures: int, chance: float, **fields: float
) -> None:
    wait = Retry(**fields, chance=lambda: chance).wait(failures)  # type: ignore[arg-type]
    assert 0 <= wait <= fields["longest"]


def test_waits_of_one_seed_are_the_same_and_within_their_jitter() -> None:
    waits = [
        [Retry(chance=chance.random, jitter=0.5).wait(n) for n in range(1, 9)]
        for chance in (random.Random(7), random.Random(7))
    ]
    assert waits[0] == waits[1]
    whole = [min(60, 2 ** (n - 1)) for n in range(1, 9)]
    assert all(w / 2 <= x <= w for x, w in zip(waits[0], whole, strict=True))


@pytest.mark.parametrize(
    "error, worth",
    [
        (ValueError(), True),
        (KeyError(), True),
        (TimeoutError(), True),
        (TaskTimeout("a", 1), True),
        (ModelError("overloaded", status_code=503), True),
        (ModelError("no key", status_code=401, retryable=False), False),
        (ModelAnswerError("no", reason="refusal"), False),
        (ModelAnswerError("no", reason="content_filter"), False),
        (ModelAnswerError("no", reason="empty"), True),
        (ModelNotConfiguredError("no model"), False),
        (KeyboardInterrupt(), False),
        (SystemExit(), False),
        (NotImplementedError(), False),
    ],
)
def test_what_is_worth_another_try(error: BaseException, worth: bool) -> None:
    assert is_worth_it(error) == worth
