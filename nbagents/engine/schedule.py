"""What may start next: questions about a state, answered without side effects.

Nothing here knows asyncio, clocks or threads.
"""

from heapq import heapify, heappop, heappush

from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.state import RunState
from nbagents.graph import dag

_WAITING = frozenset({TaskStatus.PENDING, TaskStatus.STALE})


class Frontier:
    """The tasks of one state that may start now, longest remaining path first.

    A task is in it when it is waiting and everything it depends on is completed.
    Building it looks at the whole plan once; after that a task costs only what it
    and its own edges cost, however large the plan is.

    Longest path first keeps the makespan within a few percent of the optimum
    (Adam, Chandy & Dickson, "A comparison of list schedules for parallel
    processing systems", CACM 17(12), 1974); among equals the plan's order holds.
    """

    __slots__ = ("_following", "_in_order", "_ranks", "_ready", "_waiting_for")

    def __init__(self, state: RunState) -> None:
        edges = state.plan.dependencies
        self._following = state.plan.dependents
        heights = dag.heights(edges, self._following)
        self._in_order = sorted(edges, key=heights.__getitem__, reverse=True)
        self._ranks = {id: rank for rank, id in enumerate(self._in_order)}
        done = {
            id
            for id, task in state.tasks.items()
            if task.status is TaskStatus.COMPLETED
        }
        self._waiting_for = {
            id: len(needs) - len(done.intersection(needs)) if done else len(needs)
            for id, needs in edges.items()
            if state.tasks[id].status in _WAITING
        }
        self._ready = [
            self._ranks[id] for id, count in self._waiting_for.items() if count == 0
        ]
        heapify(self._ready)

    def completed(self, task: str) -> None:
        """Note that `task` is completed: what waited only for it is ready now."""
        waiting_for = self._waiting_for
        for child in self._following[task]:
            if child in waiting_for:
                waiting_for[child] -= 1
                if waiting_for[child] == 0:
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

    def __bool__(self) -> bool:
        return bool(self._ready)

    def __len__(self) -> int:
        return len(self._ready)
