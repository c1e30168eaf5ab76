"""Watchdog: tells when attempts have taken too long.

One timer serves all attempts of a run. A timer for each would cost two heap
operations a task, and in most runs none of them ever fires.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context

from nbagents.engine.attempt import Call


class Watchdog:
    """Calls `expire(call)` for each watched call that is past its deadline."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, expire: Callable[[Call], None]
    ) -> None:
        self._loop = loop
        self._expire = expire
        self._watched: set[Call] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, call: Call, seconds: float) -> None:
        """Give `call` so many seconds from now."""
        call.deadline = self._loop.time() + seconds
        self._watched.add(call)
        if self._timer is None or call.deadline < self._timer.when():
            self._arm(call.deadline)

    def forget(self, call: Call) -> None:
        """Let `call` be: it is over. The timer stays, for whoever is next."""
        self._watched.discard(call)

    def stop(self) -> None:
        """Forget every call, and the timer."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # In nobody's context: one that began this run would be held until then.
        self._timer = self._loop.call_at(deadline, self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        for call in sorted(self._watched, key=lambda call: call.deadline):
            if call.deadline > now:
                self._arm(call.deadline)
                break
            self._watched.discard(call)
            self._expire(call)
