"""Calls that are given up at a deadline, because the library's own waits are long.

What has been given up goes on on a thread of its own: nothing can stop it. So whoever
asks says what is done with a result that comes late, such as killing what was made.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

T = TypeVar("T")


class GivenUp(Exception):
    """A call took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")


class Stopped(Exception):
    """Whoever waited was told to stop."""


def _nothing(_: object) -> None:
    pass


class Waiter:
    """Makes calls on threads of their own and waits for each, but not for ever."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._waits: set[Future[Any]] = set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def call(
        self,
        work: Callable[[], T],
        seconds: float,
        late: Callable[[T | None], None] = _nothing,
    ) -> T:
        """Return what `work()` returns.

        Args:
            work: May take for ever.
            seconds: How long it is waited for.
            late: Called with the result, or `None` where it failed, on the thread of
                the work, when nobody waits for it any more.

        Raises:
            GivenUp: The time was up.
            Stopped: `stop` was called, before or meanwhile.
        """
        future: Future[T] = Future()
        try:
            self._begin(future, work, late)
            return future.result(seconds)
        except TimeoutError:
            if future.cancel():
                raise GivenUp(seconds) from None
            return future.result()  # It has come just now, or failed by its own.
        except BaseException as error:
            _forsake(future, error, late)
            raise
        finally:
            with self._lock:
                self._waits.discard(future)

    def stop(self) -> None:
        """Have each call that is waited for, and each later one, raise `Stopped`."""
        with self._lock:
            self._stopped = True
            waits = list(self._waits)
        for each in waits:
            _settle(each.set_exception, Stopped())

    def _begin(
        self,
        future: Future[T],
        work: Callable[[], T],
        late: Callable[[T | None], None],
    ) -> None:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._waits.add(future)
        name = "nbagents-hopx"
        thread = threading.Thread(
            target=_work, args=(future, work, late), name=name, daemon=True
        )
        thread.start()


def _work(
    future: Future[T], work: Callable[[], T], late: Callable[[T | None], None]
) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
        if not _settle(future.set_exception, error):
            late(None)
        return
    if not _settle(future.set_result, result):
        late(result)


def _settle(settle: Callable[[T], None], value: T) -> bool:
    """Return whether a future was still open to be settled with `value`."""
    try:
        settle(value)
    except InvalidStateError:
        return False
    return True


def _forsake(
    future: Future[T], error: BaseException, late: Callable[[T | None], None]
) -> None:
    """Give up a call where `error` has come from outside, as an interrupt does."""
    if not future.cancel() and future.exception() is not error:
        late(None if future.exception() else future.result())
