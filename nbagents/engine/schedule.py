"""What may start next: questions about a state, answered without side effects.

Nothing here knows asyncio, clocks or threads.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from nbagents.engine.lifecycle import WAITING_TASK
from nbagents.engine.state import RunState
from nbagents.graph import dag


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How far a run is to go before it stops by itself.

    Running, stepping and running up to a task are the same loop with another
    target.

    Attributes:
        within: Ids that may start; `None` means every task.
        most: Most tasks to start; `None` sets no limit.
        reason: What the run says when it stops there.
    """

    within: frozenset[str] | None = None
    most: int | None = None
    reason: str = ""


THE_END = Target()
"""Go on until nothing is left to start."""

Aim = Callable[[RunState, Collection[str]], Target]
"""Says how far to go from where a run stands; raises where it cannot go.

It is given the ids of the tasks that were stale until this moment as well, and whose
results have turned out to count again.
"""


class Frontier:
    """The tasks of one state that may start now, longest remaining path first.

    A task is in it when it is waiting and everything it depends on is settled;
    with `within`, only when it is one of these ids. What depends on an id of `held`
    is not ready, though that one is completed. A task that waits for its next try is
    put off until its wait is over, unless `impatient`.

    Building it looks at the whole plan once; after that a task costs only what it
    and its own edges cost, however large the plan is.

    Longest path first keeps the makespan within a few percent of the optimum
    (Adam, Chandy & Dickson, "A comparison of list schedules for parallel
    processing systems", CACM 17(12), 1974); among equals the plan's order holds.
    """

    __slots__ = (
        "_following",
        "_in_order",
        "_put_off",
        "_ranks",
        "_ready",
        "_waiting_for",
        "_within",
    )

    def __init__(
        self,
        state: RunState,
        within: frozenset[str] | None = None,
        held: Collection[str] = (),
        *,
        impatient: bool = False,
    ) -> None:
        self._within = within
        edges = state.plan.dependencies
        self._following = state.plan.dependents
        heights = dag.heights(edges, self._following)
        self._in_order = sorted(edges, key=heights.__getitem__, reverse=True)
        self._ranks = {id: rank for rank, id in enumerate(self._in_order)}
        done = {
            id for id, task in state.tasks.items() if task.is_settled and id not in held
        }
        self._waiting_for = {
            id: len(needs) - len(done.intersection(needs)) if done else len(needs)
            for id, needs in edges.items()
            if state.tasks[id].status in WAITING_TASK
        }
        self._ready: list[int] = []
        self._put_off: list[tuple[float, int]] = []
        for id, count in self._waiting_for.items():
            if count == 0 and self._may_start(id):
                moment = None if impatient else state.tasks[id].not_before
                self._take(id, moment)
        heapify(self._ready)
        heapify(self._put_off)

    def completed(self, task: str) -> None:
        """Note that `task` is settled: what waited only for it is ready now."""
        waiting_for = self._waiting_for
        for child in self._following[task]:
            if child in waiting_for:
                waiting_for[child] -= 1
                if waiting_for[child] == 0 and self._may_start(child):
                    heappush(self._ready, self._ranks[child])

    def failed(self, task: str) -> list[str]:
        """Note that `task` failed; return what can no longer run because of it.

        Each task is returned once, for the first failure that reaches it.
        """
        lost = []
        reached = [task]
        while reached:
            for child in self._following[reached.pop()]:
                if self._waiting_for.pop(child, None) is not None:
                    lost.append(child)
                    reached.append(child)
        return sorted(lost, key=self._ranks.__getitem__)

    def put_off(self, task: str, moment: float) -> None:
        """Note that `task` failed and is to be tried again, not before `moment`."""
        self._waiting_for[task] = 0
        if self._may_start(task):
            heappush(self._put_off, (moment, self._ranks[task]))

    def wake(self, now: float) -> None:
        """Note that it is `now`: what was put off until then is ready."""
        # A moment that is no number, of a record from elsewhere, is now.
        while self._put_off and not self._put_off[0][0] > now:
            heappush(self._ready, heappop(self._put_off)[1])

    @property
    def wakes(self) -> float | None:
        """When the next task that was put off is ready; `None` without one."""
        return self._put_off[0][0] if self._put_off else None

    def pop(self) -> str:
        """Take the ready task that should start first."""
        return self._in_order[heappop(self._ready)]

    def _take(self, task: str, moment: float | None) -> None:
        if moment is None:
            self._ready.append(self._ranks[task])
        else:
            self._put_off.append((moment, self._ranks[task]))

    def _may_start(self, task: str) -> bool:
        return self._within is None or task in self._within

    def __bool__(self) -> bool:
        return bool(self._ready)

    def __len__(self) -> int:
        return len(self._ready)


def ready(state: RunState) -> list[str]:
    """Return the ids of the tasks that may start now, the one to start first first.

    Those that wait for their next try are the last: they may start if somebody says so.
    """
    frontier = Frontier(state, impatient=True)
    ids = [frontier.pop() for _ in range(len(frontier))]
    return sorted(ids, key=lambda id: state.tasks[id].not_before or 0.0)


def still_needed(state: RunState, task: str) -> list[str]:
    """Return what `task` depends on that it still has to wait for."""
    return [
        need
        for need in state.plan[task].dependencies
        if not state.tasks[need].is_settled
    ]
