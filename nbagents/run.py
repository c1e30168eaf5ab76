"""Run: one execution of a plan, to hold and to steer.

A run is a handle: it reads snapshots of the engine's state and posts what a
person asks for to the engine's thread. It decides nothing itself, so a verb
typed in a cell and one that comes from a picture are the same thing.
"""

import contextvars
import secrets
import time
from collections.abc import Callable
from types import EllipsisType
from typing import Any
from weakref import WeakValueDictionary

from nbagents.engine import background, breakpoints, changes, stops, verbs
from nbagents.engine.breakpoints import Breakpoint, Hold, When
from nbagents.engine.inline import perform_here
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.loop import Engine
from nbagents.engine.run_approvals import RunApprovals
from nbagents.engine.view import TaskView


class Run(RunApprovals):
    """One execution of a plan. Get one from `Orchestrator.run()` or `.start()`.

    In a cell a bare run is its drawing, each task by colour and symbol.
    `run["id"]` is one task; `await run` waits for the next stop and gives the
    run back. Everything it shows is a snapshot and safe to read from any thread.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        _OPEN[self.id] = engine

    def pause(self, *, wait: bool = True) -> "Run":
        """Start nothing more, wait for what is at work, and return the run.

        An agent or a listener of this very run does not wait, with this as with any
        verb: the run waits for them.

        Args:
            wait: `False` returns at once; the run pauses when what is at work is done.

        Raises:
            RunStateError: The run is not running.
        """
        return self._ask(self._pause, wait=wait)

    def step(
        self,
        task: str | None = None,
        *,
        wait: bool = True,
        inline: bool = False,
        into: bool = False,
    ) -> "Run":
        """Execute one task, stop again, and return the run.

        With `inline` the agent runs in this very thread, so that `breakpoint()`,
        `%debug`, `%%time`, prints and plots work as in code of one's own. What it
        raises is recorded and raised here; there is no time limit.

        Args:
            task: Id of a task whose dependencies are completed; `None` takes the
                one that would start first.
            wait: `False` returns at once; with `inline` or `into` it is no different.
            inline: Execute it in the caller's thread.
            into: Where its agent is a team, return when the run of that stands before
                its first task: `run.inner("id")[-1].step()`. Until that run has ended
                the task is running.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The run is running or has ended, or the task still needs
                others or is finished.
        """
        if inline:
            return self._step_here(task)
        if into:
            return self._step_into(verbs.step(task))
        return self._go(verbs.step(task), wait=wait)

    def resume(self, *, until: str | None = None, wait: bool = True) -> "Run":
        """Go on from where the run stopped, and return it at the next stop.

        What is stale runs again, unless what it is made from is what it was. A run
        that was cancelled is taken up again; one that is completed stays as it is.

        Args:
            until: Id of a task to stop after; only it and what it depends on
                start. `None` goes on to the end.
            wait: `False` returns at once.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The run is running or failed, or the task is finished.
        """
        if until is None and self.status is RunStatus.COMPLETED:
            return self
        if self._engine.has_to_plan and self.status in _MAY_PLAN:
            return self.begin(wait=wait)  # It was stopped before there was a plan.
        return self._go(verbs.resume(until), wait=wait)

    def break_at(
        self, name: str, *, when: When = "before", hold: Hold | None = None
    ) -> Breakpoint:
        """Stop at a task, or at every task of an agent, and return the breakpoint.

        Args:
            name: Id of a task or name of an agent.
            when: `"before"` it starts, `"after"` it is completed, or at its
                `"failure"`.
            hold: `"branch"` holds it and what depends on it, and everything beside
                goes on; `"run"` stops everything. `None` is the branch, but at a
                failure the run: what needs the failed task cannot go on anyway.

        Raises:
            UnknownTaskError: No task and no agent of the plan has that name.
            ValueError: `when` or `hold` is none of its words.
        """
        point = breakpoints.breakpoint_at(self.state, name, when, hold)
        self._mark(self._engine.breakpoints.add, point)
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
        self._mark(self._engine.breakpoints.add, point)
        return point

    def break_on_failure(self, *, hold: Hold = "run") -> Breakpoint:
        """Stop when any task fails, and return the breakpoint.

        Args:
            hold: `"run"` stops everything; with `"branch"` everything goes on that
                can, and the run says at its end where it would have stopped.

        Raises:
            ValueError: `hold` is none of its words.
        """
        point = breakpoints.breakpoint_on_failure(hold)
        self._mark(self._engine.breakpoints.add, point)
        return point

    def clear(self, at: str | Breakpoint | None = None) -> None:
        """Remove the breakpoints at a task or an agent, or one; `None` removes all.

        Raises:
            UnknownTaskError: No task, no agent and no breakpoint is that.
        """
        points = self._engine.breakpoints
        known = {point.at for point in points.points}
        named = at is not None and at not in points.points
        if named and not (isinstance(at, str) and at in known):
            breakpoints.require_place(self.state, at)
        self._mark(points.clear, at)

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The breakpoints that are set, in the order they were set."""
        return self._engine.breakpoints.points

    def limit(
        self,
        *,
        tasks: int | EllipsisType | None = ...,
        calls: int | EllipsisType | None = ...,
        tokens: int | EllipsisType | None = ...,
        cost: float | EllipsisType | None = ...,
        seconds: float | EllipsisType | None = ...,
        repeats: int | EllipsisType | None = ...,
    ) -> "Run":
        """Change what the run may use, and return it.

        Only the limits that are given change; `None` takes one away. They count what
        the run has used from its beginning, see `Limits`. A run that is running goes on
        under them; one that has paused waits for `resume()`.

        Raises:
            ValueError: A limit is no number from 0 to 10**15.

        Example:
            >>> run.limit(cost=2.0).resume()  # doctest: +SKIP
        """
        values = (tasks, calls, tokens, cost, seconds, repeats)
        names = ("tasks", "calls", "tokens", "cost", "seconds", "repeats")
        given = zip(names, values, strict=True)
        changed = {name: value for name, value in given if value is not ...}
        background.ask(changes.limit, self._engine, changed)
        self._refresh()
        return self

    def cancel(self, *, wait: bool = True) -> "Run":
        """End the run: nothing more starts, and what is at work is stopped.

        A plain function cannot be stopped; it is left behind, and what it
        returns is dropped. A run that has ended stays as it is.

        Args:
            wait: `False` returns at once, without waiting for agents that were
                stopped to leave their `finally`.
        """
        background.ask(self._engine.cancel, "you cancelled it")
        if wait and not stops.is_within(self._engine):
            stops.wait(self._engine)
        return self

    def fork(self) -> "Run":
        """Return a run of its own that has done what this one has done.

        Neither changes the other from here on; their results so far are shared, and
        what is at work in this one waits to be started in the other. Breakpoints
        come along. To see what became of both: `compare(run, other)`.

        Raises:
            RunStateError: The goal is still being planned.
        """
        variables, recorder = contextvars.copy_context(), self._engine.books.recorder
        engine = background.ask(changes.fork, self._engine, new_id(), variables)
        if recorder is not None:
            # Here and not on the engine's thread: there may be much to write.
            history = tuple(engine.books.history)
            engine.books.recorder = recorder.another(history, engine.state)
        return Run(engine)

    # Between this thread and the engine's.

    def begin(self, *, wait: bool) -> "Run":
        """Show it and start it; `Orchestrator` does this once for a run it starts."""
        with stops.interruptible(self._engine):
            self.show_in_cell()
            background.post(self._engine.begin)
            return self._finish() if wait else self

    def _mark(self, change: Callable[..., None], *values: Any) -> None:
        background.ask(self._engine.mark, change, *values)

    def _pause(self) -> None:
        verbs.require(self.state, "pause", RunStatus.RUNNING)
        self._engine.pause("you paused it")

    def _step_here(self, task: str | None) -> "Run":
        engine = self._engine
        with stops.interruptible(engine):
            loan = background.ask(engine.lend, verbs.step(task))
            if loan is None:
                return self._finish()
            outcome = None
            try:
                outcome = perform_here(loan, self.id)
            finally:
                background.ask(engine.take_back, loan.call, outcome)
                _ = self._finish()
        if outcome.error is not None and not loan.call.awaits:
            raise outcome.error
        return self


_MAY_PLAN = (RunStatus.PLANNED, RunStatus.PAUSED, RunStatus.CANCELLED)

_OPEN: WeakValueDictionary[str, Engine] = WeakValueDictionary()
"""The runs of this kernel that somebody still holds, by id."""


def open_run(place: str, id: str) -> Run | None:
    """Return the run of that id, recorded there, if this kernel has it."""
    engine = _OPEN.get(id)
    recorder = None if engine is None else engine.books.recorder
    here = recorder is not None and recorder.place == place
    return Run(engine) if engine is not None and here else None


def step_down(run: Run, error: BaseException) -> bool:
    """Have a run whose goal could not be planned begin with something simpler."""
    engine = run._engine  # noqa: SLF001 - it is of this very module
    return bool(background.ask(engine.step_down, error))


def new_id() -> str:
    """Return an id for a run: when it was made, and eight digits by chance."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
