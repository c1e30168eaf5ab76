"""Calls that are given up, and what becomes of their results."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nbagents.sandbox.hopx.waiting import GivenUp, Stopped, Waiter

PATIENCE = 20


def test_a_call_returns_or_raises_what_the_work_does() -> None:
    def fails() -> None:
        raise TimeoutError("of its own")

    late: queue.Queue[object] = queue.Queue()
    assert Waiter().call(lambda: 5, PATIENCE, late.put) == 5
    with pytest.raises(TimeoutError, match="of its own"):
        Waiter().call(fails, PATIENCE, late.put)
    assert late.empty()


def test_what_comes_after_the_deadline_is_handed_over() -> None:
    go_on = threading.Event()
    late: queue.Queue[object] = queue.Queue()
    with pytest.raises(GivenUp, match=r"no answer within 0\.01 s"):
        Waiter().call(lambda: go_on.wait(PATIENCE), 0.01, late.put)
    go_on.set()
    assert late.get(timeout=PATIENCE) is True


def test_what_fails_after_the_deadline_is_told_as_nothing() -> None:
    go_on = threading.Event()
    late: queue.Queue[object] = queue.Queue()

    def fails() -> None:
        go_on.wait(PATIENCE)
        raise OSError

    with pytest.raises(GivenUp):
        Waiter().call(fails, 0.01, late.put)
    go_on.set()
    assert late.get(timeout=PATIENCE) is None


def test_stopping_ends_waits_of_now_and_later() -> None:
    begun, go_on = threading.Event(), threading.Event()
    late: queue.Queue[object] = queue.Queue()
    waiter = Waiter()

    def work() -> str:
        begun.set()
        go_on.wait(PATIENCE)
        return "late"

    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(waiter.call, work, PATIENCE, late.put)
        assert begun.wait(PATIENCE)
        waiter.stop()
        assert isinstance(waiting.exception(PATIENCE), Stopped)
    go_on.set()
    assert late.get(timeout=PATIENCE) == "late"
    with pytest.raises(Stopped):
        waiter.call(lambda: 5, PATIENCE)
