"""Listens to a run and tells a live view what changed, little and seldom enough.

Events only mark tasks as changed. At most 20 times a second what is marked goes out
as one patch, and so does the whole state where more than tasks changed, and where the
breakpoints are. Messages can be lost on the way to a browser, so the whole state
follows every few seconds, at each stop, and once more after that. It all happens on
the engine's thread, by its loop's timers: there is nothing to lock, and no thread.

The painter knows no widget: it is given a function that takes a frame.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Literal, Protocol

from nbagents.display import frames
from nbagents.display.frames import Frame
from nbagents.display.source import Source, look_at
from nbagents.engine import events as e
from nbagents.graph import Plan

log = logging.getLogger("nbagents")

INTERVAL = 0.05
"""Seconds from one frame to the next, at least."""

REPEAT = 3.0
"""Seconds after which the whole state follows a patch, at least."""

_TASKS_A_SECOND = 4_000  # that a whole state may speak of on the average

NEW_PLAN = (e.RunPlanned, e.PlanEdited, e.RunRewound)
"""The events after which the plan is another one."""

Kind = Literal["snapshot", "patch", "marks"]


class Timers(Protocol):
    """As much of an event loop as a painter needs."""

    def time(self) -> float:
        """Return the time in seconds, from any beginning."""

    def call_later(
        self, delay: float, callback: Callable[[], None], /
    ) -> asyncio.TimerHandle:
        """Call `callback` after `delay` seconds."""


class Painter:
    """Turns the events of one run into frames. Call it with each event.

    Attributes:
        number: Number of the last frame; a view ignores what is older than it has.
    """

    def __init__(
        self,
        run: Source,
        send: Callable[[Kind, Frame], None],
        timers: Callable[[], Timers] = asyncio.get_running_loop,
    ) -> None:
        """Be ready; nothing is sent before the first event.

        Args:
            run: The run to tell of.
            send: Takes each frame. Where it raises, that frame is lost and logged.
            timers: Returns the loop whose timers to use, called on its own thread.
        """
        self.number = 0
        self._run = run
        self._send = send
        self._timers = timers
        self._plan = run.state.plan
        self._places = _places(self._plan)
        self._changed: set[str] = set()
        self._whole_changed = self._marks_changed = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._repeat_timer: asyncio.TimerHandle | None = None
        self._last_frame = float("-inf")

    def __call__(self, event: e.Event) -> None:
        """Take note of `event`; what it changed goes out soon."""
        if isinstance(event, e.TaskEvent):
            self._changed.add(event.task)
        elif not isinstance(event, e.BreakpointsChanged):
            # Something about the run as a whole.
            self._whole_changed = True
        if isinstance(event, (*NEW_PLAN, e.BreakpointsChanged)):
            self._marks_changed = True
        self._flush_soon()

    def snapshot(self) -> Frame:
        """Return the whole state as it is now; may be called on any thread."""
        return frames.snapshot(look_at(self._run), self.number)

    def _flush_soon(self) -> None:
        timers = self._timers()
        delay = max(0.0, self._last_frame + INTERVAL - timers.time())
        if self._whole_changed and not delay:
            self._flush()  # A stop is told before anybody who waited for it goes on.
        elif self._flush_timer is None:
            self._flush_timer = timers.call_later(delay, self._flush)

    def _flush(self) -> None:
        self._tell()
        self._repeat_later()

    def _tell(self) -> None:
        """Send all that has changed."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        if self._marks_changed:
            self._send_marks()
        if self._whole_changed:
            self._send_whole()
        elif self._changed:
            self._send_changed()
        self._last_frame = self._timers().time()

    def _send_marks(self) -> None:
        self._marks_changed = False
        plan, points = self._run.state.plan, self._run.breakpoints
        self._hand_over("marks", lambda: frames.marks(plan, points))

    def _send_changed(self) -> None:
        changed, self._changed = self._changed, set()
        state, said, now = self._run.state, self._run.progress, time.time()
        if self._plan is not state.plan:
            self._plan, self._places = state.plan, _places(state.plan)
        records = {
            self._places[id]: frames.record(state.tasks[id], said.get(id), now)
            for id in changed
            if id in self._places  # It may have been removed since.
        }
        self.number += 1
        self._hand_over("patch", lambda: frames.patch(records, self.number))

    def _repeat_later(self) -> None:
        if self._repeat_timer is None:
            seconds = max(REPEAT, len(self._run.state.tasks) / _TASKS_A_SECOND)
            self._repeat_timer = self._timers().call_later(seconds, self._repeat)

    def _repeat(self) -> None:
        self._whole_changed = True
        self._tell()

    def _send_whole(self) -> None:
        if self._repeat_timer is not None:
            self._repeat_timer.cancel()
            self._repeat_timer = None
        self._changed.clear()
        self._whole_changed = False
        self.number += 1
        self._hand_over("snapshot", self.snapshot)

    def _hand_over(self, kind: Kind, make: Callable[[], Frame]) -> None:
        try:
            self._send(kind, make())
        except Exception:
            # The next whole state makes up for it; a run never suffers from a view.
            log.exception("a frame of the live view was lost")


def _places(plan: Plan) -> dict[str, int]:
    return {task.id: place for place, task in enumerate(plan)}
