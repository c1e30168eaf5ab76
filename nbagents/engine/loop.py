"""The loop that runs a plan, as a person steers it.

Everything here happens on the engine's thread and none of it waits; other threads
reach it through `background.post` and `background.ask`. What a verb does is done in
one turn of the books.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from nbagents.engine import degrading, nested, partial
from nbagents.engine import events as e
from nbagents.engine.attempt import Call, Loan, Outcome, Worker
from nbagents.engine.draft import Draft
from nbagents.engine.failure import Failure
from nbagents.engine.flow import Flow
from nbagents.engine.fold import apply
from nbagents.engine.lifecycle import WAITING_TASK, RunStatus
from nbagents.engine.limits import Limits
from nbagents.engine.schedule import THE_END, Aim, Target
from nbagents.engine.spending import out_of_time
from nbagents.engine.staff import Staff
from nbagents.engine.state import RunState
from nbagents.graph import Plan

Planned = tuple[Plan, Mapping[str, Worker]]
"""What comes of planning a goal: the plan, and agents that it needs besides."""

Planning = Callable[[], Coroutine[Any, Any, Planned]]
"""Plans the goal of a run."""


def to_the_end(_: RunState, __: Collection[str]) -> Target:
    """Go on until nothing is left to start."""
    return THE_END


class Engine(Flow):
    """Runs one plan. Every method is called on the engine's thread."""

    _planning: asyncio.Task[Planned] | None = None

    plan_goal: Planning | None = None
    """Plans the goal of a run that has no plan yet; `None` where that is not needed."""

    # What a person asks for.

    def go(self, aim: Aim = to_the_end) -> None:
        """Start what `aim` says, until nothing is left of that."""
        with self.books:
            self._set_off(aim)
            self._settle()

    def go_on(self) -> None:
        """Go on with what the run was told last: as far as it was to go then."""
        target = self._course.target
        self.go(lambda *_: target)

    def step_into(self, aim: Aim, arrived: Callable[[], None]) -> None:
        """Start one task as `aim` says; where its agent is a team, stop within it.

        Args:
            aim: What is to start.
            arrived: Called when the inner run stands before its first task, or this
                one stands.
        """
        with self.books:
            self.go(aim)
            for call in self._crew.at_work:
                call.arrived = arrived
            self.books.when_stopped(arrived)

    def lend(self, aim: Aim) -> Loan | None:
        """Begin one task whose work is done by the caller; `None` if none need be."""
        with self.books:
            target = self._set_off(lambda *where: replace(aim(*where), most=0))
            if target.within is None or self._is_walled():
                self._settle()
                return None
            if self._is_settled(*target.within):
                self._course.redraw(self.state)
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
            nested.stop(call)
            self.interrupt("you interrupted it")
            return
        with self.books:
            self._crew.stop(call)
            self._conclude(call, outcome)
            self._settle()

    @property
    def has_to_plan(self) -> bool:
        """Whether there is a goal without a plan yet."""
        return self.plan_goal is not None and not self.state.tasks

    def begin(self) -> None:
        """Go to the end; where there is no plan yet, have one made first."""
        if self.plan_goal is None or self.state.tasks:
            self.go()
            return
        with self.books:
            self._begin()
        self._planning = self._crew.spawn(self.plan_goal())
        self._planning.add_done_callback(self._planned)

    def commit(self, draft: Draft, staff: Staff | None = None, since: int = 0) -> None:
        """Let happen what a person changed; a run that is running goes on with it.

        Args:
            draft: What is to happen.
            staff: Who does the work then; `None` leaves that as it is.
            since: After how many events of the history.

        Raises:
            JournalError: It cannot be recorded, so nothing has happened.
        """
        with self.books:
            plan = self.state.plan
            self.books.enter_all(draft.events, draft.after)
            self.assignments.take_note(plan, draft.events)
            if staff is not None:
                self.assignments.change(staff, since)
            if self._course.is_set and self.books.is_running:
                self._course.redraw(self.state)
                self._settle()
        self.nested.nudge()

    def draft(self, now: float) -> Draft:
        """Return a draft of a change, from where the run stands."""
        digest, stops = self.assignments.digest, self.settings.stops
        return Draft(self.state, digest, now, stops=stops)

    def limit(self, limits: Limits) -> None:
        """Have `limits` hold; a run that is running goes on where they let it."""
        with self.books:
            changed = e.LimitsChanged(time.time(), limits)
            after = self.state.copy()
            apply(after, changed)
            self.books.enter_all([changed], after)
            self._gate.change(limits)
            self._course.wall = ""
            self._deadline.set()
            if self._course.is_set and self.books.is_running:
                self._course.redraw(self.state)
                self._settle()

    def mark(self, change: Callable[..., None], *values: Any) -> None:
        """Have `change` done to the breakpoints, and tell of it if it did anything."""
        with self.books:
            before = len(self.breakpoints.points)
            change(*values)
            if len(self.breakpoints.points) != before:
                self._emit(e.BreakpointsChanged)

    @property
    def is_planning(self) -> bool:
        """Whether its goal is still being planned."""
        return self._planning is not None

    def pause(self, reason: str) -> None:
        """Start nothing more; what is at work finishes, then the run is paused."""
        if self.books.is_running:
            with self.books:
                self._course.halted = reason
                for call in self._crew.at_work:
                    nested.set_aside(call)
                self._settle()

    def interrupt(self, reason: str) -> None:
        """Take away what is at work; its tasks wait to be started again."""
        if not self.books.is_running:
            return
        with self.books:
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
        with self.books:
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
        with self.books:
            self.books.when_stopped(callback)

    # The run as a whole.

    def _set_off(self, aim: Aim) -> Target:
        """Take up what waits, up to the target; raises before anything changed."""
        draft = self.draft(time.time())
        draft.take_up()
        draft.keep()
        target = aim(draft.after, draft.kept)
        draft.drop(partial.in_the_way(draft.after))
        self.commit(draft)
        self._begin()
        self._course.aim(target, self.state)
        return target

    def _begin(self) -> None:
        self._course.halted = self._course.wall = ""
        self._emit(e.RunStarted)
        self._gate.open()
        self.nested.nudge()
        self._deadline.set()
        if self.settings.companion is not None:
            self._crew.accompany(self.settings.companion)

    def _time_is_up(self) -> None:
        # Planning has nothing to come back to, and who steps inline sits in a debugger.
        if self.is_planning or self._crew.has_lent or not self.books.is_running:
            return
        wall = str(out_of_time(self.state, time.time()) or "")
        with self.books:
            self._course.wall = wall
            self.interrupt(wall)

    def step_down(self, error: BaseException) -> bool:
        """Go on with something simpler than a plan, if there is anything."""
        state, now = self.state, time.time()
        planned = degrading.instead_of_plan(state, self.settings, error, now)
        if planned is None:
            return False
        with self.books:
            self.books.enter(planned)
        return True

    def _planned(self, planning: asyncio.Task[Planned]) -> None:
        self._planning = None
        error = None if planning.cancelled() else planning.exception()
        if self.books.is_running:  # It may have been cancelled meanwhile.
            with self.books:
                self._take_plan(planning, error)

    def _take_plan(
        self, planning: asyncio.Task[Planned], error: BaseException | None
    ) -> None:
        if planning.cancelled():
            reason = self._course.halted or "planning was cancelled"
            self._end(RunStatus.CANCELLED, reason)
        elif error is not None and self.step_down(error):
            self._course.redraw(self.state)
            self._settle()
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
