"""The order in which answers come that come at once."""

import asyncio
import time

GRACE = 0.05
"""Seconds that an answer waits for those recorded before it."""

_LOOK = 0.001


class Order:
    """Has answers come as they were recorded: who was first then is first again.

    Side by side, tasks are asked for in the order of the plan and end in the order of
    their answers. One that was recorded earlier and is not asked for, because the run
    is another by now, holds up nobody for long. It may be used from any event loop.
    """

    def __init__(self) -> None:
        self._next = 0

    async def wait(self, place: int) -> None:
        """Return when it is the turn of what was recorded at `place`."""
        end = time.monotonic() + GRACE
        while place > self._next and time.monotonic() < end:  # noqa: ASYNC110 - below
            await asyncio.sleep(_LOOK)  # Who comes may be on another loop.

    def came(self, place: int) -> None:
        """Take note that what was recorded at `place` has come."""
        self._next = max(self._next, place + 1)
