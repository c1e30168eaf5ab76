"""What blocks, on a thread of its own, while the loop goes on."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """Return what `work` does, done on a thread that keeps no program from ending.

    Whoever stops waiting ends nothing there.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def do() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where one waits
            tell(future.set_exception, error)
        else:
            tell(future.set_result, result)

    def tell(how: Callable[..., None], what: object) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_unless_done, future, how, what)

    threading.Thread(target=do, name="nbagents-local", daemon=True).start()
    return await future


def _unless_done(
    future: "asyncio.Future[T]", how: Callable[..., None], what: object
) -> None:
    if not future.done():
        how(what)
