"""Threads for agents that are plain functions.

The standard pool joins its threads when the interpreter exits, so one agent
that hangs would keep a kernel from shutting down. Here the threads are daemons,
as many as are needed at once: how many tasks run at a time is the engine's
decision, and a thread that was given up on must not take a place of another.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """An executor that never queues: it has a thread for each call at work."""

    def __init__(self, name: str = "nbagents-agent") -> None:
        self._name = name
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Call `fn` on a thread of its own and return the future of its result."""
        future: Future[T] = Future()

        def call() -> None:
            _resolve(future, lambda: fn(*args, **kwargs))

        with self._lock:
            if self._closed:
                message = "these threads were shut down"
                raise RuntimeError(message)
            if self._idle:
                self._idle -= 1
            else:
                self._add_thread()
            self._calls.put(call)
        return future

    # As `Executor` has it; there is never a queue whose futures could be cancelled.
    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Let each thread end with the call it is at; `wait` for them if asked."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
            for _ in threads:
                self._calls.put(None)
        if wait:
            for thread in threads:
                thread.join()

    def _add_thread(self) -> None:
        name = f"{self._name}-{len(self._threads) + 1}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            # Nothing of the call may outlive it here: results can be large.
            del call
            with self._lock:
                self._idle += 1
        with self._lock:
            self._threads.discard(threading.current_thread())


def _resolve(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
        future.set_exception(error)
    else:
        future.set_result(result)
