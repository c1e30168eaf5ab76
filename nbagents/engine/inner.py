"""A run that does a task of another run: gone on with, and waited for to its end."""

import asyncio
import time

from nbagents.engine import edits, stops
from nbagents.engine.lifecycle import ENDED_RUN, WAITING_RUN
from nbagents.engine.loop import Engine
from nbagents.engine.nested import next_move
from nbagents.engine.reporter import AttemptReporter
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError
from nbagents.retrying import is_worth_it


def reopen(engine: Engine) -> None:
    """Have all that failed in a run wait again, as `retry` would; nothing starts."""
    if engine.books.is_running:
        return
    draft = engine.draft(time.time())
    draft.take_up()
    draft.keep()
    failed = [*failures(draft.after)]
    for id in failed:
        edits.again(draft, id)
    if failed:
        draft.close("taken up again")
        engine.commit(draft)


async def ended(engine: Engine, own: AttemptReporter | None) -> None:
    """Return when a run has ended, or cannot go on; through its pauses.

    Args:
        engine: What runs it.
        own: The reporter of the attempt that it is the work of; `None` without one.

    Raises:
        RunStateError: That attempt is to end: the run around this one pauses.
    """

    def is_wanted_back() -> bool:
        return own is not None and own.is_wanted_back

    while engine.state.status not in ENDED_RUN:
        await stops.waited(engine)
        if engine.state.status not in WAITING_RUN:
            continue
        if is_wanted_back():
            message = "this run stands with the one that it is within"
            raise RunStateError(message, verb="wait", status=engine.state.status)
        if engine.wall() is not None or engine.books.trouble is not None:
            return
        if own is not None and engine.state.reason:
            own.progress(f"its run is paused: {engine.state.reason}", None)
        await asyncio.wrap_future(next_move(engine, is_wanted_back))


def failures(state: RunState) -> dict[str, str]:
    """Return why tasks have failed, in words, by id."""
    tasks = state.tasks.items()
    return {id: str(task.error) for id, task in tasks if task.error is not None}


def causes(state: RunState) -> list[BaseException]:
    """Return what tasks have failed with, in the order of the plan."""
    errors = (task.error for task in state.tasks.values())
    found = (None if error is None else error.exception for error in errors)
    return [each for each in found if each is not None]


def may_differ(state: RunState) -> bool:
    """Return whether a failed run may come out differently, gone on with."""
    return any(map(is_worth_it, causes(state)))
