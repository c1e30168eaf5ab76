"""One try of one task: call the agent, wherever it runs, and bring back a value.

What an agent raises is a value here, never an exception that could travel
through the engine: not even `SystemExit`, which would end the loop that every
other run lives on. Only a cancellation that was asked for passes through.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from nbagents.digests import content
from nbagents.engine.context import Context
from nbagents.engine.threads import DaemonThreads
from nbagents.reporting import Reporter
from nbagents.retrying import Retry

if TYPE_CHECKING:
    from nbagents.engine.loop import Engine


class Worker(Protocol):
    """What the engine needs of an agent."""

    @property
    def name(self) -> str:
        """What events call it."""

    @property
    def execute(self) -> Callable[..., Any]:
        """`execute(task, context)`."""

    @property
    def is_async(self) -> bool:
        """Whether calling `execute` gives a coroutine and never blocks."""

    @property
    def apart(self) -> "Apart | None":
        """Does the same in a process of its own; `None` where it is not to."""

    @property
    def retry(self) -> Retry | int | None:
        """How often it is tried; `None` leaves that to the team."""


class Apart(Protocol):
    """Does a task elsewhere, from where it can be taken away by a cancellation."""

    def __call__(
        self, task: str, context: Context, taken: Callable[[Any], "Outcome"], /
    ) -> Coroutine[Any, Any, tuple["Outcome | None", BaseException | None]]:
        """Return what `taken` makes of the result, or else the error."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a result, or the error instead of it.

    Attributes:
        result: What the agent returned.
        error: What it raised instead; `None` where it did not.
        digest: That of the result's content; `None` for plain text and numbers.
    """

    result: Any = None
    error: BaseException | None = None
    digest: str | None = None

    @classmethod
    def of(cls, result: Any) -> "Outcome":
        """Return what came of an attempt that returned `result`, as it is now."""
        return cls(result, None, content(result))


@dataclass(slots=True, eq=False)
class Call:
    """An attempt at work.

    Attributes:
        task: Id of the task.
        number: Number of the attempt, from 1.
        deadline: When it is too late, in the loop's time.
        on_thread: Whether it is inside a function that cannot be stopped.
        job: What to cancel; `None` before it is begun.
        over: Whether it was given up on.
        back: Whether it has come to something.
        inner: The runs that its agent began, or has taken up again.
        stands_for: The run that it is nothing but; `None` where it does work itself.
        aside: Whether its task is to wait again when that run has paused.
        awaits: The call of a tool that it may not make before a person says so.
        decided: Such a call, and why a person refused it; `None` where one did not.
        memory: What its agent goes on from, where it was interrupted for such a call.
        arrived: Told when that run stands before its first task, for a person who
            steps into it; `None` where nobody does.
    """

    task: str
    number: int
    deadline: float = 0.0
    on_thread: bool = False
    job: asyncio.Task[Outcome] | None = None
    over: bool = False
    back: bool = False
    inner: "tuple[Engine, ...]" = ()
    stands_for: "Engine | None" = None
    aside: bool = False
    awaits: str = ""
    decided: tuple[str, str | None] | None = None
    memory: Any = None
    arrived: Callable[[], None] | None = None


_NOTHING = nullcontext()


def _nothing_around(_: str, __: int) -> AbstractContextManager[None]:
    return _NOTHING


@dataclass(slots=True, eq=False)
class Loan:
    """All it takes to do the work of one attempt, wherever that is done.

    Attributes:
        call: The attempt.
        worker: Whose work it is.
        description: What is to be done.
        context: The results it may use.
        reporter: Takes what it tells of itself.
        within: Makes what is around that work, of the task and the attempt's number.
    """

    call: Call
    worker: Worker
    description: str
    context: Context
    reporter: Reporter
    within: Callable[[str, int], AbstractContextManager[None]] = _nothing_around


async def perform(loan: Loan, executor: Executor) -> Outcome:
    """Do the work of `loan`, on this loop if it is async, else on a thread.

    That of an isolated agent is done in a process of its own.
    """
    call, worker = loan.call, loan.worker
    description, context = loan.description, loan.context
    try:
        with loan.within(call.task, call.number):
            if worker.apart is not None:
                outcome, error = await worker.apart(description, context, Outcome.of)
                return outcome or Outcome(error=error)
            if worker.is_async:
                return Outcome.of(await worker.execute(description, context))
            work = (executor, worker.execute, description, context)
            outcome = await _on_thread(call, *work)
            if inspect.isawaitable(outcome.result):
                # A plain function may return a coroutine: a lambda, or a method of
                # an object that wraps an async client.
                return Outcome.of(await outcome.result)
            return outcome
    except asyncio.CancelledError as error:
        asking = asyncio.current_task()
        if asking is not None and asking.cancelling():
            raise
        return Outcome(error=error)
    except BaseException as error:  # noqa: BLE001 - failures are values here
        return Outcome(error=error)


async def _on_thread(
    call: Call,
    executor: Executor,
    execute: Callable[..., Any],
    description: str,
    context: Context,
) -> Outcome:
    if isinstance(executor, DaemonThreads):
        # With the variables of this attempt, what the agent prints lands in the
        # cell that started it. Another executor may be another process, to
        # which they cannot be sent.
        execute = partial(_digested, execute)
        future = executor.submit(copy_context().run, execute, description, context)
    else:
        future = executor.submit(execute, description, context)
    call.on_thread = True
    await _done(future)
    call.on_thread = False
    error = future.exception()
    if error is not None:
        return Outcome(error=error)
    result = future.result()
    return result if type(result) is Outcome else Outcome.of(result)


def _digested(execute: Callable[..., Any], *given: Any) -> Outcome:
    """Execute, and digest a large result on this thread and not on the loop's."""
    result = execute(*given)
    return Outcome(result) if inspect.isawaitable(result) else Outcome.of(result)


async def _done(future: Future[Any]) -> None:
    """Wait until `future` is done, well or badly.

    Not `asyncio.wrap_future`: a `StopIteration` cannot be set on the future it
    returns, which then is never done.
    """
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def wake(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # The loop may be gone: nobody waits then.
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    try:
        await done.wait()
    except asyncio.CancelledError:
        future.cancel()
        raise
