"""What a run cost and how it went, computed from its state."""

import time
from collections.abc import Iterable
from typing import Any

from nbagents.engine import partial
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.record import Attempt, TaskState, total_cost
from nbagents.engine.spending import used
from nbagents.engine.state import RunState
from nbagents.redaction import redacted_in


def metrics(state: RunState) -> dict[str, Any]:
    """Return the figures of a run as a plain dict.

    `start` and `end` are seconds since the epoch and `None` where that has not
    happened; `duration_seconds` is the time it ran, without the time it was paused, and
    `None` until it has ended;
    `success_rate` is the completed share of the tasks that are needed, from 0 to 1;
    tokens and
    cost are those of every attempt, failed ones included; the cost is in US
    dollars, and `None` when the price of an answer is not known.
    """
    attempts = [attempt for _, attempt in every_attempt(state)]
    total = len(state.tasks)
    completed = state.counts[TaskStatus.COMPLETED]
    needed = total - sum(task.unmet for task in state.tasks.values())
    return {
        "start": state.started,
        "end": state.ended,
        "duration_seconds": None if state.ended is None else state.ran,
        "tasks_total": total,
        "tasks_completed": completed,
        "tasks_failed": state.counts[TaskStatus.FAILED],
        "success_rate": completed / needed if needed else 1.0,
        "total_tokens": sum(attempt.tokens for attempt in attempts),
        "total_cost": total_cost(attempt.cost for attempt in attempts),
    }


def every_attempt(state: RunState) -> list[tuple[str, Attempt]]:
    """Return each attempt with the id of its task, those that were undone too."""
    found = _attempts(state.former) | _attempts(state.tasks.items())
    return list(found.values())


def undone(state: RunState) -> tuple[Attempt, ...]:
    """Return the attempts of tasks that were removed or rewound since."""
    if not state.former:
        return ()
    found, now = _attempts(state.former), _attempts(state.tasks.items())
    return tuple(found[key][1] for key in found.keys() - now.keys())


def _attempts(
    tasks: Iterable[tuple[str, TaskState]],
) -> dict[tuple[str, int, float], tuple[str, Attempt]]:
    # A task that was removed may be back, after a rewind, with the same attempts.
    return {
        (id, attempt.number, attempt.started): (id, attempt)
        for id, task in tasks
        for attempt in task.attempts
    }


def trace(state: RunState) -> list[dict[str, Any]]:
    """Return one plain dict for each attempt, in the order they started, redacted.

    Times are in seconds, `start` and `end` since the epoch; `result_size` is the
    length of the result as text, in characters, and `None` where there is none;
    `cost` is in US dollars, and `None` when it is not known.
    """
    found = in_order(state)
    return redacted_in([_entry(state, id, attempt) for id, attempt in found])


def in_order(state: RunState) -> list[tuple[str, Attempt]]:
    """Return each attempt with the id of its task, in the order they started."""
    return sorted(every_attempt(state), key=lambda each: each[1].started)


def _entry(state: RunState, id: str, attempt: Attempt) -> dict[str, Any]:
    done = attempt.status is TaskStatus.COMPLETED
    task = state.tasks.get(id)
    known = done and task is not None and task.last == attempt
    return {
        "task_id": id,
        "agent": attempt.agent,
        "attempt": attempt.number,
        "start": attempt.started,
        "end": attempt.ended,
        "duration_seconds": attempt.duration_seconds,
        "success": done,
        "result_size": _size(task.result) if known and task else None,
        "tokens": attempt.tokens,
        "cost": attempt.cost,
        "error": str(attempt.error) if attempt.error else None,
    }


def _size(result: Any) -> int | None:
    """Length of the result as text; `None` where it has none."""
    try:
        return len(result if isinstance(result, str) else str(result))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - it is the agent's class, and may do anything
        return None


def summary(state: RunState, result: Any) -> dict[str, Any]:
    """Return a run as one plain dict, redacted; `result` is what it came to."""
    return redacted_in(_summary(state, result))


def _summary(state: RunState, result: Any) -> dict[str, Any]:
    by_status: dict[TaskStatus, list[str]] = {status: [] for status in TaskStatus}
    for id, task in state.tasks.items():
        by_status[task.status].append(id)
    figures = {"metrics": metrics(state), "trace": trace(state), **_limited(state)}
    if state.degraded:
        steps = state.degraded
        figures["degraded"] = [{"to": s.to, "because": s.because} for s in steps]
    if state.metadata:
        figures["metadata"] = dict(state.metadata)
    done = by_status[TaskStatus.COMPLETED]
    if state.status is RunStatus.COMPLETED:
        head = {"success": True, "result": result, "tasks_completed": len(done)}
        return {**head, **figures}
    return {
        "success": False,
        "reason": str(state.error or state.reason),
        "completed": done,
        "failed": {id: str(state.tasks[id].error) for id in by_status[_FAILED]},
        "skipped": {id: state.tasks[id].reason for id in by_status[_SKIPPED]},
        "partial_results": {id: state.tasks[id].result for id in done},
        **_answered(state, result),
        **figures,
    }


def _answered(state: RunState, result: Any) -> dict[str, Any]:
    """Return the partial answer of a run that failed, where there is one."""
    if result is None:
        return {}
    return {"note": partial.note(state), "result": result}


def _limited(state: RunState) -> dict[str, Any]:
    """Return what is used of what, where the run has limits."""
    found = used(state, time.time())
    limits = {name: {"used": now, "most": most} for name, (now, most) in found.items()}
    return {"limits": limits} if limits else {}


_FAILED = TaskStatus.FAILED
_SKIPPED = TaskStatus.SKIPPED
