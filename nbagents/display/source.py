"""What there is to show: a run as the display sees it, and how it stood at one moment.

Everything else in `display/` reads a `View`, so a plan and a run, in text, picture,
page and live view, are told alike.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbagents.engine import approval, possible
from nbagents.engine.breakpoints import Breakpoint, When
from nbagents.engine.estimate import Estimate
from nbagents.engine.events import Event, Progress
from nbagents.engine.lifecycle import STOPPED_RUN, RunStatus
from nbagents.engine.metrics import undone
from nbagents.engine.record import Attempt, TaskState, total_cost
from nbagents.engine.remaining import remaining
from nbagents.engine.spending import phrases
from nbagents.engine.state import RunState
from nbagents.engine.verbs import legal
from nbagents.engine.view import TaskView
from nbagents.errors import UnknownTaskError
from nbagents.graph import Plan


class Source(Protocol):
    """A run, as far as it is needed to show it live.

    A view of one moment (`look_at`) asks for its id, state and progress only, which
    runs of before have as well.
    """

    @property
    def id(self) -> str:
        """The id of the run."""

    @property
    def state(self) -> RunState:
        """Where the run stands now."""

    @property
    def progress(self) -> Mapping[str, Progress]:
        """What each running task said of itself last."""

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """Where it is to stop."""

    def estimate(self) -> Estimate:
        """Return what going on will take."""

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call `listener` with each event from now on; the answer ends that."""


class Steered(Source, Protocol):
    """A run, as far as it is needed to look into it and to steer it from a view.

    The verbs are those of `Run`; none waits for what it starts.
    """

    @property
    def agents(self) -> Mapping[str, Any]:
        """Who does the work, by name."""

    @property
    def max_parallel(self) -> int:
        """How many tasks are at work at once, at most."""

    def __getitem__(self, id: str) -> TaskView: ...

    def possible(self, task: str | None = None) -> Mapping[str, str]:
        """Return for each verb why it cannot be used now; empty where it can."""

    def resume(self, *, until: str | None = None, wait: bool = True) -> object:
        """Go on."""

    def pause(self, *, wait: bool = True) -> object:
        """Start nothing more."""

    def approve(self, id: str | None = None, *, wait: bool = True) -> object:
        """Let what waits for an approval start."""

    def refuse(self, id: str, why: str = "", *, wait: bool = True) -> object:
        """Have the model told that it may not call a tool, and why."""

    def step(self, task: str | None = None, *, wait: bool = True) -> object:
        """Execute one task."""

    def cancel(self, *, wait: bool = True) -> object:
        """End it."""

    def retry(self, id: str, *, agent: Any = None, wait: bool = True) -> object:
        """Execute one task again."""

    def skip(self, id: str) -> object:
        """Leave out a task."""

    def edit(
        self, id: str, *, result: Any = ..., description: str | None = None
    ) -> Any:
        """Correct a task by hand."""

    def replace(self, agent: Any, by: Any = None) -> object:
        """Have another agent do the tasks of one."""

    def break_at(self, name: str, *, when: When = "before") -> object:
        """Set a breakpoint."""

    def clear(self, at: str | Breakpoint | None = None) -> None:
        """Remove breakpoints."""


