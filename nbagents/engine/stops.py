"""Waiting for a run to stop: by blocking a thread, or on a loop of one's own."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from nbagents import reporting
from nbagents.engine import background
from nbagents.engine.loop import Engine

# What an interrupted cell waits for: agents in their `finally`.
_INTERRUPT_SECONDS = 2.0

# ipykernel takes an interrupt of an awaiting cell in with the next event of its
# loop. While a run computes elsewhere there is none, so we make some.
_PULSE_SECONDS = 0.1

INTERRUPTED = "you interrupted it"


@contextmanager
def interruptible(engine: Engine) -> Iterator[None]:
    """Pause the run when this block is interrupted, and raise that again.

    The block begins before the run does: an interrupt that comes between the
    start and the wait must not leave a run that goes on behind the cell.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        background.post(engine.interrupt, INTERRUPTED)
        # An agent that does not let go is left behind, and named in the run.
        with suppress(TimeoutError):
            wait(engine, _INTERRUPT_SECONDS)
        interrupt.add_note("The run is paused, not lost: run.resume()")
        raise


def is_within(engine: Engine) -> bool:
    """Return whether an agent or a listener of this run asks: it waits for them."""
    busy = engine.books.is_telling or background.is_closed()
    told = busy and background.is_current()
    return told or reporting.is_inside(engine.state.run)


def wait(engine: Engine, timeout: float | None = None) -> None:
    """Block until the run stops.

    Raises:
        TimeoutError: It has not stopped within `timeout` seconds.
    """
    background.wait(next_stop(engine), timeout)


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
