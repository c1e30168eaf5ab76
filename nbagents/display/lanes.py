"""Lanes: work that is done one after another, aside from whoever asks for it.

A view draws and answers here, so that neither the engine's thread nor a notebook's
kernel waits for it. A lane has a thread only while there is something to do.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger("nbagents")

THREAD_NAME = "nbagents-view"

Work = Callable[[], None]


class Lane:
    """Does what it is given, in order."""

    def __init__(self, perform: Callable[[Work], None]) -> None:
        """Be ready; `perform` is called with each piece of work, on the lane's thread.

        What it raises costs that piece, and is logged.
        """
        self._perform = perform
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Work]] = deque()
        self._busy = False

    def put(self, work: Work, name: str = "") -> None:
        """Have `work` done; not once more where work of that name waits already."""
        with self._lock:
            if name and any(name == each for each, _ in self._waiting):
                return
            self._waiting.append((name, work))
            if self._busy:
                return
            self._busy = True
        self._start()

    def __len__(self) -> int:
        return len(self._waiting)

    def _start(self) -> None:
        try:
            threading.Thread(target=self._serve, name=THREAD_NAME, daemon=True).start()
        except RuntimeError:  # There are no more threads, or it is the end.
            self._busy = False

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            try:
                self._perform(work)
            except BaseException:
                log.exception("work for a view failed")

    def _next(self) -> Work | None:
        with self._lock:
            self._busy = bool(self._waiting)
            return self._waiting.popleft()[1] if self._waiting else None


def is_current() -> bool:
    """Return whether the caller is on the thread of a lane."""
    return threading.current_thread().name == THREAD_NAME
