"""Runs that do a task of another run: taken up again, set going, and what they come to.

A team that is an agent, and a task that is done many times, both do their work so.
"""

from collections.abc import Callable

from nbagents import reporting
from nbagents.engine import background, inner
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.loop import Engine
from nbagents.engine.reporter import AttemptReporter
from nbagents.errors import InnerRunError
from nbagents.run import Run


def current() -> AttemptReporter | None:
    """Return the reporter of the attempt that this code runs for; `None` outside."""
    reporter = reporting.current.get()
    return reporter if isinstance(reporter, AttemptReporter) else None


def taken_up(engine: Engine, own: AttemptReporter | None) -> Run:
    """Return the run of `engine`, so that what failed in it is tried again."""
    run = Run(engine)
    if own is not None:
        engine.nested.outer = own
        own.began(run.id, engine)
    background.ask(inner.reopen, engine)
    return run


async def ended(run: Run, own: AttemptReporter | None) -> None:
    """Have `run` go on, as all that its attempt does, and return when it has ended."""
    engine = run._engine  # noqa: SLF001 - this is the inside of its runs
    if own is not None:
        own.stands_for(engine)
    try:
        _go(run, None if own is None else own.arrived)
        await inner.ended(engine, own)
    finally:
        engine.nested.outer = reporting.Reporter()


def failure(run: Run, who: str, team: str, task: str) -> InnerRunError:
    """Return the error that says why `run` has not done its task.

    Args:
        run: What was to do it.
        who: Whose run it is, such as "team 'research'".
        team: The name in that.
        task: Id of the task in the run around it; empty where there is none.
    """
    failed = inner.failures(run.state)
    said = "; ".join(f"task '{id}' failed ({why})" for id, why in failed.items())
    status = "stopped" if run.status is RunStatus.PAUSED else run.status
    error = InnerRunError(
        f"the run of {who} {_STATUS[status]}: {said or run.reason}",
        run=run.id,
        team=team,
        failed=failed,
        retryable=inner.may_differ(run.state),
    )
    again = f"; inner.retry({next(iter(failed))!r})" if failed else ""
    return error.with_note(
        f"Try: inner = run.inner({task!r})[-1]{again}; run.retry({task!r})"
    )


_STATUS = {
    "failed": "failed",
    "cancelled": "was cancelled",
    "stopped": "cannot go on",
}


def _go(run: Run, arrived: Callable[[], None] | None) -> None:
    """Have the run go on; where a person steps into it, only say that it stands."""
    if arrived is not None and run.status is not RunStatus.COMPLETED:
        run.show_in_cell()
        background.post(arrived)
    elif run.status is RunStatus.PLANNED:
        _ = run.begin(wait=False)
    elif run.status in (RunStatus.PAUSED, RunStatus.CANCELLED):
        _ = run.resume(wait=False)
