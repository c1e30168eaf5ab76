"""One client for each event loop, closed when its last holder lets go.

An `AsyncOpenAI` belongs to the loop that first used it: on another one it fails
with "bound to a different event loop". So there is one for each loop, it is
built and closed on that loop, and never handed to another.
"""

import asyncio
import importlib
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai import AsyncOpenAI


# Not sys.modules: a module is in there from the beginning of its import on, and
# whoever then uses it waits for the end, with the whole loop.
_imported: set[str] = set()


async def imported(*modules: str) -> None:
    """Return when `modules` are imported; other work of the loop goes on meanwhile.

    openai takes half a second to a whole one. On the loop itself that would hold
    up every other task of a run, and its live view.
    """
    missing = [module for module in modules if module not in _imported]
    if not missing:
        return
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def load() -> None:
        for module in missing:
            # What fails here fails again, and is dealt with, where it is used.
            with suppress(Exception):
                importlib.import_module(module)
                _imported.add(module)
        with suppress(RuntimeError):  # The loop may be gone: nobody waits then.
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=load, name="nbagents-import", daemon=True).start()
    await done.wait()


class Clients:
    """The clients of one server, by event loop.

    Args:
        build: Makes a client for the loop that is running.
    """

    def __init__(self, build: Callable[[], "AsyncOpenAI"]) -> None:
        self._build = build
        # Each loop touches only its own entry, and takes it away again.
        self._open: dict[asyncio.AbstractEventLoop, _Held] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Arrive in another process without connections."""
        return Clients, (self._build,)

    @asynccontextmanager
    async def opened(self) -> "AsyncGenerator[_Held]":
        """Hold the client of this loop open; the last to leave closes it."""
        loop = asyncio.get_running_loop()
        held = self._open.setdefault(loop, _Held(self._build))
        held.holders += 1
        try:
            yield held
        finally:
            held.holders -= 1
            if held.holders == 0:
                del self._open[loop]
                await held.close()


class _Held:
    """A client that is built when it is first used, and by how many it is held.

    A run holds its model open from start to end, and may never ask it anything:
    then openai, which takes half a second to import, is not even imported.
    """

    def __init__(self, build: Callable[[], "AsyncOpenAI"]) -> None:
        self.holders = 0
        self._build = build
        self._client: AsyncOpenAI | None = None

    def client(self) -> "AsyncOpenAI":
        if self._client is None:
            self._client = self._build()
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
