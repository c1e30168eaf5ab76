"""Gate: where requests to one server stand in line, the first to come first.

There is one for each server and key, for all runs of this process: they live on one
event loop, and share what the server allows. A loop of somebody else's has its own.
"""

import asyncio
import threading
from bisect import insort
from collections.abc import Hashable
from itertools import count
from weakref import WeakKeyDictionary

from nbagents import reporting
from nbagents.models.pace import Pace

_WORTH_SAYING = 0.5  # seconds; less is over before it is read

_lock = threading.Lock()
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, "Gate"]] = (
    WeakKeyDictionary()
)


def gate_of(lane: Hashable) -> "Gate":
    """Return the gate of this event loop for all requests of `lane`."""
    with _lock:
        gates = _gates.setdefault(asyncio.get_running_loop(), {})
        return gates.setdefault(lane, Gate())


class Gate:
    """Lets requests go, one after another, at the pace that the server allows."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._tickets = count()
        self._line: list[tuple[int, asyncio.Future[float]]] = []
        self._timer: asyncio.TimerHandle | None = None

    def ticket(self) -> int:
        """Return a place in the line, which is kept when the server says no."""
        return next(self._tickets)

    async def turn(self, ticket: int) -> float:
        """Return, when it is its turn, the loop's time of then."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._line and self._pace.due(now) <= now:
            self._pace.sent(now)
            return now
        place: tuple[int, asyncio.Future[float]] = (ticket, loop.create_future())
        insort(self._line, place)
        self._arm(loop)
        try:
            return await self._waited(place, now)
        finally:
            self._leave(place, loop)

    def let_in(self) -> None:
        """Note that a request was answered."""
        self._pace.let_in()

    def refused(self, sent: float, wait: float) -> None:
        """Note that the request of `sent` was told to come back in `wait` seconds."""
        loop = asyncio.get_running_loop()
        self._pace.refused(sent, loop.time(), wait)
        self._arm(loop)

    async def _waited(
        self, place: tuple[int, asyncio.Future[float]], now: float
    ) -> float:
        ahead = self._line.index(place) * self._pace.spacing
        wait = self._pace.due(now) - now + ahead
        if wait < _WORTH_SAYING:
            return await place[1]
        reporting.report(f"waits {wait:.0f} s for the server")
        try:
            return await place[1]
        finally:
            reporting.report("")

    def _leave(
        self, place: tuple[int, asyncio.Future[float]], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Be in line no more, also where nobody waits for the turn any longer."""
        if place in self._line:
            self._line.remove(place)
            self._arm(loop)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._line:
            now = loop.time()
            left = max(0.0, self._pace.due(now) - now)
            self._timer = loop.call_later(left, self._open, loop)

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        while self._line and self._pace.due(now) <= now:
            _, turn = self._line.pop(0)
            if not turn.done():  # Whoever was cancelled leaves a moment later.
                self._pace.sent(now)
                turn.set_result(now)
        self._arm(loop)
