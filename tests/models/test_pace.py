"""How requests are spaced: the numbers, with a clock of the test's own."""

import random

import pytest

from models.fake_server import Say
from models.quota import Counting, Quota, Telling
from nbagents.models.pace import Pace

FIRST = 1000.0


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = FIRST

    def __call__(self) -> float:
        return self.now


def answered(
    pace: Pace, clock: Clock, count: int, quota: Quota, trip: float = 0.0
) -> None:
    """Have so many requests answered; each answer takes `trip` seconds to be back."""
    left, on_their_way = count, list[tuple[float, float, Say]]()
    while left or on_their_way:
        due = max(clock.now, pace.due(clock.now))
        back = on_their_way[0][0] if on_their_way else float("inf")
        if left and due < back:
            clock.now = due
            pace.sent(due)
            left -= 1
            on_their_way.append((due + trip, due, quota({})))
            continue
        clock.now, sent, say = on_their_way.pop(0)
        if say.status == 200:
            pace.let_in()
        else:
            left += 1
            told = say.headers.get("retry-after")
            pace.refused(sent, clock.now, float(told) if told else _milliseconds(say))


def _milliseconds(say: Say) -> float:
    return int(say.headers.get("retry-after-ms", 500)) / 1000


@pytest.mark.parametrize("trip", [0.005, 0.1])
@pytest.mark.parametrize("rate", [1, 5, 40])
@pytest.mark.parametrize("telling", ["seconds", "milliseconds"])
@pytest.mark.parametrize("counting", ["window", "sliding", "bucket"])
def test_few_requests_more_than_the_least_are_needed(
    counting: Counting, telling: Telling, rate: int, trip: float
) -> None:
    clock = Clock()
    quota = Quota(rate, counting, telling, clock)
    answered(Pace(), clock, 200, quota, trip)
    # A refusal that takes a tenth of a second comes back after the next four, at 40.
    assert quota.asked <= (1.3 if rate * trip > 1 else 1.15) * 200
    assert clock.now - FIRST <= 3 * 200 / rate


def test_a_server_without_limits_is_asked_for_two_hundred_in_two_seconds() -> None:
    clock = Clock()
    answered(Pace(), clock, 200, Quota(10**6, clock=clock), trip=1.0)
    assert clock.now - FIRST <= 1 + 2


def test_the_first_five_go_at_once_and_again_after_a_breath() -> None:
    pace, now = Pace(), FIRST
    for _ in range(3):
        for _ in range(5):
            assert pace.due(now) <= now
            pace.sent(now)
        assert now < pace.due(now) <= now + 0.05
        now += 2


def test_nothing_goes_before_the_time_that_a_server_tells() -> None:
    pace = Pace()
    pace.sent(FIRST)
    pace.refused(FIRST, FIRST, 30)
    assert pace.due(FIRST) == FIRST + 30
    pace.sent(FIRST + 30)
    assert pace.due(FIRST + 30) > FIRST + 30


def test_a_pace_is_forgotten_after_a_minute_of_quiet() -> None:
    pace = Pace()
    for _ in range(5):
        pace.sent(FIRST)
    pace.refused(FIRST, FIRST, 1)
    assert pace.due(FIRST + 30) <= FIRST + 30
    pace.sent(FIRST + 30)
    assert pace.due(FIRST + 30) > FIRST + 30
    for _ in range(5):
        assert pace.due(FIRST + 100) <= FIRST + 100
        pace.sent(FIRST + 100)


def test_whatever_a_server_says_the_spacing_stays_within_bounds() -> None:
    chance, pace, now = random.Random(7), Pace(), FIRST
    for _ in range(5000):
        now += chance.choice([0, 0.001, 0.1, 5, 200])
        pace.sent(now)
        if chance.random() < 0.5:
            pace.refused(now - chance.random(), now, chance.choice([0, 1e-9, 1, 120]))
        else:
            pace.let_in()
        assert 0 < pace.spacing <= 60
        assert pace.due(now) <= now + 120 + 60
