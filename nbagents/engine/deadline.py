"""Deadline: tells when a run has run for as long as it may."""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context

from nbagents.engine.spending import seconds_run
from nbagents.engine.state import RunState

_LEAST_SECONDS = 0.001


class Deadline:
    """One timer, set while the run is running and its time is limited.

    The history has wall-clock times, and the limit is on what those come to; the loop
    has another clock. So the timer looks, and is set again where it came too early.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        state: RunState,
        expired: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._state = state
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Tell when the limit that the state has now is reached."""
        self.stop()
        left = self._left()
        if left is not None and self._state.resumed is not None:
            wait = max(left, _LEAST_SECONDS)
            # In nobody's context: one that began this run would be held until then.
            self._timer = self._loop.call_later(wait, self._look, context=Context())

    def stop(self) -> None:
        """Tell nothing."""
        if self._timer is not None:
            self._timer.cancel()  # It would keep the whole run in memory.
            self._timer = None

    def _look(self) -> None:
        left = self._left()
        if left is not None and left > 0:
            self.set()
            return
        self._timer = None
        self._expired()

    def _left(self) -> float | None:
        most = self._state.limits.seconds
        if most is None:
            return None
        return most - seconds_run(self._state, time.time())
