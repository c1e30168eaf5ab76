"""The pictures of a run, one for each plan it had, and what their places stand for."""

import threading
from typing import Any

from nbagents.display import frames
from nbagents.display.asked import AskedWronglyError
from nbagents.display.frames import Frame
from nbagents.display.source import Source, look_at
from nbagents.graph import Plan


class Pictures:
    """Draws a run once for each plan, and knows which picture is the last.

    Attributes:
        version: Number of that picture; 1 is the first.
    """

    def __init__(self, run: Source) -> None:
        self.version = 0
        self._run = run
        self._plan: Plan | None = None
        self._lock = threading.Lock()

    def draw(self) -> Frame | None:
        """Return the picture of the plan of now; `None` where it is drawn already."""
        with self._lock:
            view = look_at(self._run)
            if view.plan is self._plan:
                return None
            drawn = frames.picture(view, self.version + 1)
            self._plan, self.version = view.plan, self.version + 1
            return drawn

    def require(self, version: Any) -> tuple[str, ...]:
        """Return the ids of the tasks, by place, if `version` is the last picture.

        Raises:
            AskedWronglyError: It is not, or the plan has changed since it was drawn.
        """
        ids = tuple(self._run.state.plan.dependencies)
        drawn = () if self._plan is None else tuple(self._plan.dependencies)
        if type(version) is not int or version != self.version or ids != drawn:
            message = "the plan has changed since this was drawn"
            raise AskedWronglyError(message).with_note("Try: the same once more")
        return ids

    def task(self, version: Any, place: Any) -> str:
        """Return the id of the task at a place of a picture.

        Raises:
            AskedWronglyError: It has no such place, or as for `require`.
        """
        ids = self.require(version)
        if type(place) is not int or not 0 <= place < len(ids):
            message = "the plan has no task at that place"
            raise AskedWronglyError(message)
        return ids[place]
