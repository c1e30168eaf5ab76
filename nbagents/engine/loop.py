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
from collections.abc import Callable, Coroutine, Mapping
from contextvars import Context as Variables
from typing import Any

from nbagents.engine import background
from nbagents.engine import events as e
from nbagents.engine.attempt import Call, Loan, Outcome, Worker
from nbagents.engine.audience import Audience
from nbagents.engine.breakpoints import Breakpoints
from nbagents.engine.context import Context
from nbagents.engine.crew import Crew, Duties
from nbagents.engine.failure import Failure
from nbagents.engine.history import History
from nbagents.engine.lifecycle import WAITING_TASK, RunStatus, TaskStatus
from nbagents.engine.reporter import AttemptReporter
from nbagents.engine.schedule import THE_END, Frontier, Target
from nbagents.engine.settings import Settings
from nbagents.engine.state import RunState, apply
from nbagents.errors import TaskTimeout
from nbagents.graph import Plan


class Engine:
    """Runs one plan. Every method is called on the engine's thread.

    Attributes:
        state: Where the run stands.
        history: Every event so far that is kept.
        audience: Who is told of every event.
        breakpoints: Where it is to stop.
    """

    def __init__(
        self,
        created: e.RunCreated,
        agents: Mapping[str, Worker],
        settings: Settings,
        variables: Variables,
    ) -> None:
        self.state = RunState(created)
        self.history = History()
        self.history.append(created)
        self.audience = Audience()
        self.breakpoints = Breakpoints()
        self._agents = agents
        self._settings = settings
        self._loop = background.loop()
        duties = Duties(
            back=self._take_in, expired=self._expire, quiet=self._announce_stop
        )
        self._crew = Crew(self._loop, variables, settings.executor, duties)
        self._frontier: Frontier | None = None
        self._planning: asyncio.Task[Plan] | None = None
        self._halted = ""
        self._target, self._starts = THE_END, 0
        self._on_stop: list[Callable[[], None]] = []

    # What a person asks for.

    def go(self, target: Target = THE_END) -> None:
        """Start what `target` allows, until nothing is left of that."""
        self._aim(target)
        self._settle()

    def lend(self, id: str) -> Loan:
        """Begin one task whose work is done by the caller, on a thread of its own."""
        self._aim(Target(most=0, reason=f"stepped {id!r}"))
        loan = self._begun(id)
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

    def plan_and_go(self, planning: Coroutine[Any, Any, Plan]) -> None:
        """Wait for the plan, then go."""
        self._begin()
        self._planning = self._crew.spawn(planning)
        self._planning.add_done_callback(self._planned)

    def pause(self, reason: str) -> None:
        """Start nothing more; what is at work finishes, then the run is paused."""
        if self.state.status is RunStatus.RUNNING:
            self._halted = reason
            self._settle()

    def interrupt(self, reason: str) -> None:
        """Take away what is at work; its tasks wait to be started again."""
        if self.state.status is not RunStatus.RUNNING:
            return
        self._halted = reason
        self._conclude_all()
        for call, abandoned in self._crew.stop_all():
            self._emit(
                e.TaskInterrupted(time.time(), call.task, call.number, abandoned)
            )
        if self._planning is not None:
            self._planning.cancel()
        self._settle()

    def cancel(self, reason: str) -> None:
        """End the run now: nothing more starts, what is at work is stopped."""
        if self.state.status in (RunStatus.COMPLETED, RunStatus.FAILED):
            return
        self._halted = reason
        self._conclude_all()
        for call, abandoned in self._crew.stop_all():
            self._emit(e.TaskCancelled(time.time(), call.task, abandoned))
        for id, task in list(self.state.tasks.items()):
            if task.status in WAITING_TASK:
                self._emit(e.TaskCancelled(time.time(), id))
        if self._planning is not None:
            self._planning.cancel()
        if self.state.status is not RunStatus.CANCELLED:
            self._end(RunStatus.CANCELLED, reason)

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, at the next stop; at once if nothing is going on."""
        self._on_stop.append(callback)
        self._announce_stop()

    # The run as a whole.

    def _aim(self, target: Target) -> None:
        self._target, self._starts = target, 0
        self.breakpoints.let_through()
        self._begin()
        self._frontier = Frontier(self.state, target.within)

    def _begin(self) -> None:
        self._halted = ""
        self._emit(e.RunStarted(time.time()))
        if self._settings.companion is not None:
            self._crew.accompany(self._settings.companion)

    def _planned(self, planning: asyncio.Task[Plan]) -> None:
        self._planning = None
        error = None if planning.cancelled() else planning.exception()
        if self.state.status is not RunStatus.RUNNING:
            return  # It was cancelled meanwhile.
        if planning.cancelled():
            self._end(RunStatus.CANCELLED, self._halted or "planning was cancelled")
        elif error is not None:
            failure = Failure.of(error)
            self._end(RunStatus.FAILED, "the goal could not be planned", failure)
        else:
            self._emit(e.RunPlanned(time.time(), planning.result()))
            self._frontier = Frontier(self.state)
            self._settle()

    def _settle(self) -> None:
        """Start what may start; when nothing is going on any more, stop."""
        if self._frontier is None:
            return
        while self._frontier and self._may_start():
            id = self._frontier.pop()
            stepping = self._target.most is not None  # A step steps over them.
            if stepping or not self.breakpoints.before(self.state.plan[id]):
                self._launch(id)
                self._starts += 1
        if not self._crew and self.state.status is RunStatus.RUNNING:
            self._stop()

    def _may_start(self) -> bool:
        most = self._target.most
        room = len(self._crew) < self._settings.max_parallel
        halted = self._halted or self.breakpoints.stops_all
        return room and not halted and (most is None or self._starts < most)

    def _stop(self) -> None:
        counts = self.state.counts
        if counts[TaskStatus.PENDING] or counts[TaskStatus.STALE]:
            reason = self.breakpoints.reason or self._halted or self._target.reason
            self._emit(e.RunPaused(time.time(), reason))
            self._release()
        elif counts[TaskStatus.FAILED]:
            failed = counts[TaskStatus.FAILED]
            self._end(RunStatus.FAILED, f"{failed} of {len(self.state.plan)} failed")
        else:
            self._end(RunStatus.COMPLETED)

    def _end(
        self, status: RunStatus, reason: str = "", error: Failure | None = None
    ) -> None:
        self._emit(e.RunEnded(time.time(), status, reason, error))
        self._release()

    def _release(self) -> None:
        """Give back what the run held, and tell those who wait for its stop."""
        self._crew.dismiss()
        self._announce_stop()

    def _announce_stop(self) -> None:
        if self.state.status is RunStatus.RUNNING or not self._crew.is_quiet:
            return
        callbacks, self._on_stop = self._on_stop, []
        for callback in callbacks:
            callback()

    # One task.

    def _launch(self, id: str) -> None:
        self._crew.begin(self._begun(id), self._settings.task_timeout)

    def _begun(self, id: str) -> Loan:
        task, done = self.state.plan[id], self.state.tasks
        worker = self._agents[task.agent]
        call = Call(id, len(done[id].attempts) + 1)
        self._emit(e.TaskStarted(time.time(), id, call.number, worker.name))
        context = Context({need: done[need].result for need in task.dependencies})
        context.task, context.goal = id, self.state.plan.goal
        reporter = AttemptReporter(call, self._tell)
        return Loan(call, worker, task.description, context, reporter)

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
        self._emit(e.TaskCompleted(time.time(), call.task, call.number, outcome.result))
        held = self.breakpoints.after(self.state, self.state.plan[call.task])
        if not held and self._frontier is not None:
            self._frontier.completed(call.task)

    def _expire(self, call: Call) -> None:
        if call in self._crew:
            abandoned = self._crew.stop(call)
            error = TaskTimeout(call.task, self._settings.task_timeout or 0)
            self._fail(call, error, abandoned=abandoned)
            self._settle()

    def _fail(
        self, call: Call, error: BaseException, *, abandoned: bool = False
    ) -> None:
        failure = Failure.of(error)
        id = call.task
        self._emit(e.TaskFailed(time.time(), id, call.number, failure, abandoned))
        reason = f"needs '{id}', which failed ({failure})"
        lost = [] if self._frontier is None else self._frontier.failed(id)
        for blocked in lost:
            self._emit(e.TaskSkipped(time.time(), blocked, id, reason))

    def _tell(self, call: Call, event: e.AttemptEvent) -> None:
        if not background.is_current():
            self._loop.call_soon_threadsafe(self._tell, call, event)
        elif call in self._crew:
            self._emit(event)

    def _emit(self, event: e.Event) -> None:
        if not isinstance(event, e.Progress):
            apply(self.state, event)
            self.history.append(event)
        self.audience.tell(event)
