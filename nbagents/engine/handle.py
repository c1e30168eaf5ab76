"""What holds a run: reads its snapshots, waits for its stops, shows it."""

import math
import warnings
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from typing import Any, Self

from nbagents import showing
from nbagents.engine import background, possible, stops
from nbagents.engine import events as e
from nbagents.engine.loop import Engine
from nbagents.engine.moment import Moment, moment
from nbagents.engine.run_view import RunView
from nbagents.engine.schedule import Aim
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError


class Handle(RunView):
    """Stands between a person's thread and the engine's.

    It decides nothing: a verb is posted to the engine, so one typed in a cell and one
    that comes from a picture are the same thing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._view: showing.LiveView | None = None

    @property
    def id(self) -> str:
        """The id of the run."""
        return self._engine.state.run

    @property
    def state(self) -> RunState:
        """The state of the run; each task in it is a frozen record."""
        return self._engine.state

    @property
    def max_parallel(self) -> int:
        """How many tasks are at work at once, at most."""
        return self._engine.settings.max_parallel

    @property
    def history(self) -> tuple[e.Event, ...]:
        """Everything that happened, in order."""
        return tuple(self._engine.books.history)

    @property
    def progress(self) -> Mapping[str, e.Progress]:
        """The latest word of each task, by id."""
        return dict(self._engine.books.audience.progress)

    def possible(self, task: str | None = None) -> Mapping[str, str]:
        """Return what may be done now: for each verb why not, or `""` where it may.

        What would change nothing is said to be impossible, too, though the verb does
        not raise: to resume a run that is completed, to stop one that has ended, to
        skip a task that you have skipped.

        Args:
            task: Id of a task, to be told of `"step"`, `"resume"` (up to that task),
                `"retry"`, `"edit"`, `"skip"`, `"replace"` (its agent), `"break"` and
                `"approve"`; `None` for the run: `"resume"`, `"pause"`, `"step"`,
                `"stop"` and `"approve"`.

        Raises:
            UnknownTaskError: The plan has no such task.

        Example:
            >>> run.possible("report")["step"]  # doctest: +SKIP
            "task 'report' still needs 'figures'"
        """
        if task is None:
            return background.ask(possible.for_engine, self._engine)
        return background.ask(possible.for_task, self._engine, task)

    def at(self, moment_of: str | e.Event) -> Moment:
        """Return the run as it was, to read: the run itself stays where it is.

        Args:
            moment_of: Id of a task, for the moment when it last ended or was given
                its result, or an event of `run.history`, for the moment right after.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The task has not ended yet.
            ValueError: The event did not happen in this run.
        """
        return moment(self.history, self.plan, moment_of)

    def inner(self, task: str) -> list[Self]:
        """Return the runs that the agent of a task began to do it, the oldest first.

        A team that is an agent begins one, and an agent of yours may as well. They are
        runs like any other, to look at and to steer. This run keeps those that were
        begun in this kernel; ids of others are in `run["id"].attempts[-1].runs`, for
        `load_run`.

        Raises:
            UnknownTaskError: The plan has no such task.

        Example:
            >>> run.inner("search")[-1].retry("dig")  # doctest: +SKIP
        """
        id = self.state.plan[task].id
        return [type(self)(each) for each in self._engine.nested.begun(id)]

    def subscribe(self, listener: Callable[[e.Event], None]) -> Callable[[], None]:
        """Have `listener` called with every event from now on.

        It is called on the engine's thread, when what happened is over, and must be
        quick. It may use any verb of the run, which then does not wait. One that
        raises is logged and dropped.

        Returns:
            A function that ends it.

        Raises:
            TypeError: `listener` cannot be called.
        """
        if not callable(listener):
            message = f"a listener is a function of an event, not {listener!r:.60}"
            raise TypeError(message)
        audience = self._engine.books.audience
        background.ask(audience.listen, listener)
        return lambda: background.post(audience.ignore, listener)

    def stop_recording(self) -> None:
        """Keep what happens from now on in memory only, where the disk has no room.

        What the journal has of the run stays there, and another kernel may take it up.
        """
        background.ask(self._engine.books.stop_recording)

    def show(self) -> None:
        """Show it live: in this cell, or in a terminal as a table.

        In a terminal the table is kept current in place until the run stops, below what
        is printed meanwhile. Where the output is no terminal, it is printed once.
        """
        self._view = showing.show(self)

    def show_in_cell(self) -> None:
        """Show it live in this cell; outside a notebook nothing shows itself."""
        self._view = showing.live(self)

    def wait(self, timeout: float | None = None) -> Self:
        """Block until the run stops, and return it.

        An interrupt pauses the run: what was at work starts again on `resume()`.

        Args:
            timeout: Seconds; `None` waits for as long as it takes.

        Raises:
            TimeoutError: It is still running after `timeout` seconds.
            RunStateError: An agent or a listener of this very run asks.
            PlanError: The model's plan for the goal cannot run.
            ModelError: The model could not be asked for a plan.
        """
        _require_seconds(timeout)
        self._require_outside()
        with stops.interruptible(self._engine):
            return self._finish(timeout)

    def __await__(self) -> Generator[Any, None, Self]:
        return self._awaited().__await__()

    def _go(self, aim: Aim, *, wait: bool) -> Self:
        return self._ask(lambda: self._engine.go(aim), wait=wait)

    def _ask(self, verb: Callable[[], object], *, wait: bool) -> Self:
        """Have `verb` done on the thread that moves the run, and wait for the stop."""
        with stops.interruptible(self._engine):
            background.ask(verb)
            return self._finish() if wait else self

    def _step_into(self, aim: Aim) -> Self:
        """Start a task, and wait until the run that does it stands, or this one."""
        arrived: Future[None] = Future()

        def arrive() -> None:
            if not arrived.done():
                arrived.set_result(None)

        with stops.interruptible(self._engine):
            background.ask(self._engine.step_into, aim, arrive)
            if not stops.is_within(self._engine):
                background.wait(arrived)
            self._refresh()
        return self

    def _finish(self, timeout: float | None = None) -> Self:
        if stops.is_within(self._engine):
            return self  # The run waits for whoever asks, not the other way round.
        stops.wait(self._engine, timeout)
        self._stopped()
        return self

    def _require_outside(self) -> None:
        if stops.is_within(self._engine):
            message = "an agent or a listener of a run cannot wait for that run"
            error = RunStateError(message, verb="wait", status=self.state.status)
            raise error.with_note("Try: run.pause() or run.cancel(), and return")

    async def _awaited(self) -> Self:
        self._require_outside()
        await stops.waited(self._engine)
        self._stopped()
        return self

    def _stopped(self) -> None:
        """Complete the picture, and raise what kept the goal from being planned."""
        self._refresh()
        if (trouble := self._engine.books.trouble) is not None:
            warnings.warn(f"this run is not recorded: {trouble}", stacklevel=4)
        failure = self.state.error
        if failure is not None and failure.exception is not None:
            raise failure.exception

    def _refresh(self) -> None:
        if self._view is not None:
            self._view.refresh()


def _require_seconds(timeout: Any) -> None:
    if isinstance(timeout, int | float) and not math.isnan(timeout):
        return
    if timeout is not None:
        message = f"timeout is a number of seconds or None, not {timeout!r:.60}"
        raise TypeError(message)
