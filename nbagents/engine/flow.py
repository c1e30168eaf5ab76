"""The flow of tasks: what may start is started, what comes back is taken in.

It starts a task the moment its own dependencies are done, and emits events; what may
start is asked of `schedule`, what an event means is left to `fold`. Everything here
happens on the engine's thread and none of it waits: completions call back, so a run
costs nothing while its agents work. Whatever comes in opens the books, and who listens
is told when they are closed.

Not here: what a person asks for (`loop`), how an agent is called, timed and stopped
(`crew`), how anything looks.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextvars import Context as Variables
from typing import Any

from nbagents.engine import background, degrading, keys, partial, stop
from nbagents.engine import events as e
from nbagents.engine.assignments import Assignments
from nbagents.engine.attempt import Call, Loan, Outcome
from nbagents.engine.books import Books
from nbagents.engine.course import Course
from nbagents.engine.crew import Crew, Duties
from nbagents.engine.deadline import Deadline
from nbagents.engine.failure import Failure
from nbagents.engine.gate import Gate
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.monitor import Monitor
from nbagents.engine.nested import Nested, set_aside
from nbagents.engine.rest import at_rest
from nbagents.engine.retries import next_wait, policy_of, told
from nbagents.engine.settings import Settings
from nbagents.engine.settling import settled
from nbagents.engine.spending import Wall, seconds_run
from nbagents.engine.waits import Waits
from nbagents.errors import TaskTimeout

_MOMENT, _LONG = 0.05, 2.0  # seconds until the next write; after one that failed


class Flow:
    """Runs the tasks of one plan. Every method is called on the engine's thread.

    Attributes:
        books: What happened, and who is told of it.
        state: Where the run stands, as the books have it.
        assignments: Who does the work.
        breakpoints: Where it is to stop.
        settings: How it is run.
        nested: The runs within this one, and that which it is within.
    """

    def __init__(
        self,
        history: Iterable[e.Event],
        assignments: Assignments,
        settings: Settings,
        variables: Variables,
    ) -> None:
        self._writing: asyncio.TimerHandle | None = None
        self.books = Books(history, lambda: self._crew.is_quiet, self._write_soon)
        self.books.monitor = Monitor(settings.follow)
        self.state = self.books.state
        self.assignments = assignments
        self.settings = settings
        self._loop = background.loop()
        duties = Duties(back=self._take_in, expired=self._expire, quiet=self._look_up)
        variables.run(settings.enter, self.state.run)
        self._crew = Crew(self._loop, variables, settings.executor, duties)
        self._waits = Waits(self._loop, self._take_in)
        self._course = Course(asks=settings.on_failure == "ask")
        self.breakpoints = self._course.breakpoints
        self._gate = Gate(self.state)
        self.nested = Nested(self.state, self._attend)
        self._deadline = Deadline(self._loop, self.state, self._time_is_up)

    # The run as a whole.

    def _settle(self) -> None:
        """Start what may start; when nothing is going on any more, stop."""
        if not self._course.is_set:
            return
        # Nothing starts before what it stands on is on disk.
        if not self.books.commit():
            self._course.halted = f"it could not be recorded: {self.books.trouble}"
        self._course.wake(time.time())
        self._start()
        if not self.books.is_running:
            return
        if not self._crew and self._course.wakes is None and self._round_off():
            self._start()
        if not self._crew and self._course.wakes is None:
            self._stop()
        else:
            self._waits.until(self._course.wakes)

    def _start(self) -> None:
        while len(self._crew) < self.settings.max_parallel:
            id = self._course.next(self.state, self._is_settled)
            if id is None or self._is_walled():
                break
            self._crew.begin(self._begun(id), self.settings.task_timeout)

    def _round_off(self) -> bool:
        """Have a run that is about to end failed step down, or answer in part.

        A partial answer of no use is taken out. Return whether the plan is another.
        """
        state, make = self.state, self.settings.partial
        old = partial.outdated(state)
        if old is not None:
            self._emit(e.PlanEdited, state.plan.without(old))
        elif down := degrading.next_plan(state, self.settings, time.time()):
            self.books.enter(down)
        elif make is not None and partial.is_wanted(state):
            self._emit(e.PlanEdited, state.plan.add(make(state)))
        else:
            return False
        self._course.redraw(state)
        return True

    def wall(self) -> Wall | None:
        """Return what keeps another task from being started; `None` if nothing does."""
        if not self._gate.is_limited:
            return None
        spent, now = self.state.spent, time.time()
        return self._gate.before_task(spent, seconds_run(self.state, now))

    def _is_walled(self) -> bool:
        """Return whether a limit keeps the next task from being started."""
        wall = self.wall()
        self._course.wall = "" if wall is None else str(wall)
        return wall is not None

    def _time_is_up(self) -> None:
        """Take away what is at work: the run has run for as long as it may."""
        raise NotImplementedError

    def _is_settled(self, id: str) -> bool:
        """Settle task `id` without running it, where it is not needed, or kept."""
        if event := settled(self.state, id, self.assignments, time.time()):
            self.books.enter(event)
        return event is not None

    def _keep(self) -> None:
        for id in keys.to_keep(self.state, self.assignments.digest):
            self._emit(e.TaskKept, id)

    def _stop(self) -> None:
        self._keep()
        reason, asks = self._course.reason, self._course.is_asking
        self.books.enter(at_rest(self.state, time.time(), reason, asks=asks))
        self._dismiss()

    def _end(
        self, status: RunStatus, reason: str = "", error: Failure | None = None
    ) -> None:
        self._emit(e.RunEnded, status, reason, error)
        self._dismiss()
        self.nested.nudge()

    def _dismiss(self) -> None:
        self._waits.until(None)
        self._deadline.stop()
        self._crew.dismiss()

    # One task.

    def _begun(self, id: str) -> Loan:
        loan = self.assignments.loan(
            self.state, id, self._tell, self._gate, self.nested
        )
        loan.within = self.books.monitor.within
        self.books.enter(self.assignments.begun(self.state, loan, time.time()))
        return loan

    def _write_soon(self) -> None:
        """Write down what can wait with what comes in the next moment."""
        if self._writing is None and self.books.recorder is not None:
            wait = _MOMENT if self.books.trouble is None else _LONG
            self._writing = self._loop.call_later(wait, self._write_now)

    def _write_now(self) -> None:
        self._writing = None
        if not self.books.commit():
            self._write_soon()  # The disk may have room again.
        elif not self.books.is_running and self.books.recorder is not None:
            self.books.recorder.rest()

    def _take_in(self) -> None:
        with self.books:
            self._conclude_all()
            self._settle()

    def _conclude_all(self) -> None:
        for call, outcome in self._crew.collect():
            self._conclude(call, outcome)

    def _conclude(self, call: Call, outcome: Outcome) -> None:
        refused = self._gate.has_refused(call)
        if refused:
            self._course.wall = str(self._gate.wall or "")
        if outcome.error is not None and (refused or call.aside or call.awaits):
            self._turn_back(call)
            return
        if outcome.error is not None:
            self._fail(call, outcome.error)
            return
        result, digest, id = outcome.result, outcome.digest, call.task
        self.assignments.once.pop(id, None)
        self._emit(e.TaskCompleted, id, call.number, result, digest)
        self._course.completed(self.state, id)

    def _turn_back(self, call: Call) -> None:
        """Have a task wait again that was kept from going on: it has not failed."""
        if call.awaits:
            self.assignments.memory[call.task] = call.memory
        self._emit(e.TaskInterrupted, call.task, call.number, False, call.awaits)  # noqa: FBT003
        if not self._course.wall:  # The limit was raised meanwhile.
            self._course.redraw(self.state)

    def _expire(self, call: Call) -> None:
        if call not in self._crew:
            return
        with self.books:
            abandoned = self._crew.stop(call)
            error = TaskTimeout(call.task, self.settings.task_timeout or 0)
            self._fail(call, error, abandoned=abandoned)
            self._settle()

    def _fail(
        self, call: Call, error: BaseException, *, abandoned: bool = False
    ) -> None:
        id = call.task
        again = self._next_try(id, error)
        failure = Failure.of(error)
        if again is not None:
            wait, by = again
            self._emit(e.TaskRetried, id, call.number, failure, wait, abandoned, by)
            self._course.retried(self.state, id)
            return
        self.assignments.once.pop(id, None)
        self._emit(e.TaskFailed, id, call.number, failure, abandoned)
        reason = f"needs '{id}', which failed ({failure})"
        for blocked in self._course.failed(self.state, id):
            self._emit(e.TaskSkipped, blocked, id, reason)
        if self.settings.stops:
            self._leave_out(id)

    def _leave_out(self, failed: str) -> None:
        """Skip all that has not started, but what counts again as it is."""
        self._keep()
        for id in stop.left_out(self.state):
            self._emit(e.TaskSkipped, id, failed, stop.reason(failed))
        self._course.redraw(self.state)

    def _next_try(
        self, id: str, error: BaseException
    ) -> tuple[float, str | None] | None:
        """Return when the next try is, in seconds, and who takes over if one does."""
        if self.settings.stops and self.state.counts[TaskStatus.FAILED]:
            return None  # Nothing more starts.
        worker = self.assignments.worker(self.state, id)
        failures = self.state.tasks[id].failures + 1
        wait = next_wait(policy_of(worker, self.settings.retry), failures, error)
        if wait is not None:
            return wait, None
        by = self.assignments.next_one(self.state, id)
        return None if by is None else (told(error), by)

    def _attend(self, call: Call, engine: Any) -> None:
        if call in self._crew:
            call.stands_for = engine
            self._crew.be_patient(call)
            if self._course.halted:
                set_aside(call)

    def _look_up(self) -> None:
        """Let those go on who wait until nothing is on its way out."""
        with self.books:
            pass

    def _tell(self, call: Call, event: e.AttemptEvent) -> None:
        if not background.is_current():
            self._loop.call_soon_threadsafe(self._tell, call, event)
        elif call in self._crew:
            with self.books:
                self.books.enter(event)

    def _emit(self, kind: Callable[..., e.Event], *values: Any) -> None:
        self.books.enter(kind(time.time(), *values))
