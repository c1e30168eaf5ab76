"""The loop that runs a plan: the one part of the engine that knows asyncio.

It starts a task the moment its own dependencies are done, takes in what comes
back, and emits events; what may start is asked of `schedule`, what an event
means is left to `state`. Everything here happens on the engine's thread and
none of it waits: completions call back, so a run costs nothing while its agents
work. Other threads reach it through `background.post`.

Not here: how an agent is called, timed and stopped (`crew`), how anything looks.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextvars import Context as Variables
from dataclasses import replace
from typing import Any

from nbagents.engine import background, keys
from nbagents.engine import events as e
from nbagents.engine.assignments import Assignments
from nbagents.engine.attempt import Call, Loan, Outcome, Worker
from nbagents.engine.books import Books
from nbagents.engine.course import Course
from nbagents.engine.crew import Crew, Duties
from nbagents.engine.draft import Draft
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import WAITING_TASK, RunStatus
from nbagents.engine.rest import at_rest
from nbagents.engine.schedule import THE_END, Aim, Target
from nbagents.engine.settings import Settings
from nbagents.engine.state import RunState
from nbagents.errors import TaskTimeout
from nbagents.graph import Plan

Planned = tuple[Plan, Mapping[str, Worker]]
"""What comes of planning a goal: the plan, and agents that it needs besides."""


def to_the_end(_: RunState, __: Collection[str]) -> Target:
    """Go on until nothing is left to start."""
    return THE_END


class Engine:
    """Runs one plan. Every method is called on the engine's thread.

    Attributes:
        books: What happened, and who is told of it.
        state: Where the run stands, as the books have it.
        assignments: Who does the work.
        breakpoints: Where it is to stop.
        settings: How it is run.
    """

    def __init__(
        self,
        history: Iterable[e.Event],
        assignments: Assignments,
        settings: Settings,
        variables: Variables,
    ) -> None:
        self.books = Books(history)
        self.state = self.books.state
        self.assignments = assignments
        self.settings = settings
        self._loop = background.loop()
        duties = Duties(
            back=self._take_in, expired=self._expire, quiet=self._announce_stop
        )
        self._crew = Crew(self._loop, variables, settings.executor, duties)
        self._course = Course()
        self.breakpoints = self._course.breakpoints
        self._planning: asyncio.Task[Planned] | None = None

    # What a person asks for.

    def go(self, aim: Aim = to_the_end) -> None:
        """Start what `aim` says, until nothing is left of that."""
        self._set_off(aim)
        self._settle()

    def lend(self, aim: Aim) -> Loan | None:
        """Begin one task whose work is done by the caller; `None` if none need be."""
        target = self._set_off(lambda *where: replace(aim(*where), most=0))
        if target.within is None:
            self._settle()
            return None
        loan = self._begun(*target.within)
        self._crew.lend(loan.call)
        return loan

    def take_back(self, call: Call, outcome: Outcome | None) -> None:
        """Take what came of a loan; `None` when its work was interrupted."""
        if call not in self._crew:
            return  # The run was cancelled meanwhile.
        if outcome is None:
            self.interrupt("you interrupted it")
            return
        self._crew.stop(call)
        self._conclude(call, outcome)
        self._settle()

    def plan_and_go(self, planning: Coroutine[Any, Any, Planned]) -> None:
        """Wait for the plan, then go."""
        self._begin()
        self._planning = self._crew.spawn(planning)
        self._planning.add_done_callback(self._planned)

    def commit(self, draft: Draft) -> None:
        """Let happen what a person changed; a run that is running goes on with it."""
        for event in draft.events:
            self.books.enter(event)
        if self._course.is_set and self.books.is_running:
            self._course.redraw(self.state)
            self._settle()

    @property
    def is_planning(self) -> bool:
        """Whether its goal is still being planned."""
        return self._planning is not None

    def pause(self, reason: str) -> None:
        """Start nothing more; what is at work finishes, then the run is paused."""
        if self.books.is_running:
            self._course.halted = reason
            self._settle()

    def interrupt(self, reason: str) -> None:
        """Take away what is at work; its tasks wait to be started again."""
        if not self.books.is_running:
            return
        self._course.halted = reason
        self._conclude_all()
        for call, abandoned in self._crew.stop_all():
            self._emit(e.TaskInterrupted, call.task, call.number, abandoned)
        if self._planning is not None:
            self._planning.cancel()
        self._settle()

    def cancel(self, reason: str) -> None:
        """End the run now: nothing more starts, what is at work is stopped."""
        if self.state.status in (RunStatus.COMPLETED, RunStatus.FAILED):
            return
        self._course.halted = reason
        self._conclude_all()
        for call, abandoned in self._crew.stop_all():
            self._emit(e.TaskCancelled, call.task, abandoned)
        for id, task in list(self.state.tasks.items()):
            if task.status in WAITING_TASK:
                self._emit(e.TaskCancelled, id)
        if self._planning is not None:
            self._planning.cancel()
        if self.state.status is not RunStatus.CANCELLED:
            self._end(RunStatus.CANCELLED, reason)

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, at the next stop; at once if nothing is going on."""
        self.books.when_stopped(callback)
        self._announce_stop()

    # The run as a whole.

    def _set_off(self, aim: Aim) -> Target:
        """Take up what waits, up to the target; raises before anything changed."""
        draft = Draft(self.state, self.assignments.digest, time.time())
        draft.take_up()
        draft.keep()
        target = aim(draft.after, draft.kept)
        self.commit(draft)
        self._begin()
        self._course.aim(target, self.state)
        return target

    def _begin(self) -> None:
        self._course.halted = ""
        self._emit(e.RunStarted)
        if self.settings.companion is not None:
            self._crew.accompany(self.settings.companion)

    def _planned(self, planning: asyncio.Task[Planned]) -> None:
        self._planning = None
        error = None if planning.cancelled() else planning.exception()
        if not self.books.is_running:
            return  # It was cancelled meanwhile.
        if planning.cancelled():
            self._end(
                RunStatus.CANCELLED, self._course.halted or "planning was cancelled"
            )
        elif error is not None:
            failure = Failure.of(error)
            self._end(RunStatus.FAILED, "the goal could not be planned", failure)
        else:
            plan, workers = planning.result()
            staff = self.assignments.staff.joined(workers)
            self.assignments.change(staff, len(self.books.history))
            self._emit(e.RunPlanned, plan)
            self._course.redraw(self.state)
            self._settle()

    def _settle(self) -> None:
        """Start what may start; when nothing is going on any more, stop."""
        if not self._course.is_set:
            return
        while len(self._crew) < self.settings.max_parallel:
            id = self._course.next(self.state, self._keep)
            if id is None:
                break
            self._crew.begin(self._begun(id), self.settings.task_timeout)
        if not self._crew and self.books.is_running:
            self._stop()

    def _keep(self, id: str) -> bool:
        """Let a stale result count again, where it would come out the same."""
        same = keys.unchanged(self.state, id, self.assignments.digest)
        if same:
            self._emit(e.TaskKept, id)
        return same

    def _stop(self) -> None:
        for id in keys.to_keep(self.state, self.assignments.digest):
            self._emit(e.TaskKept, id)
        self.books.enter(at_rest(self.state, time.time(), self._course.reason))
        self._release()

    def _end(
        self, status: RunStatus, reason: str = "", error: Failure | None = None
    ) -> None:
        self._emit(e.RunEnded, status, reason, error)
        self._release()

    def _release(self) -> None:
        """Give back what the run held, and tell those who wait for its stop."""
        self._crew.dismiss()
        self._announce_stop()

    def _announce_stop(self) -> None:
        if self._crew.is_quiet and not self.books.is_running:
            self.books.announce_stop()

    # One task.

    def _begun(self, id: str) -> Loan:
        loan = self.assignments.loan(self.state, id, self._tell)
        asked = loan.description
        other = None if asked == self.state.plan[id].description else asked
        number, name = loan.call.number, loan.worker.name
        self.books.enter(e.TaskStarted(time.time(), id, number, name, other))
        return loan

    def _take_in(self) -> None:
        self._conclude_all()
        self._settle()

    def _conclude_all(self) -> None:
        for call, outcome in self._crew.collect():
            self._conclude(call, outcome)

    def _conclude(self, call: Call, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._fail(call, outcome.error)
            return
        result, digest = outcome.result, outcome.digest
        self.assignments.once.pop(call.task, None)
        now, id = time.time(), call.task
        self.books.enter(e.TaskCompleted(now, id, call.number, result, digest))
        self._course.completed(self.state, call.task)

    def _expire(self, call: Call) -> None:
        if call in self._crew:
            abandoned = self._crew.stop(call)
            error = TaskTimeout(call.task, self.settings.task_timeout or 0)
            self._fail(call, error, abandoned=abandoned)
            self._settle()

    def _fail(
        self, call: Call, error: BaseException, *, abandoned: bool = False
    ) -> None:
        failure = Failure.of(error)
        id = call.task
        self.assignments.once.pop(id, None)
        self._emit(e.TaskFailed, id, call.number, failure, abandoned)
        reason = f"needs '{id}', which failed ({failure})"
        for blocked in self._course.failed(self.state, id):
            self._emit(e.TaskSkipped, blocked, id, reason)

    def _tell(self, call: Call, event: e.AttemptEvent) -> None:
        if not background.is_current():
            self._loop.call_soon_threadsafe(self._tell, call, event)
        elif call in self._crew:
            self.books.enter(event)

    def _emit(self, kind: Callable[..., e.Event], *values: Any) -> None:
        self.books.enter(kind(time.time(), *values))
