"""The timer of what waits to be tried again, with a loop and a clock of the test's."""

from collections.abc import Callable
from typing import Any

from nbagents.engine.waits import Waits


class Handle:
    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop:
    """Keeps what it is to call later."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], None], Handle]] = []

    def call_later(
        self, delay: float, callback: Callable[[], None], context: object = None
    ) -> Any:
        self.timers.append((delay, callback, Handle()))
        return self.timers[-1][2]

    def pending(self) -> list[float]:
        return [delay for delay, _, handle in self.timers if not handle.is_cancelled]

    def fire(self) -> None:
        _, callback, _ = self.timers.pop()
        callback()


def waits(now: float) -> tuple[Waits, Loop, list[str]]:
    loop, rung = Loop(), list[str]()
    as_loop: Any = loop
    return Waits(as_loop, lambda: rung.append("over"), lambda: now), loop, rung


def test_one_timer_runs_for_the_moment_that_was_given_last() -> None:
    each, loop, _ = waits(100.0)
    each.until(104.0)
    each.until(102.0)
    each.until(102.0)
    assert loop.pending() == [2.0]


def test_none_leaves_no_timer() -> None:
    each, loop, _ = waits(100.0)
    each.until(104.0)
    each.until(None)
    assert loop.pending() == []


def test_a_moment_that_is_over_is_now_and_can_be_given_again() -> None:
    each, loop, rung = waits(100.0)
    each.until(90.0)
    assert loop.pending() == [0.0]
    loop.fire()
    assert rung == ["over"]
    each.until(90.0)
    assert loop.pending() == [0.0]


def test_no_timer_runs_longer_than_a_loop_can_be_told() -> None:
    each, loop, _ = waits(100.0)
    for moment in (1e300, float("inf")):
        each.until(moment)
        assert loop.pending() == [3600.0]
