"""What follows from a failed attempt: another one, and when, or the end of the task."""

from contextlib import suppress

from nbagents.engine import background
from nbagents.engine.attempt import Worker
from nbagents.engine.failure import repr_of
from nbagents.retrying import MOST_TOLD, Retry, told_to_wait

_ONCE = Retry(attempts=1)


def policy_of(worker: Worker, team: Retry | None) -> Retry:
    """Return how often `worker` is tried: as it says itself, else as the team does."""
    return Retry.of(worker.retry) or team or _ONCE


def next_wait(policy: Retry, failures: int, error: BaseException) -> float | None:
    """Return the seconds until the next try; `None` where `error` is the end.

    An end that is not plain gets a note in `error` that says why it is one.

    Args:
        policy: How often the task is tried.
        failures: How often it has failed in a row, this time included.
        error: What it failed with now.
    """
    if policy.attempts == 1:
        return None
    least, worth = None, False
    try:
        with background.closed("what says whether to try again"):
            worth = policy.accepts(error)
            least = told_to_wait(error)
    except BaseException as broken:  # noqa: BLE001 - the user's function, or his error
        _note(
            error,
            f"Not tried again: {repr_of(policy.on):.60} failed: {repr_of(broken):.100}",
        )
        return None
    if worth and failures < policy.attempts:
        return _waited(policy, failures, error, least or 0.0)
    if failures > 1:
        _note(error, f"Tried {failures} times.")
    return None


def told(error: BaseException) -> float:
    """Return the seconds that whoever takes over waits: what `error` says, if it may.

    What tells to wait for too long is about the one that failed, and no wait at all.
    """
    try:
        with background.closed("what says how long to wait"):
            said = told_to_wait(error) or 0.0
    except BaseException:  # noqa: BLE001 - it is the agent's, and may do anything
        return 0.0
    return said if said <= MOST_TOLD else 0.0


def _waited(
    policy: Retry, failures: int, error: BaseException, least: float
) -> float | None:
    if least > MOST_TOLD:
        said = f"it is told to wait {least:,.0f} s, and {MOST_TOLD:,.0f} s are the most"
        _note(error, f"Not tried again: {said}.")
        return None
    return max(least, policy.wait(failures))


def _note(error: BaseException, note: str) -> None:
    with suppress(Exception):  # The class is the agent's, and may do anything.
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