_PENDING = TaskState()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A plan or a run at one moment.

    Attributes:
        plan: The plan; without tasks while a goal is being planned.
        now: When this was taken, in seconds since the epoch.
        run: The id of the run; `None` for a plan that is only a plan. The fields
            below it then say nothing.
        status: The state of the run.
        reason: Why it stopped; empty otherwise.
        verbs: What a person may do next, as lines to paste; empty while it runs.
        started: When it started; `None` when it has not.
        resumed: When it began to run this time; `None` while it does not run.
        ran: How many seconds it ran before this time.
        undone: Attempts of tasks that were removed or rewound since.
        limits: What is used of what it may use, a phrase for each limit.
        model: The name of its model; `None` without one.
        simulated: Whether a scripted model is or was at work in it.
        tasks: The state of each task.
        awaiting: The ids of the tasks that wait for nothing but a person's approval.
        progress: What each running task said of itself last.
        left: About how many seconds it will still run; `None` while nobody knows, and
            when it does not run.
        can: For each verb of the run why it cannot be used now; empty where it can.
    """

    plan: Plan
    now: float
    run: str | None = None
    status: RunStatus = RunStatus.PLANNED
    reason: str = ""
    verbs: tuple[str, ...] = ()
    started: float | None = None
    resumed: float | None = None
    ran: float = 0.0
    undone: tuple[Attempt, ...] = ()
    limits: tuple[str, ...] = ()
    model: str | None = None
    simulated: bool = False
    tasks: Mapping[str, TaskState] = field(default_factory=dict)
    awaiting: frozenset[str] = frozenset()
    progress: Mapping[str, Progress] = field(default_factory=dict)
    left: float | None = None
    can: Mapping[str, str] = field(default_factory=dict)

    def task(self, id: str) -> TaskState:
        """Return the state of task `id`; pending where nothing is known of it."""
        return self.tasks.get(id, _PENDING)

    @property
    def planning(self) -> bool:
        """Whether the plan is still being made."""
        going = self.status in {RunStatus.PLANNED, RunStatus.RUNNING}
        return self.run is not None and not self.plan.tasks and going

    @property
    def elapsed(self) -> float | None:
        """How many seconds the run has run; `None` when it has not started."""
        if self.started is None:
            return None
        return self.ran + (0 if self.resumed is None else self.now - self.resumed)

    @property
    def tokens(self) -> int:
        """How many tokens all attempts have used."""
        undone = sum(attempt.tokens for attempt in self.undone)
        return undone + sum(tokens(task) for task in self.tasks.values())

    @property
    def cost(self) -> float | None:
        """US dollars for all attempts; `None` when that is not known."""
        undone = [attempt.cost for attempt in self.undone]
        return total_cost([*undone, *map(cost, self.tasks.values())])


def look_at(value: Any, now: float | None = None) -> View:
    """Return how a plan or a run stands at this moment.

    Args:
        value: A `Plan`, or a run.
        now: The time, in seconds since the epoch; `None` asks the clock.
    """
    moment = time.time() if now is None else now
    if isinstance(value, Plan):
        return View(plan=value, now=moment)
    return _look_at_run(value, moment)


def tokens(task: TaskState) -> int:
    """Return how many tokens the attempts of `task` have used."""
    return sum(attempt.tokens for attempt in task.attempts)


def cost(task: TaskState) -> float | None:
    """Return US dollars for the attempts of `task`; `None` when that is not known."""
    return total_cost(attempt.cost for attempt in task.attempts)


def seconds(task: TaskState, now: float) -> float | None:
    """Return how long the last attempt of `task` took; `None` when there was none."""
    if not task.attempts:
        return None
    last = task.attempts[-1]
    return (now if last.ended is None else last.ended) - last.started


def _look_at_run(run: Source, now: float) -> View:
    state = run.state
    # A copy, which the engine's thread cannot grow while somebody reads it.
    tasks = dict(state.tasks)
    return View(
        plan=state.plan,
        now=now,
        run=run.id,
        status=state.status,
        reason=f"{state.reason}: {state.error}" if state.error else state.reason,
        verbs=tuple(legal(state)) if state.status in STOPPED_RUN else (),
        started=state.started,
        resumed=state.resumed,
        ran=state.ran,
        undone=undone(state),
        limits=tuple(phrases(state, now)),
        model=state.model,
        simulated=state.simulated
        or any(a.simulated for t in tasks.values() for a in t.attempts),
        tasks=tasks,
        awaiting=_awaiting(state),
        progress=dict(run.progress),
        left=_left(state, now),
        can=possible.for_run(state),
    )


def _awaiting(state: RunState) -> frozenset[str]:
    try:
        return frozenset(approval.awaiting(state))
    except (UnknownTaskError, KeyError):
        return frozenset()  # As below.


def _left(state: RunState, now: float) -> float | None:
    try:
        return remaining(state, now)
    except UnknownTaskError:
        return None  # Its plan was changed while it was being walked through.
