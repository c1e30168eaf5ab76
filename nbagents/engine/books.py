"""The books of a run: one event changes its state, its history and its views."""

from collections.abc import Callable, Iterable

from nbagents.engine.audience import Audience
from nbagents.engine.events import Event, Progress
from nbagents.engine.fold import apply, replay
from nbagents.engine.history import History
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.state import RunState


class Books:
    """What happened in a run, where it stands now, and who wants to know.

    Attributes:
        history: Every event so far that is kept.
        state: Where the run stands: what the history comes to.
        audience: Who is told of every event.
    """

    def __init__(self, history: Iterable[Event]) -> None:
        self.history = History(history)
        self.state: RunState = replay(self.history)
        self.audience = Audience()
        self._on_stop: list[Callable[[], None]] = []

    def enter(self, event: Event) -> None:
        """Let `event` have happened."""
        if type(event) is not Progress:
            apply(self.state, event)
            self.history.append(event)
        self.audience.tell(event)

    @property
    def is_running(self) -> bool:
        """Whether the run is running."""
        return self.state.status is RunStatus.RUNNING

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, when the next stop is announced."""
        self._on_stop.append(callback)

    def announce_stop(self) -> None:
        """Call all who waited for it."""
        callbacks, self._on_stop = self._on_stop, []
        for callback in callbacks:
            callback()
