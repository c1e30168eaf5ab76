"""The books of a run: one event changes its state, its history and its views."""

from collections.abc import Callable, Iterable
from typing import Self

from nbagents.engine.audience import Audience, log
from nbagents.engine.events import Event, Progress
from nbagents.engine.fold import apply, replay
from nbagents.engine.history import History
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.state import RunState

_MOST_ROUNDS = 1_000  # of listeners who answer what other listeners did


class Books:
    """What happened in a run, where it stands now, and who wants to know.

    They are opened for a turn, by `with books:`, and whoever watches is told of what
    was entered when they are closed again. A listener may ask the run for anything,
    so it must not be called while something has happened by half.

    Attributes:
        history: Every event so far that is kept.
        state: Where the run stands: what the history comes to.
        audience: Who is told of every event.
        is_telling: Whether a listener is being told something.
    """

    def __init__(self, history: Iterable[Event], is_quiet: Callable[[], bool]) -> None:
        """Open the books.

        Args:
            history: What happened so far.
            is_quiet: Whether nothing of the run is still on its way out.
        """
        self.history = History(history)
        self.state: RunState = replay(self.history)
        self.audience = Audience()
        self.is_telling = False
        self._is_quiet = is_quiet
        self._untold: list[Event] = []
        self._turns = 0
        self._on_stop: list[Callable[[], None]] = []

    def enter(self, event: Event) -> None:
        """Let `event` have happened."""
        if type(event) is not Progress:
            apply(self.state, event)
            self.history.append(event)
        self._untold.append(event)

    def __enter__(self) -> Self:
        self._turns += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._turns -= 1
        if not self._turns and not self.is_telling:
            self._tell()
            self._announce_stop()

    @property
    def is_running(self) -> bool:
        """Whether the run is running."""
        return self.state.status is RunStatus.RUNNING

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, at the end of a turn after which nothing goes on."""
        self._on_stop.append(callback)

    def _tell(self) -> None:
        """Tell what is new, and what the listeners make of it."""
        self.is_telling, rounds = True, 0
        while self._untold:
            events, self._untold = self._untold, []
            rounds += 1
            if rounds > _MOST_ROUNDS:
                log.error("a listener answers each event with another: removed")
                self.audience.dismiss()
            for event in events:
                self.audience.tell(event)
        self.is_telling = False

    def _announce_stop(self) -> None:
        if self._on_stop and not self.is_running and self._is_quiet():
            callbacks, self._on_stop = self._on_stop, []
            for callback in callbacks:
                callback()
