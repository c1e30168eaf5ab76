"""The sandbox of one attempt: opened late, closed whatever happens.

Opening, running and closing block, so each is done on a thread. Whoever waits for one
may be cancelled meanwhile; then closing begins at once, beside what still runs, and a
session that comes later than that is closed by the thread that brings it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from nbagents.agents.coding import threads
from nbagents.errors import SandboxError
from nbagents.redaction import redacted
from nbagents.sandbox import Outcome, Sandbox, Session

T = TypeVar("T")

_PATIENCE = 10.0
"""Seconds that are waited for a place to be gone; after that it is said."""

_LOG = logging.getLogger("nbagents.sandbox")


class Place:
    """A place where the programs of one attempt run, for `async with`.

    Attributes:
        owner: Whose it is.
        left: What is left of it after its end, in words; empty where nothing is.
    """

    def __init__(self, find: Callable[[], Sandbox], owner: str) -> None:
        self.owner = owner
        self.left = ""
        self._find = find
        self._sandbox: Sandbox | None = None
        self._session: Session | None = None
        self._is_over = False
        self._lock = threading.Lock()
        self._at_work: set[asyncio.Future[Any]] = set()

    async def __aenter__(self) -> Self:
        """Find out which sandbox it is: before anything that costs."""
        try:
            self._sandbox = await self.aside(self._find)
        except BaseException:
            self._is_over = True
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill what runs and have nothing left, also of what is only coming."""
        closing = self._begin_closing()
        if closing is None or kind is GeneratorExit:
            return  # Nobody drives this coroutine any more: it may not wait.
        await asyncio.wait({closing, *self._at_work}, timeout=_PATIENCE)
        self.left = _left(closing)
        if self.left and isinstance(error, Exception):
            error.add_note(redacted(self.left))

    @property
    def level(self) -> str:
        """What holds the programs."""
        return "" if self._sandbox is None else self._sandbox.level

    async def run(
        self, code: str, files: Mapping[str, bytes], seconds: float
    ) -> Outcome:
        """Return what came of a program; the first one opens the place.

        Raises:
            SandboxError: There is no place to be had, or it failed.
        """
        if self._session is None:
            await self.aside(self._open)
        session = self._session
        if session is None:
            raise SandboxError("the sandbox was closed before its program ran")
        return await self.aside(lambda: session.run(code, files=files, seconds=seconds))

    async def aside(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done on a thread of this place."""
        future = threads.begin(work)
        self._at_work.add(future)
        future.add_done_callback(self._is_back)
        # Not awaited itself: a cancel would reach it, and it could not be waited for.
        await asyncio.wait({future})
        return future.result()

    def _is_back(self, future: "asyncio.Future[Any]") -> None:
        self._at_work.discard(future)
        _ = future.exception()  # It is looked at, or nobody waits for it any more.

    def _open(self) -> None:
        """Open it, and close it again if it has come too late; on a thread."""
        assert self._sandbox is not None  # noqa: S101 - it was found before
        session = self._sandbox.open(self.owner)
        with self._lock:
            if not self._is_over:
                self._session = session
                return
        _close(session)

    def _begin_closing(self) -> "asyncio.Future[None] | None":
        with self._lock:
            self._is_over = True
            session, self._session = self._session, None
        try:
            future = threads.begin(lambda: _close(session))
        except RuntimeError:  # No thread can be had, as at the very end of a process.
            _close(session)
            return None
        future.add_done_callback(lambda done: done.exception())
        return future


def _close(session: Session | None) -> None:
    if session is None:
        return
    try:
        session.close()
    except Exception as error:
        _LOG.warning("a sandbox was not closed: %s", error)
        raise


def _left(closing: "asyncio.Future[None]") -> str:
    if not closing.done():
        return "The sandbox is still being closed; what it holds may go on for a while."
    error = closing.exception()
    return "" if error is None else f"The sandbox was not closed: {error}"
