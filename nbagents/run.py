"""Run: one execution of a plan, to hold and to steer.

A run is a handle: it reads snapshots of the engine's state and posts what a
person asks for to the engine's thread. It decides nothing itself, so a verb
typed in a cell and one that comes from a picture are the same thing.
"""

import contextvars
import secrets
import time
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import Any

from nbagents import showing
from nbagents.engine import background, breakpoints, stops, verbs
from nbagents.engine import events as e
from nbagents.engine.attempt import Worker
from nbagents.engine.breakpoints import Breakpoint, Hold, When
from nbagents.engine.inline import perform_here
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.loop import Engine
from nbagents.engine.moment import Moment, moment
from nbagents.engine.run_view import RunView
from nbagents.engine.schedule import Target
from nbagents.engine.settings import Settings
from nbagents.engine.state import RunState
from nbagents.engine.view import TaskView
from nbagents.graph import Plan

Planning = Callable[[], Coroutine[Any, Any, Plan]]


class Run(RunView):
    """One execution of a plan. Get one from `Orchestrator.run()` or `.start()`.

    In a cell a bare run is its drawing, each task by colour and symbol.
    `run["id"]` is one task; `await run` waits for the next stop and gives the
    run back. Everything it shows is a snapshot and safe to read from any thread.
    """

    def __init__(
        self,
        plan: Plan,
        agents: Mapping[str, Worker],
        settings: Settings,
        *,
        planning: Planning | None = None,
        model: str | None = None,
        simulated: bool = False,
    ) -> None:
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        self.id = f"{stamp}-{secrets.token_hex(2)}"
        created = e.RunCreated(now, self.id, plan, model, simulated)
        # Agents print into the cell that made the run: it is in these variables.
        variables = contextvars.copy_context()
        self._engine = Engine(created, agents, settings, variables)
        self._planning = planning
        self._view: showing.LiveView | None = None

    def wait(self, timeout: float | None = None) -> "Run":
        """Block until the run stops, and return it.

        An interrupt pauses the run: what was at work starts again on `resume()`.

        Args:
            timeout: Seconds; `None` waits for as long as it takes.

        Raises:
            TimeoutError: It is still running after `timeout` seconds.
            PlanError: The model's plan for the goal cannot run.
            ModelError: The model could not be asked for a plan.
        """
        with stops.interruptible(self._engine):
            return self._finish(timeout)

    def pause(self) -> "Run":
        """Start nothing more, wait for what is at work, and return the run.

        Raises:
            RunStateError: The run is not running.
        """
        with stops.interruptible(self._engine):
            background.ask(self._pause)
            return self._finish()

    def step(
        self, task: str | None = None, *, wait: bool = True, inline: bool = False
    ) -> "Run":
        """Execute one task, stop again, and return the run.

        With `inline` the agent runs in this very thread, so that `breakpoint()`,
        `%debug`, `%%time`, prints and plots work as in code of one's own. What it
        raises is recorded and raised here; there is no time limit.

        Args:
            task: Id of a task whose dependencies are completed; `None` takes the
                one that would start first.
            wait: `False` returns at once; with `inline` it makes no difference.
            inline: Execute it in the caller's thread.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The run is running or has ended, or the task still needs
                others or is finished.
        """
        if inline:
            return self._step_here(task)
        return self._go(lambda: verbs.step_target(self.state, task), wait=wait)

    def resume(self, *, until: str | None = None, wait: bool = True) -> "Run":
        """Go on from where the run stopped, and return it at the next stop.

        Args:
            until: Id of a task to stop after; only it and what it depends on
                start. `None` goes on to the end.
            wait: `False` returns at once.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The run is running or has ended, or the task is finished.
        """
        return self._go(lambda: verbs.resume_target(self.state, until), wait=wait)

    def break_at(
        self, name: str, *, when: When = "before", hold: Hold = "branch"
    ) -> Breakpoint:
        """Stop at a task, or at every task of an agent, and return the breakpoint.

        Args:
            name: Id of a task or name of an agent.
            when: `"before"` it starts, or `"after"` it is completed.
            hold: `"branch"` holds it and what depends on it, and everything beside
                goes on; `"run"` stops everything.

        Raises:
            UnknownTaskError: No task and no agent of the plan has that name.
            ValueError: `when` or `hold` is none of its words.
        """
        point = breakpoints.breakpoint_at(self.state, name, when, hold)
        background.ask(self._engine.breakpoints.add, point)
        return point

    def break_when(
        self, condition: Callable[[TaskView], Any], *, hold: Hold = "branch"
    ) -> Breakpoint:
        """Stop after any task for which `condition` is true; return the breakpoint.

        Args:
            condition: Asked with each completed task as a `TaskView`, such as
                `lambda task: task.cost > 0.05` (US dollars). One that raises
                stops, too, as this does when the cost is `None`: not known.
            hold: As for `break_at`.

        Raises:
            TypeError: `condition` cannot be called.
            ValueError: `hold` is none of its words.
        """
        point = breakpoints.breakpoint_when(condition, hold)
        background.ask(self._engine.breakpoints.add, point)
        return point

    def clear(self, name: str | None = None) -> None:
        """Remove the breakpoints at a task or an agent; `None` removes all."""
        background.ask(self._engine.breakpoints.clear, name)

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The breakpoints that are set, in the order they were set."""
        return self._engine.breakpoints.points

    def cancel(self) -> "Run":
        """End the run: nothing more starts, and what is at work is stopped.

        A plain function cannot be stopped; it is left behind, and what it
        returns is dropped. A run that has ended stays as it is.
        """
        background.ask(self._engine.cancel, "you cancelled it")
        stops.wait(self._engine)
        return self

    def __await__(self) -> Generator[Any, None, "Run"]:
        return self._awaited().__await__()

    @property
    def state(self) -> RunState:
        """The state of the run; each task in it is a frozen record."""
        return self._engine.state

    @property
    def history(self) -> tuple[e.Event, ...]:
        """Everything that happened, in order."""
        return tuple(self._engine.history)

    @property
    def progress(self) -> Mapping[str, e.Progress]:
        """The latest word of each task, by id."""
        return dict(self._engine.audience.progress)

    def at(self, moment_of: str | e.Event) -> Moment:
        """Return the run as it was, to read: the run itself stays where it is.

        Args:
            moment_of: Id of a task, for the moment when it last ended, or an event
                of `run.history`, for the moment right after it.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The task has not ended yet.
            ValueError: The event did not happen in this run.
        """
        return moment(self.history, self.plan, moment_of)

    def subscribe(self, listener: Callable[[e.Event], None]) -> Callable[[], None]:
        """Have `listener` called with every event from now on.

        It is called on the engine's thread and must be quick; one that raises is
        logged and dropped.

        Returns:
            A function that ends it.
        """
        background.ask(self._engine.audience.listen, listener)
        return lambda: background.post(self._engine.audience.ignore, listener)

    # Between this thread and the engine's.

    def show(self) -> None:
        """Show it live in this cell; outside a notebook this does nothing."""
        self._view = showing.live(self)

    def begin(self, *, wait: bool) -> "Run":
        """Show it and start it; `Orchestrator` does this once for a run it starts."""
        with stops.interruptible(self._engine):
            self.show()
            if self._planning is None:
                background.post(self._engine.go)
            else:
                planning, self._planning = self._planning, None
                background.post(lambda: self._engine.plan_and_go(planning()))
            return self._finish() if wait else self

    def _go(self, target: Callable[[], Target], *, wait: bool) -> "Run":
        with stops.interruptible(self._engine):
            # Where the run stands is looked at on the thread that moves it.
            background.ask(lambda: self._engine.go(target()))
            return self._finish() if wait else self

    def _pause(self) -> None:
        verbs.require(self.state, "pause", RunStatus.RUNNING)
        self._engine.pause("you paused it")

    def _step_here(self, task: str | None) -> "Run":
        engine = self._engine
        loan = background.ask(lambda: engine.lend(verbs.next_step(self.state, task)))
        outcome = None
        try:
            outcome = perform_here(loan)
        finally:
            background.ask(engine.take_back, loan.call, outcome)
            stops.wait(engine)
            self._stopped()
        if outcome.error is not None:
            raise outcome.error
        return self

    def _finish(self, timeout: float | None = None) -> "Run":
        stops.wait(self._engine, timeout)
        self._stopped()
        return self

    async def _awaited(self) -> "Run":
        await stops.waited(self._engine)
        self._stopped()
        return self

    def _stopped(self) -> None:
        """Complete the picture, and raise what kept the goal from being planned."""
        if self._view is not None:
            self._view.refresh()
        failure = self.state.error
        if failure is not None and failure.exception is not None:
            raise failure.exception
