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
from nbagents.engine import background, metrics, stops
from nbagents.engine import events as e
from nbagents.engine.attempt import Worker
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.loop import Engine, Settings
from nbagents.engine.state import RunState
from nbagents.engine.view import TaskView, TaskViews
from nbagents.errors import RunStateError
from nbagents.graph import Plan

Planning = Callable[[], Coroutine[Any, Any, Plan]]


class Run:
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

    # What came of it.

    @property
    def result(self) -> Any:
        """The answer: the result of the task that nothing depends on.

        A dict by id when there are several such tasks; `None` until the run is
        completed. What a failed run did complete is in `partial_results`.
        """
        if self.status is not RunStatus.COMPLETED:
            return None
        results = {id: self.state.tasks[id].result for id in self.plan.sinks}
        return next(iter(results.values())) if len(results) == 1 else results or None

    @property
    def success(self) -> bool:
        """Whether every task is completed."""
        return self.status is RunStatus.COMPLETED

    @property
    def status(self) -> RunStatus:
        """Where the run stands: `"running"`, `"completed"`, `"failed"`, ..."""
        return self.state.status

    @property
    def reason(self) -> str:
        """Why the run stopped, as a sentence; empty while it runs."""
        return self.state.reason

    @property
    def tasks(self) -> TaskViews:
        """Every task as it stands now, in the order of the plan."""
        return TaskViews(self.state)

    @property
    def partial_results(self) -> dict[str, Any]:
        """The results of the completed tasks, by id."""
        return {
            id: task.result
            for id, task in self.state.tasks.items()
            if task.status is TaskStatus.COMPLETED
        }

    @property
    def metrics(self) -> dict[str, Any]:
        """The run in figures.

        `start` and `end` in seconds since the epoch, `duration_seconds`,
        `tasks_total`, `tasks_completed`, `tasks_failed`, `success_rate` from 0
        to 1, and `total_tokens` over all attempts.
        """
        return metrics.metrics(self.state)

    @property
    def trace(self) -> list[dict[str, Any]]:
        """One plain dict for each attempt: task, agent, times, tokens, error."""
        return metrics.trace(self.state)

    def summary(self) -> dict[str, Any]:
        """Return the run as one plain dict.

        Always `success`, `metrics` and `trace`. Of a completed run also `result`
        and `tasks_completed` (how many). Otherwise `reason`, `completed` (ids),
        `failed` (id to error), `skipped` (id to the reason, which names the task
        that failed) and `partial_results` (id to result).
        """
        return metrics.summary(self.state, self.result)

    def __getitem__(self, id: str) -> TaskView:
        return TaskView.of(self.state, id)

    # What it does, and making it do so.

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
        stops.wait(self._engine, timeout)
        self._stopped()
        return self

    def pause(self) -> "Run":
        """Start nothing more, wait for what is at work, and return the run.

        Raises:
            RunStateError: The run is not running.
        """
        self._require("pause", RunStatus.RUNNING)
        background.ask(self._engine.pause, "you paused it")
        return self.wait()

    def resume(self, *, wait: bool = True) -> "Run":
        """Go on from where the run stopped, and return it at the next stop.

        Args:
            wait: `False` returns at once.

        Raises:
            RunStateError: The run is running or has ended.
        """
        background.ask(self._resume)
        return self.wait() if wait else self

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

    # What it is made of.

    @property
    def state(self) -> RunState:
        """The state of the run; each task in it is a frozen record."""
        return self._engine.state

    @property
    def plan(self) -> Plan:
        """The plan; it has no tasks yet while a goal is being planned."""
        return self.state.plan

    @property
    def goal(self) -> str | None:
        """What the plan is for; `None` for a plan written by hand."""
        return self.plan.goal

    @property
    def history(self) -> tuple[e.Event, ...]:
        """Everything that happened, in order."""
        return tuple(self._engine.history)

    @property
    def progress(self) -> Mapping[str, e.Progress]:
        """The latest word of each task, by id."""
        return dict(self._engine.progress)

    def subscribe(self, listener: Callable[[e.Event], None]) -> Callable[[], None]:
        """Have `listener` called with every event from now on.

        It is called on the engine's thread and must be quick; one that raises is
        logged and dropped.

        Returns:
            A function that ends it.
        """
        background.ask(self._engine.listen, listener)
        return lambda: background.post(self._engine.ignore, listener)

    def to_dot(self) -> str:
        """Return the graph in Graphviz's DOT language, coloured by state."""
        return showing.dot(self)

    def to_svg(self) -> str:
        """Return the drawing as SVG text."""
        return showing.svg(self)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)

    # Between this thread and the engine's.

    def begin(self) -> None:
        """Show it and start it; `Orchestrator` does this once for every run."""
        self._view = showing.live(self)
        if self._planning is None:
            background.post(self._engine.go)
        else:
            planning, self._planning = self._planning, None
            background.post(lambda: self._engine.plan_and_go(planning()))

    def _resume(self) -> None:
        self._require("resume", RunStatus.PAUSED)
        self._engine.go()

    def _require(self, verb: str, needed: RunStatus) -> None:
        if self.status is not needed:
            message = f"a run that is {self.status} cannot {verb}; it must be {needed}"
            raise RunStateError(message, verb=verb, status=self.status)

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
