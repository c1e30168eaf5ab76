"""The states of tasks and runs, and every legal move between them.

The two tables are the page of record: `apply` refuses any move that is not in
them, the documentation is drawn from them, and every pair is tested.
"""

from collections.abc import Mapping
from enum import StrEnum


class TaskStatus(StrEnum):
    """Where one task of a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    STALE = "stale"
    CANCELLED = "cancelled"


class RunStatus(StrEnum):
    """Where a whole run stands."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_T = TaskStatus
_R = RunStatus

TASK_MOVES: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    # Completed without running: a person gave the result. Skipped: so a person said,
    # or something upstream failed. Still pending: its wait for the next try ends now.
    _T.PENDING: frozenset(
        {_T.RUNNING, _T.COMPLETED, _T.SKIPPED, _T.CANCELLED, _T.PENDING}
    ),
    # Back to pending: it will be tried again, or an interrupt took the attempt away.
    _T.RUNNING: frozenset({_T.COMPLETED, _T.FAILED, _T.CANCELLED, _T.PENDING}),
    # Stale: an input or its agent has changed. Completed: by hand, once more.
    _T.COMPLETED: frozenset({_T.STALE, _T.PENDING, _T.COMPLETED}),
    _T.FAILED: frozenset({_T.PENDING, _T.COMPLETED, _T.SKIPPED}),
    _T.SKIPPED: frozenset({_T.PENDING, _T.STALE, _T.COMPLETED}),
    # Completed without running: what it was made from turned out the same.
    _T.STALE: frozenset(
        {_T.RUNNING, _T.COMPLETED, _T.SKIPPED, _T.CANCELLED, _T.PENDING}
    ),
    _T.CANCELLED: frozenset({_T.PENDING, _T.STALE}),
}

# An edit can end a run that waited, by taking away what it waited for.
_EDITED = frozenset({_R.PAUSED, _R.COMPLETED, _R.FAILED})

RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    _R.PLANNED: frozenset({_R.RUNNING, _R.CANCELLED, *_EDITED}),
    _R.RUNNING: frozenset({_R.CANCELLED, *_EDITED}),
    _R.PAUSED: frozenset({_R.RUNNING, _R.CANCELLED, *_EDITED}),
    _R.COMPLETED: frozenset({_R.RUNNING, *_EDITED}),
    _R.FAILED: frozenset({_R.RUNNING, *_EDITED}),
    _R.CANCELLED: frozenset({_R.RUNNING, *_EDITED}),
}

WAITING_TASK = frozenset({_T.PENDING, _T.STALE})
"""Task states from which a task can be started."""

ENDED_RUN = frozenset({_R.COMPLETED, _R.FAILED, _R.CANCELLED})
"""Run states in which nothing more happens unless a person asks for it."""

WAITING_RUN = (_R.PLANNED, _R.PAUSED)
"""Run states in which a run can be told to go on, in the order they come."""

STOPPED_RUN = ENDED_RUN.union(WAITING_RUN)
"""Run states in which no task is running."""
