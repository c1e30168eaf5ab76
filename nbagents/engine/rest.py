"""Where a run stands when nothing is going on in it."""

from nbagents.engine import events as e
from nbagents.engine import partial
from nbagents.engine.degrading import is_due
from nbagents.engine.lifecycle import WAITING_TASK, RunStatus, TaskStatus
from nbagents.engine.state import RunState


def is_waiting(state: RunState) -> bool:
    """Return whether any task still waits to be started."""
    return any(state.counts[status] for status in WAITING_TASK)


def at_rest(
    state: RunState, now: float, reason: str, *, asks: bool = False
) -> e.RunPaused | e.RunEnded:
    """Return the event of stopping here.

    Args:
        state: Where the run stands.
        now: When that is, in seconds since the epoch.
        reason: Why it stops, if tasks still wait.
        asks: Whether a person is asked about a failure: then it has not ended.
    """
    # A simpler plan is not the answer: it waits to take its place.
    if asks or is_waiting(state) or is_due(state) is not None:
        return e.RunPaused(now, reason)
    if failed := state.counts[TaskStatus.FAILED]:
        own = len(partial.failed(state)) or failed
        total = len(state.plan) - (partial.task_of(state) is not None)
        return e.RunEnded(now, RunStatus.FAILED, f"{own} of {total} failed")
    return e.RunEnded(now, RunStatus.COMPLETED)
