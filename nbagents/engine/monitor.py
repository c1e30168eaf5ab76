"""What other tools are told of a run: records of logging, and whoever follows it.

A follower is told of one stretch of a run, from where it starts to where it stops. The
engine knows no more of it than this; `telemetry` makes spans of what it is told.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from nbagents.engine import events as e
from nbagents.engine import logged
from nbagents.engine.state import RunState

log = logging.getLogger("nbagents")


class Follower(Protocol):
    """Follows one stretch of one run. It must not wait for anything."""

    def note(self, state: RunState, event: e.Event) -> None:
        """Take what happened in the run, which stands at `state` after that turn."""

    def within(self, task: str, attempt: int) -> AbstractContextManager[None]:
        """Return what is around the work of an attempt, wherever that is done."""


Follow = Callable[[RunState, Follower | None], Follower | None]
"""Makes what follows a run that starts, given who followed it before; or `None`."""


def nobody(_: RunState, __: Follower | None) -> Follower | None:
    """Have nobody follow the run."""
    return None


_NOTHING = nullcontext()
_ENDS = (e.RunPaused, e.RunEnded)


class Monitor:
    """Tells of one run, if it is to be told of at all. A follower may fail."""

    def __init__(self, follow: Follow | None) -> None:
        """Tell logging, and whoever `follow` makes; with `None` tell nobody."""
        self._follow = follow
        self._follower: Follower | None = None
        self._before: Follower | None = None

    def note(self, state: RunState, event: e.Event) -> None:
        """Tell of `event`; what that raises ends the telling and nothing else."""
        if self._follow is None:
            return
        kind = type(event)
        if kind in logged.LEVELS:
            logged.note(state, event)
        if kind is e.RunStarted:
            self._begin(state)
        if self._follower is not None:
            self._pass_on(state, event)

    def within(self, task: str, attempt: int) -> AbstractContextManager[None]:
        """Return what is around the work of an attempt."""
        follower = self._follower
        return _NOTHING if follower is None else follower.within(task, attempt)

    def _begin(self, state: RunState) -> None:
        if self._follow is None:
            return
        try:
            self._follower = self._follow(state, self._before)
        except BaseException:
            log.exception("run '%s' cannot be followed", state.run)

    def _pass_on(self, state: RunState, event: e.Event) -> None:
        follower = self._follower
        if follower is None:
            return
        try:
            follower.note(state, event)
        except BaseException:
            log.exception("run '%s' is followed no more", state.run)
            self._follower = None
        if isinstance(event, _ENDS):
            self._before, self._follower = follower, None
