"""What happens in runs, as records of Python's logging under the name `nbagents`.

Each has its figures in `record.nbagents`, a dict. Where nobody has set up logging
nothing is made: Python would print failures into the cell, which shows them already.
"""

import logging
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.record import Attempt
from nbagents.engine.state import RunState
from nbagents.redaction import redacted_in

log = logging.getLogger("nbagents")

LEVELS: dict[type[e.Event], int] = {
    e.RunStarted: logging.INFO,
    e.RunPaused: logging.INFO,
    e.RunEnded: logging.INFO,
    e.TaskStarted: logging.DEBUG,
    e.TaskCompleted: logging.DEBUG,
    e.TaskRetried: logging.WARNING,
    e.TaskFailed: logging.WARNING,
}
"""What is logged, and how loud."""


def note(state: RunState, event: e.Event) -> None:
    """Log `event` of a run that stands at `state`, if anybody is to hear of it."""
    level = LEVELS[type(event)]
    if not log.isEnabledFor(level) or not log.hasHandlers():
        return
    if isinstance(event, e.AttemptEvent):
        words, data = _of_attempt(state, event)
    else:
        words, data = _of_run(state, event)
    log.log(level, "%s", words, extra={"nbagents": redacted_in(data)})


def _of_run(state: RunState, event: e.Event) -> tuple[str, dict[str, Any]]:
    done = event.status if isinstance(event, e.RunEnded) else _DONE[type(event)]
    why = getattr(event, "reason", "")
    words = f"run '{state.run}' {done}{f': {why}' if why else ''}"
    return words, {"run": state.run, "event": type(event).__name__}


_DONE = {e.RunStarted: "started", e.RunPaused: "paused"}


def _of_attempt(state: RunState, event: e.AttemptEvent) -> tuple[str, dict[str, Any]]:
    attempt = _attempt(state, event)
    data = {
        "run": state.run,
        "event": type(event).__name__,
        "task": event.task,
        "agent": attempt.agent if attempt else None,
        "attempt": event.attempt,
        "seconds": attempt.duration_seconds if attempt else None,
        "tokens": attempt.tokens if attempt else 0,
        "cost": attempt.cost if attempt else None,
    }
    return f"task '{event.task}' {_said(event)} (run '{state.run}')", data


def _said(event: e.AttemptEvent) -> str:
    match event:
        case e.TaskFailed():
            return f"failed: {event.error}"
        case e.TaskRetried():
            then = f"'{event.by}' takes over" if event.by else "it is tried again"
            return f"failed and {then}: {event.error}"
        case e.TaskStarted():
            return f"started: attempt {event.attempt} by '{event.agent}'"
        case _:
            return "completed"


def _attempt(state: RunState, event: e.AttemptEvent) -> Attempt | None:
    task = state.tasks.get(event.task)  # It may be gone at the end of this very turn.
    tries = task.attempts if task else ()
    return next((each for each in tries if each.number == event.attempt), None)
