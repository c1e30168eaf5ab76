"""Plans, and runs made of hand-written events, for the tests of the display."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nbagents.engine import events as e
from nbagents.engine.breakpoints import Breakpoint
from nbagents.engine.estimate import Estimate, estimate
from nbagents.engine.failure import Failure
from nbagents.engine.fold import apply
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.state import RunState
from nbagents.graph import Plan, Task

START = 1_000_000.0

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    'x" onload="alert(1)',
    "x' onmouseover='alert(1)",
    "<think>...</think>",
    "]]><svg onload=alert(1)>",
    "</title></svg><script>alert(1)</script>",
    "javascript:alert(1)",
    'n0"; n1 [URL="javascript:alert(1)"]',
    "\\N \\G \\l tail\\",
    "&lt;b&gt; &amp; &#60;",
    "left \u202e thgir",
    "bell \x07 nul \x00 escape \x1b[31m",
    "half \ud83d of a pair",
    "two\nlines\u2028and more",
    "한국어 日本語 العربية 🦊",
    "{{constructor}} ${alert(1)} %s {0}",
    "x" * 5000,
]
"""Text that must be shown and must not act."""


def plan(*edges: str, agent: str = "worker") -> Plan:
    """Return a plan from edges like `"a"` or `"b<a,c"`: b after a and c."""
    tasks = []
    for edge in edges:
        id, _, needs = edge.partition("<")
        tasks.append(Task(id, f"Do {id}", agent, needs.split(",") if needs else []))
    return Plan(tasks)


def wide(count: int) -> Plan:
    """Return a plan of `count` tasks, 20 to a level."""
    return Plan(
        Task(f"t{n}", "", "worker", [f"t{n - 20}"] if n >= 20 else [])
        for n in range(count)
    )


@dataclass
class Run:
    """A run that does what the test says: `emit` is its engine."""

    plan: Plan
    simulated: bool = False
    id: str = "run-1"
    progress: dict[str, e.Progress] = field(default_factory=dict)
    listeners: list[Callable[[e.Event], None]] = field(default_factory=list)
    breakpoints: tuple[Breakpoint, ...] = ()

    def __post_init__(self) -> None:
        model = "scripted (simulated)" if self.simulated else None
        created = e.RunCreated(START, self.id, self.plan, model, self.simulated)
        self.state = RunState(created)

    # The display holds runs by weak references, for which they need a hash.
    __hash__ = object.__hash__

    def subscribe(self, listener: Callable[[e.Event], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def emit(self, *happened: e.Event) -> None:
        for event in happened:
            if isinstance(event, e.Progress):
                self.progress[event.task] = event
            else:
                apply(self.state, event)
            for listener in list(self.listeners):
                listener(event)

    def estimate(self) -> Estimate:
        return estimate(self.state)

    def mark(self, *points: Breakpoint) -> None:
        self.breakpoints = points
        self.emit(e.BreakpointsChanged(START))

    def start(self) -> "Run":
        self.emit(e.RunStarted(START))
        return self

    def begin(self, id: str, at: float = 0, attempt: int = 1) -> None:
        agent = self.state.plan[id].agent
        self.emit(e.TaskStarted(START + at, id, attempt, agent))

    def say(self, id: str, words: str, fraction: float | None = None) -> None:
        self.emit(e.Progress(START, id, 1, words, fraction))

    def complete(self, id: str, result: object = "fine", at: float = 1) -> None:
        if self.state.tasks[id].status is not TaskStatus.RUNNING:
            self.begin(id)
        self.emit(e.TaskCompleted(START + at, id, 1, result))

    def fail(self, id: str, error: BaseException, at: float = 1) -> None:
        if self.state.tasks[id].status is not TaskStatus.RUNNING:
            self.begin(id)
        self.emit(e.TaskFailed(START + at, id, 1, Failure.of(error)))
        for each in self.state.plan.downstream(id):
            reason = f"needs '{id}', which failed"
            self.emit(e.TaskSkipped(START + at, each, id, reason))

    def end(self, status: str = "completed", reason: str = "", at: float = 2) -> None:
        self.emit(e.RunEnded(START + at, RunStatus(status), reason))


def finished(a_plan: Plan) -> Run:
    """Return a run of `a_plan` in which all went well."""
    run = Run(a_plan).start()
    for id in a_plan.order():
        run.complete(id)
    run.end()
    return run


def mixed() -> Run:
    """Return a run with a task in each state that a run without edits can leave."""
    run = Run(plan("done", "bad", "after<bad", "going<done", "later<going")).start()
    run.complete("done", "all well")
    run.fail("bad", ValueError("no column 'price'"))
    run.begin("going")
    run.say("going", "page 3 of 10", 0.3)
    return run
