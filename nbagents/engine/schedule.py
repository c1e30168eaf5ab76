"""What may start next: questions about a state, answered without side effects.

Nothing here knows asyncio, clocks or threads.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from nbagents.engine.lifecycle import WAITING_TASK, TaskStatus
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

    A task is in it when it is waiting and everything it depends on is completed;
    with `within`, only when it is one of these ids. What depends on an id of `held`
    is not ready, though that one is completed.

    Building it looks at the whole plan once; after that a task costs only what it
    and its own edges cost, however large the plan is.

    Longest path first keeps the makespan within a few percent of the optimum
    (Adam, Chandy & Dickson, "A comparison of list schedules for parallel
    processing systems", CACM 17(12), 1974); among equals the plan's order holds.
    """

    __slots__ = (
        "_following",
        "_in_order",
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
    ) -> None:
        self._within = within
        edges = state.plan.dependencies
        self._following = state.plan.dependents
        heights = dag.heights(edges, self._following)
        self._in_order = sorted(edges, key=heights.__getitem__, reverse=True)
        self._ranks = {id: rank for rank, id in enumerate(self._in_order)}
        done = {
            id
            for id, task in state.tasks.items()
            if task.status is TaskStatus.COMPLETED and id not in held
        }
        self._waiting_for = {
            id: len(needs) - len(done.intersection(needs)) if done else len(needs)
            for id, needs in edges.items()
            if state.tasks[id].status in WAITING_TASK
        }
        self._ready = [
            self._ranks[id]
            for id, count in self._waiting_for.items()
            if count == 0 and self._may_start(id)
        ]
        heapify(self._ready)

    def completed(self, task: str) -> None:
        """Note that `task` is completed: what waited only for it is ready now."""
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

    def pop(self) -> str:
        """Take the ready task that should start first."""
        return self._in_order[heappop(self._ready)]

    def _may_start(self, task: str) -> bool:
        return self._within is None or task in self._within

    def __bool__(self) -> bool:
        return bool(self._ready)

    def __len__(self) -> int:
        return len(self._ready)


def ready(state: RunState) -> list[str]:
    """Return the ids of the tasks that may start now, the one to start first first."""
    frontier = Frontier(state)
    return [frontier.pop() for _ in range(len(frontier))]


def still_needed(state: RunState, task: str) -> list[str]:
    """Return what `task` depends on that is not completed."""
    return [
        need
        for need in state.plan[task].dependencies
        if state.tasks[need].status is not TaskStatus.COMPLETED
    ]
