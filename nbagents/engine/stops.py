"""Waiting for a run to stop: by blocking a thread, or on a loop of one's own."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress

from nbagents.engine import background
from nbagents.engine.loop import Engine

# What an interrupted cell waits for: agents in their `finally`.
_INTERRUPT_SECONDS = 2.0

# ipykernel takes an interrupt of an awaiting cell in with the next event of its
# loop. While a run computes elsewhere there is none, so we make some.
_PULSE_SECONDS = 0.1

INTERRUPTED = "you interrupted it"


def wait(engine: Engine, timeout: float | None = None) -> None:
    """Block until the run stops; an interrupt stops it, and is raised again.

    Raises:
        TimeoutError: It has not stopped within `timeout` seconds.
    """
    try:
        background.wait(next_stop(engine), timeout)
    except KeyboardInterrupt as interrupt:
        background.post(engine.interrupt, INTERRUPTED)
        # An agent that does not let go is left behind, and named in the run.
        with suppress(TimeoutError):
            background.wait(next_stop(engine), _INTERRUPT_SECONDS)
        interrupt.add_note("The run is paused, not lost: run.resume()")
        raise


async def waited(engine: Engine) -> None:
    """Return when the run stops; being cancelled stops it, as an interrupt does."""
    stop = asyncio.wrap_future(next_stop(engine))
    try:
        while not stop.done():
            await asyncio.wait([stop], timeout=_PULSE_SECONDS)
    except asyncio.CancelledError:
        # A notebook interrupts an awaiting cell by cancelling it.
        background.post(engine.interrupt, INTERRUPTED)
        raise


def next_stop(engine: Engine) -> Future[None]:
    """Return a future that is done when the run stops next, or is stopped now."""
    future: Future[None] = Future()
    # Marked as running it cannot be cancelled by one of several who wait.
    future.set_running_or_notify_cancel()
    background.post(engine.when_stopped, lambda: future.set_result(None))
    return future
