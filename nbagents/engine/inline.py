"""The work of one attempt, done right here: in the thread of whoever asks.

A debugger, a profiler, a magic or a plot that belongs to a cell needs the agent to
run in the cell's own thread. An async agent is driven there inside the loop that may
already be running, which takes nest-asyncio2.
"""

import asyncio
import inspect
import sys
from bdb import BdbQuit
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbagents import reporting
from nbagents.engine.attempt import Loan, Outcome


def perform_here(loan: Loan, run: str) -> Outcome:
    """Do the work of `loan` in this thread, for the run of that id.

    Raises:
        KeyboardInterrupt: A person interrupted it.
        BdbQuit: A person left the debugger: the work was not done.
    """
    inside = reporting.enter(run)
    token = reporting.current.set(loan.reporter)
    try:
        around = loan.within(loan.call.task, loan.call.number)
        with around, _stopping_breakpoints():
            result = loan.worker.execute(loan.description, loan.context)
            return Outcome.of(drive(result) if inspect.isawaitable(result) else result)
    except (KeyboardInterrupt, BdbQuit):
        raise
    except BaseException as error:  # noqa: BLE001 - failures are values here
        return Outcome(error=error)
    finally:
        reporting.current.reset(token)
        reporting.leave(inside)


def drive(awaitable: Any) -> Any:
    """Return what `awaitable` gives, also where a loop is running already."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_finish(awaitable))
    import nest_asyncio2

    nest_asyncio2.apply(loop)
    work = loop.create_task(_finish(awaitable))
    try:
        return loop.run_until_complete(work)
    except KeyboardInterrupt:
        # The loop goes on without us: what was interrupted must not go on in it.
        work.cancel()
        raise


@contextmanager
def _stopping_breakpoints() -> Iterator[None]:
    """Have `breakpoint()` stop, also in a kernel whose visual debugger is off.

    ipykernel gives `breakpoint()` to debugpy, which passes over it while nobody is
    connected. Python's own hook then opens pdb in the cell.
    """
    hook = sys.breakpointhook
    debugpy = sys.modules.get("debugpy")
    if debugpy is not None and not debugpy.is_client_connected():
        sys.breakpointhook = sys.__breakpointhook__
    try:
        yield
    finally:
        sys.breakpointhook = hook


async def _finish(awaitable: Any) -> Any:
    return await awaitable
