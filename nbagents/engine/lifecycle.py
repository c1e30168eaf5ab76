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
    # A pending task is skipped when something upstream fails.
    _T.PENDING: frozenset({_T.RUNNING, _T.SKIPPED, _T.CANCELLED}),
    # Back to pending: an interrupt took the attempt away, not the task.
    _T.RUNNING: frozenset({_T.COMPLETED, _T.FAILED, _T.CANCELLED, _T.PENDING}),
    # What is done can only become stale: an input or its agent has changed.
    _T.COMPLETED: frozenset({_T.STALE, _T.PENDING}),
    _T.FAILED: frozenset({_T.PENDING}),
    _T.SKIPPED: frozenset({_T.PENDING}),
    _T.STALE: frozenset({_T.RUNNING, _T.COMPLETED, _T.SKIPPED, _T.CANCELLED}),
    _T.CANCELLED: frozenset({_T.PENDING}),
}

RUN_MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    _R.PLANNED: frozenset({_R.RUNNING, _R.CANCELLED, _R.FAILED}),
    _R.RUNNING: frozenset({_R.PAUSED, _R.COMPLETED, _R.FAILED, _R.CANCELLED}),
    _R.PAUSED: frozenset({_R.RUNNING, _R.CANCELLED}),
    _R.COMPLETED: frozenset({_R.RUNNING, _R.PAUSED}),
    _R.FAILED: frozenset({_R.RUNNING, _R.PAUSED}),
    _R.CANCELLED: frozenset({_R.RUNNING, _R.PAUSED}),
}

WAITING_TASK = frozenset({_T.PENDING, _T.STALE})
"""Task states from which a task can be started."""

ENDED_RUN = frozenset({_R.COMPLETED, _R.FAILED, _R.CANCELLED})
"""Run states in which nothing more happens unless a person asks for it."""

WAITING_RUN = (_R.PLANNED, _R.PAUSED)
"""Run states in which a run can be told to go on, in the order they come."""

STOPPED_RUN = ENDED_RUN.union(WAITING_RUN)
"""Run states in which no task is running."""
