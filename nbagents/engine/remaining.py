"""How long a run that is running will still take, from its own figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from nbagents.engine.lifecycle import WAITING_TASK, RunStatus, TaskStatus
from nbagents.engine.metrics import undone
from nbagents.engine.record import Attempt, TaskState
from nbagents.engine.spending import seconds_run
from nbagents.engine.state import RunState
from nbagents.graph import Plan

_MOST = 1e9  # seconds: what clocks that were set, or a foreign record, may make of one
_ANY = None  # stands for every agent, in means by agent


def remaining(state: RunState, now: float) -> float | None:
    """Return about how many seconds a running run takes from `now` to its end.

    Two bounds on a schedule (Graham, "Bounds on multiprocessing timing anomalies",
    SIAM J. Appl. Math. 17(2), 1969), the larger of which is the answer:

    - the longest path through what is left: no parallelism shortens that;
    - all work that is left, divided by how many attempts went on at once so far: the
      seconds of all attempts by those the run has run. That is taken to be at least 1,
      and at least the number of tasks running now.

    A task is expected to take what its own last completed attempt took; one without,
    the mean of what its agent completed in this run; without that, the mean of all that
    was completed. Of a running task what it has run is taken off. The wait for another
    try lengthens the path and is no work. What was undone by a person still tells.

    It is meant to be the end of the plan: of steps, breakpoints and limits it knows
    nothing. A stale task counts as if it ran, though its result may be kept.

    Returns:
        0 or more; `None` when the run is not running, and while nothing is completed.
    """
    attempts = [each for task in state.tasks.values() for each in task.attempts]
    attempts += undone(state)
    means = _means(attempts)
    if state.status is not RunStatus.RUNNING or not means:
        return None
    left = {
        id: _left(task, _expected(task, state.plan[id].agent, means), now)
        for id, task in state.tasks.items()
        if task.status in WAITING_TASK or task.status is TaskStatus.RUNNING
    }
    waits = {id: _wait(state.tasks[id], now) + seconds for id, seconds in left.items()}
    work = sum(left.values()) / _parallelism(state, attempts, now)
    return max(_longest_path(state.plan, waits), work)


def _means(attempts: Iterable[Attempt]) -> dict[str | None, float]:
    """Return what a completed attempt took, by agent; empty where there is none."""
    took: defaultdict[str | None, list[float]] = defaultdict(list)
    for attempt in attempts:
        if attempt.status is TaskStatus.COMPLETED:
            took[attempt.agent].append(_seconds(attempt, 0.0))
            took[_ANY].append(took[attempt.agent][-1])
    return {agent: sum(each) / len(each) for agent, each in took.items()}


def _expected(task: TaskState, agent: str, means: Mapping[str | None, float]) -> float:
    for attempt in reversed(task.attempts):
        if attempt.status is TaskStatus.COMPLETED:
            return _seconds(attempt, 0.0)
    return means.get(agent, means[_ANY])


def _left(task: TaskState, expected: float, now: float) -> float:
    if task.status is not TaskStatus.RUNNING or task.last is None:
        return expected
    return _bounded(expected - _seconds(task.last, now))


def _wait(task: TaskState, now: float) -> float:
    return 0.0 if task.not_before is None else _bounded(task.not_before - now)


def _parallelism(state: RunState, attempts: Iterable[Attempt], now: float) -> float:
    """Return how many attempts were at work at once, on average."""
    busy = sum(_seconds(attempt, now) for attempt in attempts)
    ran = _bounded(seconds_run(state, now))
    observed = busy / ran if ran else 0.0
    return max(1.0, float(state.counts[TaskStatus.RUNNING]), observed)


def _longest_path(plan: Plan, seconds: Mapping[str, float]) -> float:
    """Return the most seconds that tasks take which wait for each other."""
    ends: dict[str, float] = {}
    for id in plan.order():
        if id in seconds:
            before = (ends.get(need, 0.0) for need in plan.dependencies[id])
            ends[id] = max(before, default=0.0) + seconds[id]
    return max(ends.values(), default=0.0)


def _seconds(attempt: Attempt, now: float) -> float:
    """Return how long an attempt took, or has taken until `now`."""
    return _bounded((now if attempt.ended is None else attempt.ended) - attempt.started)


def _bounded(seconds: float) -> float:
    # In this order: of a figure that is no number it makes 0.
    return min(max(0.0, seconds), _MOST)
