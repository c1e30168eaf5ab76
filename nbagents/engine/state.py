"""Where a run stands.

What a state holds is frozen, so a reader on another thread sees each task either
before or after an event, never in between. Only `fold` changes it.
"""

from collections import Counter

from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import (
    RUN_MOVES,
    TASK_MOVES,
    RunStatus,
    TaskStatus,
)
from nbagents.engine.record import TaskState
from nbagents.engine.spending import Spent
from nbagents.errors import RunStateError
from nbagents.graph import Plan

_PENDING = TaskState()


class RunState:
    """Where a run stands. Only `fold.apply` changes it.

    Attributes:
        run: The id of the run.
        parent: Id of the run it was forked from; `None` otherwise.
        notebook: Name of the notebook it was made in; `None` where that is unknown.
        within: Id of the run whose agent began it; `None` where a person did.
        model: Name of the team's model; `None` where it has none.
        simulated: Whether that model is a scripted one.
        plan: The plan; without tasks while a goal is still being planned.
        status: The state of the run as a whole.
        reason: Why it stopped, as a sentence; empty while it runs.
        error: Why its goal could not be planned; `None` otherwise.
        tasks: The state of each task, by id, in the order of the plan.
        former: Id and last state of each task that was removed, or rewound, after it
            had been tried: what that used stays known.
        counts: How many tasks are in each state.
        started: When it first started, in seconds since the epoch.
        ended: When it ended; `None` while it has not.
        resumed: When it began to run this time; `None` while it does not run.
        ran: How many seconds it ran, all times before this one together.
        limits: The most it may use.
        spent: What it has used, whatever was undone or removed since.
        approve: Ids of tasks, and names of agents, that wait for a person's approval.
        degraded: What it has stepped down to, and why, in order.
        metadata: What its team says of it, as JSON values by name.
        touched: Ids of the tasks that a person has changed since it was made.
    """

    __slots__ = (
        "approve",
        "counts",
        "degraded",
        "ended",
        "error",
        "former",
        "limits",
        "metadata",
        "model",
        "notebook",
        "parent",
        "plan",
        "ran",
        "reason",
        "resumed",
        "run",
        "simulated",
        "spent",
        "started",
        "status",
        "tasks",
        "touched",
        "within",
    )

    def __init__(self, created: e.RunCreated) -> None:
        self.run = created.run
        self.parent = created.parent
        self.notebook = created.notebook
        self.within = created.within
        self.model = created.model
        self.simulated = created.simulated
        self.status = RunStatus.PLANNED
        self.reason = ""
        self.error: Failure | None = None
        self.started: float | None = None
        self.ended: float | None = None
        self.resumed: float | None = None
        self.ran = 0.0
        self.limits = created.limits
        self.approve = frozenset(created.approve)
        self.metadata = created.metadata
        self.degraded: tuple[e.StepDown, ...] = ()
        self.touched: frozenset[str] = frozenset()
        self.spent = Spent()
        self.former: tuple[tuple[str, TaskState], ...] = ()
        self.plan = Plan()
        self.tasks: dict[str, TaskState] = {}
        self.counts: Counter[TaskStatus] = Counter()
        self.adopt(created.plan, {})

    def adopt(self, plan: Plan, tasks: dict[str, TaskState]) -> None:
        """Take on `plan`, with the state of its tasks where they have one."""
        # A new dict: somebody on another thread may be walking through the old one.
        known = {task.id: tasks.get(task.id, _PENDING) for task in plan}
        self.former += tuple(
            (id, old)
            for id, old in self.tasks.items()
            if old.last and _began(old) != _began(known.get(id, _PENDING))
        )
        self.plan, self.tasks = plan, known
        self.counts = Counter(task.status for task in known.values())

    def move(self, id: str, new: TaskState) -> None:
        """Bring task `id` into the state `new`.

        Raises:
            RunStateError: The table has no such move; nothing changed.
        """
        old = self.tasks[id].status
        if new.status not in TASK_MOVES[old]:
            message = f"task '{id}' is {old} and cannot become {new.status}"
            raise RunStateError(message, verb=new.status, status=old)
        self.tasks[id] = new
        self.counts[old] -= 1
        self.counts[new.status] += 1

    def move_run(self, new: RunStatus, reason: str = "") -> None:
        """Bring the run into the state `new`; raises as `move` does."""
        if new not in RUN_MOVES[self.status]:
            message = f"the run is {self.status} and cannot become {new}"
            raise RunStateError(message, verb=new, status=self.status)
        self.status = new
        self.reason = reason

    def copy(self) -> "RunState":
        """Return a state of its own that stands where this one does."""
        new = object.__new__(RunState)
        for name in self.__slots__:
            setattr(new, name, getattr(self, name))
        new.tasks, new.counts = dict(self.tasks), Counter(self.counts)
        return new

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunState):
            return NotImplemented
        return all(getattr(self, n) == getattr(other, n) for n in self.__slots__)

    __hash__ = None  # type: ignore[assignment]


def _began(task: TaskState) -> tuple[int, float]:
    """Return what tells the last attempt of a task from every other of it."""
    return (task.last.number, task.last.started) if task.last else (0, 0.0)
