"""The books of a run: one event changes its state, its history and its views."""

from collections.abc import Callable, Iterable, Sequence
from typing import Self

from nbagents.engine.audience import Audience, log
from nbagents.engine.events import NOT_KEPT, Event
from nbagents.engine.fold import apply, replay
from nbagents.engine.history import History
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.monitor import Monitor, nobody
from nbagents.engine.recorder import CAN_WAIT, Recorder
from nbagents.engine.state import RunState
from nbagents.errors import JournalError

_MOST_ROUNDS = 1_000  # of listeners who answer what other listeners did


class Books:
    """What happened in a run, where it stands now, and who wants to know.

    They are opened for a turn, by `with books:`. When they are closed again, what was
    entered is written into the journal, and then whoever watches is told of it. A
    listener may ask the run for anything, so it must not be called while something has
    happened by half.

    Attributes:
        history: Every event so far that is kept.
        state: Where the run stands: what the history comes to.
        audience: Who is told of every event.
        monitor: Tells other tools.
        is_telling: Whether a listener is being told something.
        recorder: Writes the journal; `None` where there is none.
        trouble: Why the last thing that happened is not in the journal; `None` where it
            is, or is going to be in a moment.
    """

    def __init__(
        self,
        history: Iterable[Event],
        is_quiet: Callable[[], bool],
        later: Callable[[], None],
    ) -> None:
        """Open the books.

        Args:
            history: What happened so far.
            is_quiet: Whether nothing of the run is still on its way out.
            later: Has `commit` called a moment later.
        """
        self.history = History(history)
        self.state: RunState = replay(self.history)
        self.audience = Audience()
        self.monitor = Monitor(nobody)
        self.is_telling = False
        self.recorder: Recorder | None = None
        self.trouble: JournalError | None = None
        self._is_quiet = is_quiet
        self._later = later
        self._unwritten: list[Event] = []
        self._untold: list[Event] = []
        self._turns = 0
        self._on_stop: list[Callable[[], None]] = []

    def enter(self, event: Event) -> None:
        """Let `event` have happened."""
        if type(event) not in NOT_KEPT:
            apply(self.state, event)
            self.history.append(event)
            if self.recorder is not None:
                self._unwritten.append(event)
        self._untold.append(event)

    def enter_all(self, events: Sequence[Event], after: RunState) -> None:
        """Let `events` have happened, which lead to `after`: all of them, or none.

        Raises:
            JournalError: They cannot be written down, so they have not happened.
        """
        ahead = self.recorder is not None and bool(events or self._unwritten)
        if ahead:
            try:
                self._write([*self._unwritten, *events], after)
            except JournalError as error:
                error.add_note("To go on without the journal: run.stop_recording()")
                raise
        for event in events:
            self.enter(event)
        if ahead:
            self._unwritten.clear()

    def commit(self) -> bool:
        """Write down what happened so far; return whether that is done."""
        if self.recorder is None or not self._unwritten:
            return True
        try:
            self._write(self._unwritten, self.state)
        except JournalError as error:
            if self.trouble is None:
                log.error("run '%s' is not recorded: %s", self.state.run, error)
            self.trouble = error
            return False
        self._unwritten.clear()
        return True

    def stop_recording(self) -> None:
        """Keep what happens in memory only."""
        if self.recorder is not None:
            self.recorder.close()
        self.recorder = self.trouble = None
        self._unwritten.clear()

    def __enter__(self) -> Self:
        self._turns += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._turns -= 1
        if not self._turns and not self.is_telling:
            self._tell()
            self._announce_stop()
            if self._unwritten:
                self._later()

    @property
    def is_running(self) -> bool:
        """Whether the run is running."""
        return self.state.status is RunStatus.RUNNING

    @property
    def is_behind(self) -> bool:
        """Whether something that happened is not written down yet."""
        return bool(self._unwritten)

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, at the end of a turn after which nothing goes on."""
        self._on_stop.append(callback)

    def _write(self, events: Sequence[Event], after: RunState) -> None:
        if self.recorder is not None:
            self.recorder.write(events, after)
            self.trouble = None

    def _record(self) -> None:
        if not all(type(event) in CAN_WAIT for event in self._unwritten):
            self.commit()
        if self.recorder is not None and self._untold and not self.is_running:
            self.recorder.rest()

    def _tell(self) -> None:
        """Tell what is new, and what the listeners make of it."""
        self.is_telling, rounds, note = True, 0, self.monitor.note
        while self._untold:
            self._record()
            events, self._untold = self._untold, []
            rounds += 1
            if rounds > _MOST_ROUNDS:
                log.error("a listener answers each event with another: removed")
                self.audience.dismiss()
            for event in events:
                note(self.state, event)
                self.audience.tell(event)
        self.is_telling = False

    def _announce_stop(self) -> None:
        if self._on_stop and not self.is_running and self._is_quiet():
            callbacks, self._on_stop = self._on_stop, []
            for callback in callbacks:
                callback()
