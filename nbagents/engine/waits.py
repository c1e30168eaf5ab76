"""Waits: one timer, for the next of the tasks of a run that wait to be tried again."""

import asyncio
import time
from collections.abc import Callable
from contextvars import Context

# A loop cannot be told to wait for ever, nor much longer than this. It looks at the
# clock then, as it does where that has been put back.
_LONGEST = 3600.0


class Waits:
    """Calls `over` when a moment has come, and nothing before `until` was called again.

    Moments are wall-clock time, because a wait outlives the process it began in; the
    timer is the loop's.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        over: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._loop = loop
        self._over = over
        self._clock = clock
        self._moment: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def until(self, moment: float | None) -> None:
        """Call at `moment`, in seconds since the epoch; `None` calls no more."""
        if moment == self._moment and (self._timer is None) == (moment is None):
            return
        self._moment = moment
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment is not None:
            left = min(_LONGEST, max(0.0, moment - self._clock()))
            # In nobody's context: one that began this run would be held until then.
            self._timer = self._loop.call_later(left, self._ring, context=Context())

    def _ring(self) -> None:
        self._timer = None
        self._over()
