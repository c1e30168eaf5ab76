"""The attempts at work: begun here, watched, brought back, and stopped."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import Context as Variables
from dataclasses import dataclass
from functools import partial
from typing import Any

from nbagents import reporting
from nbagents.engine import nested
from nbagents.engine.attempt import Call, Loan, Outcome, perform
from nbagents.engine.settings import Companion
from nbagents.engine.threads import DaemonThreads
from nbagents.engine.watchdog import Watchdog

Job = asyncio.Task[Any]

# An agent that was cancelled gets this long to leave its `finally` before the
# run goes on without it.
_UNWINDING_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Whom a crew calls, on the engine's thread.

    Attributes:
        back: Some calls are back: `collect()` gives them.
        expired: A call is past its deadline.
        quiet: Nothing that was stopped is still on its way out.
    """

    back: Callable[[], None]
    expired: Callable[[Call], None]
    quiet: Callable[[], None]


class Crew:
    """Whoever is at work for one run, and whatever else lives as long as that.

    `len()` counts the calls at work; `call in crew` says whether one still is.
    A call that was stopped is no longer in it, whatever it may still be doing.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        variables: Variables,
        executor: Executor | None,
        duties: Duties,
    ) -> None:
        self._loop = loop
        self._variables = variables
        self._own_executor = executor
        self._duties = duties
        self._calls: dict[str, Call] = {}
        self._back: list[tuple[Call, asyncio.Task[Outcome]]] = []
        self._watchdog = Watchdog(loop, duties.expired)
        self._threads: DaemonThreads | None = None
        self._unwinding: set[Job] = set()
        self._patience: asyncio.TimerHandle | None = None
        self._farewell: asyncio.Event | None = None

    def begin(self, loan: Loan, timeout: float | None) -> None:
        """Begin the work; `timeout` in seconds, `None` for no limit."""
        call = loan.call
        variables = self._variables.copy()
        variables.run(reporting.current.set, loan.reporter)
        call.job = self._loop.create_task(
            perform(loan, self._executor()), context=variables
        )
        call.job.add_done_callback(partial(self._returned, call))
        self._calls[call.task] = call
        if timeout is not None:
            self._watchdog.watch(call, timeout)

    def lend(self, call: Call) -> None:
        """Count `call` as at work, elsewhere and without a limit."""
        self._calls[call.task] = call

    def be_patient(self, call: Call) -> None:
        """Let `call` take as long as it takes."""
        self._watchdog.forget(call)

    @property
    def at_work(self) -> tuple[Call, ...]:
        """The calls at work."""
        return tuple(self._calls.values())

    def collect(self) -> list[tuple[Call, Outcome]]:
        """Take the calls that are back, with what came of them."""
        back, self._back = self._back, []
        result = []
        for call, job in back:
            if call in self:
                del self._calls[call.task]
                self._watchdog.forget(call)
                call.back = True
                result.append((call, _outcome(job)))
        return result

    def stop(self, call: Call) -> bool:
        """Give up on `call`; return whether it is out of reach in a thread."""
        call.over = True
        self._calls.pop(call.task, None)
        self._watchdog.forget(call)
        if call.job is not None and not call.job.done():
            call.job.cancel()
            self.track(call.job)
            nested.stop(call)
        return call.on_thread

    def stop_all(self) -> list[tuple[Call, bool]]:
        """Give up on every call; return each, and whether it is out of reach."""
        return [(call, self.stop(call)) for call in list(self._calls.values())]

    def spawn(self, work: Coroutine[Any, Any, Any]) -> Job:
        """Have `work` done beside the calls; it counts as nobody's attempt."""
        return self._loop.create_task(work, context=self._variables.copy())

    def accompany(self, companion: Companion) -> None:
        """Have `companion` live beside the calls, until they are dismissed."""
        if self._farewell is None:
            self._farewell = asyncio.Event()
            self.track(self.spawn(companion(self._farewell)))

    def track(self, job: Job) -> None:
        """Not be quiet before `job` is over."""
        self._unwinding.add(job)
        job.add_done_callback(self._unwound)

    @property
    def has_lent(self) -> bool:
        """Whether a call is at work elsewhere, in somebody's own thread."""
        return any(call.job is None for call in self._calls.values())

    @property
    def is_quiet(self) -> bool:
        """Whether nothing that was stopped is still on its way out."""
        return not self._unwinding

    def dismiss(self) -> None:
        """Give back threads, timers and company; the next call takes new ones."""
        self._watchdog.stop()
        if self._farewell is not None:
            self._farewell.set()
            self._farewell = None
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        if self._unwinding:
            self._patience = self._loop.call_later(_UNWINDING_SECONDS, self._give_up)

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call: Call) -> bool:
        return self._calls.get(call.task) is call

    def _returned(self, call: Call, job: asyncio.Task[Outcome]) -> None:
        if call not in self:
            return  # It was given up on: what it brings is too late.
        # Calls that come back in one turn of the loop are taken in together, so
        # what starts next is chosen knowing all of them.
        self._back.append((call, job))
        if len(self._back) == 1:
            self._loop.call_soon(self._duties.back)

    def _executor(self) -> Executor:
        if self._own_executor is not None:
            return self._own_executor
        if self._threads is None:
            self._threads = DaemonThreads()
        return self._threads

    def _unwound(self, job: Job) -> None:
        self._unwinding.discard(job)
        if not self._unwinding:
            self._be_quiet()

    def _give_up(self) -> None:
        self._unwinding.clear()
        self._be_quiet()

    def _be_quiet(self) -> None:
        if self._patience is not None:
            self._patience.cancel()  # Its timer would keep the whole run in memory.
            self._patience = None
        self._duties.quiet()


def _outcome(job: asyncio.Task[Outcome]) -> Outcome:
    if job.cancelled():
        return Outcome(error=asyncio.CancelledError())
    return job.result()
