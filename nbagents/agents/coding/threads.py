"""What blocks, on a thread of its own.

Not on the loop's own threads, of which there are few: a close that waited there for a
program to end would wait for what it is to kill.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def begin(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Have `work` done on a thread, with the variables of this context.

    Cancelling what is returned ends nothing there: what comes of it is dropped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def do() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - it is raised where one waits
            tell(_failed, error)
        else:
            tell(_done, result)

    def tell(how: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(how, future, what)

    threading.Thread(
        target=copy_context().run, args=(do,), name="nbagents-sandbox", daemon=True
    ).start()
    return future


def _done(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _failed(future: "asyncio.Future[T]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):  # A future does not take one.
        error = RuntimeError(repr(error))
    future.set_exception(error)
