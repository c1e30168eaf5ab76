"""The one event-loop thread on which every run of this process lives.

A notebook's own loop is starved by any cell that computes; this one is not. So
runs go on while cells are busy, and a verb can block its cell without stopping
anything. The thread starts when it is first needed, again after a fork, and is
stopped when the interpreter exits.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from nbagents.errors import RunStateError

T = TypeVar("T")

THREAD_NAME = "nbagents-engine"

# Long enough for agents to leave their `finally`, short enough for a person who
# has just closed the notebook.
_EXIT_GRACE_SECONDS = 1.0


class _Background:
    """A loop, the thread that runs it, and the process both belong to."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(
            target=self._serve, name=THREAD_NAME, daemon=True
        )
        self.thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
                return
            except IndexError:
                # A loop that was run from within, as `wait` does, has done what this
                # turn of the outer one had counted on. There is nothing more to it:
                # errors of callbacks never come this far.
                continue

    def usable(self) -> bool:
        return self.process == os.getpid() and self.thread.is_alive()

    def stop(self) -> None:
        """Cancel what is left, give it a moment, and end the thread."""
        if not self.usable() or self.loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_cancel_rest(), self.loop)
        self.thread.join(_EXIT_GRACE_SECONDS + 1)
        if not self.thread.is_alive():
            self.loop.close()


_lock = threading.Lock()
_background: _Background | None = None


def loop() -> asyncio.AbstractEventLoop:
    """Return the engine's loop, running."""
    global _background  # noqa: PLW0603 - one a process is the point
    with _lock:
        if _background is None or not _background.usable():
            _background = _Background()
            atexit.register(_background.stop)
        return _background.loop


def is_current() -> bool:
    """Return whether the caller is on the engine's thread."""
    return _background is not None and (
        threading.current_thread() is _background.thread
    )


def post(function: Callable[..., Any], *args: Any) -> None:
    """Have `function` called on the engine's thread, soon, and do not wait."""
    loop().call_soon_threadsafe(function, *args)


def ask(function: Callable[..., T], *args: Any) -> T:
    """Call `function` on the engine's thread and return what it returns."""
    if is_current():
        if _turn.closed_by:
            raise _turn.refusal()
        return function(*args)
    future: Future[T] = Future()
    # In one turn of the loop: what is posted after this is done after it.
    post(_answer, future, function, *args)
    return future.result()


class _Turn:
    """Says whether the engine's thread is in the middle of something."""

    def __init__(self) -> None:
        self.closed_by = ""

    def refusal(self) -> RunStateError:
        message = f"{self.closed_by} cannot steer a run: it is asked halfway through"
        error = RunStateError(message, verb="steer", status="running")
        return error.with_note("Try: run.subscribe(listener), which may")


_turn = _Turn()


@contextmanager
def closed(by: str) -> Iterator[None]:
    """Refuse what is asked from inside this block, on the engine's thread."""
    before, _turn.closed_by = _turn.closed_by, by
    try:
        yield
    finally:
        _turn.closed_by = before


def is_closed() -> bool:
    """Return whether the engine's thread is inside such a block."""
    return bool(_turn.closed_by)


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run `coroutine` on the engine's thread and return the future of its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop())


def wait(future: Future[T], timeout: float | None = None) -> T:
    """Block until `future` is done, from any thread, and return its result.

    An interrupt cancels what is waited for, where that can be cancelled.

    On the engine's own thread (an async agent that starts a run and waits for
    it) blocking would stop the very loop it waits for: there the loop is run
    from within, which takes nest-asyncio2.

    Args:
        future: What to wait for.
        timeout: Seconds; `None` waits for as long as it takes.

    Raises:
        TimeoutError: The time is over; what was waited for goes on.
    """
    if not is_current():
        try:
            return future.result(timeout)
        except KeyboardInterrupt:
            future.cancel()
            raise
    import nest_asyncio2

    engine = loop()
    nest_asyncio2.apply(engine)
    return engine.run_until_complete(
        asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), timeout)
    )


def _answer(future: Future[T], function: Callable[..., T], *args: Any) -> None:
    try:
        future.set_result(function(*args))
    except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
        future.set_exception(error)


async def _cancel_rest() -> None:
    engine = asyncio.get_running_loop()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_EXIT_GRACE_SECONDS)
    engine.call_soon(engine.stop)
