"""Whoever watches a run."""

import logging
from collections.abc import Callable

from nbagents.engine.events import Event, Progress

log = logging.getLogger("nbagents")

Listener = Callable[[Event], None]


class Audience:
    """Tells events to listeners, and drops one that fails.

    Attributes:
        progress: The latest word of each task; `Progress` is kept nowhere else.
    """

    def __init__(self) -> None:
        self.progress: dict[str, Progress] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def ignore(self, listener: Listener) -> None:
        """Call `listener` no more."""
        # A new list: the old one may be being walked through.
        self._listeners = [each for each in self._listeners if each != listener]

    def dismiss(self) -> None:
        """Call nobody any more."""
        self._listeners = []

    def tell(self, event: Event) -> None:
        """Tell `event` to all of them."""
        if isinstance(event, Progress):
            self.progress[event.task] = event
        for listener in self._listeners:
            try:
                listener(event)
            except BaseException:
                # A view may fail; the run goes on, and says so once.
                log.exception("a listener failed and was removed")
                self.ignore(listener)
