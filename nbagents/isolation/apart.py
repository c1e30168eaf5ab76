"""Awaiting what a process does: stopping the wait kills the process."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from nbagents.isolation.conversation import converse
from nbagents.isolation.packing import Call
from nbagents.isolation.process import ChildProcess

T = TypeVar("T")

THREAD_NAME = "nbagents-process"

_HERE = str(Path(__file__).parent)


class Apart(Protocol):
    """Does a task in a process of its own."""

    def __call__(
        self, task: str, context: Mapping[str, Any], taken: Callable[[Any], T], /
    ) -> Coroutine[Any, Any, tuple[T | None, BaseException | None]]:
        """Return what `taken` makes of the result, or else the error."""


async def apart(
    agent: str,
    function: Callable[..., Any],
    task: str,
    context: Mapping[str, Any],
    taken: Callable[[Any], T],
) -> tuple[T | None, BaseException | None]:
    """Return what `taken` makes of the result, or else the error, as a value.

    A cancellation kills the process and all it has started, and passes on when they
    are gone. A thread does the talking: values can be large, and take time to pickle.

    Args:
        agent: Name of the agent.
        function: What it executes, plain or async.
        task: Description of the task.
        context: Results the task may use.
        taken: Called with the result, on that thread.
    """
    call = Call(agent=agent, function=function, task=task, context=context)
    work = _Work(lambda process: taken(converse(call, process)))
    try:
        await work.over.wait()
    except asyncio.CancelledError:
        work.process.kill()
        await work.end()
        raise
    work.thread.join()  # It has nothing left to do.
    return work.result, work.error


class _Work:
    """A thread that has something to do with a process.

    Attributes:
        process: What it works with.
        thread: The thread, at work from the beginning.
        over: Set when it is done.
        result: What came of it.
        error: What was raised instead.
    """

    def __init__(self, do: Callable[[ChildProcess], Any]) -> None:
        self.process = ChildProcess()
        self.over = asyncio.Event()
        self.result: Any = None
        self.error: BaseException | None = None
        self._do = do
        self._loop = asyncio.get_running_loop()
        # With the variables of the attempt: what the process prints lands in the cell
        # that started the run, what it reports with the reporter of the attempt.
        self.thread = threading.Thread(
            target=copy_context().run, args=(self._run,), name=THREAD_NAME, daemon=True
        )
        self.thread.start()

    def _run(self) -> None:
        try:
            self.result = self._do(self.process)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
            self.error = error.with_traceback(_agents_own(error.__traceback__))
        with suppress(RuntimeError):  # The loop may be gone: nobody waits then.
            self._loop.call_soon_threadsafe(self.over.set)

    async def end(self) -> None:
        """Return when it is done, however often it is cancelled."""
        while not self.over.is_set():
            with suppress(asyncio.CancelledError):
                await self.over.wait()
        self.thread.join()


def _agents_own(frames: TracebackType | None) -> TracebackType | None:
    """Drop our frames, which lead to the agent's first line."""
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_HERE):
        frames = frames.tb_next
    return frames
