"""What the engine needs of a journal: somebody who writes down what happened."""

from collections.abc import Sequence
from typing import Protocol

from nbagents.engine import events as e
from nbagents.engine.state import RunState


class Recorder(Protocol):
    """Writes the events of one run where they outlive the kernel."""

    @property
    def place(self) -> str:
        """Where it writes."""

    def write(self, events: Sequence[e.Event], state: RunState) -> None:
        """Store `events`, all of them or none; `state` is where they lead.

        Raises:
            JournalError: Nothing was stored; the same can be tried again.
        """

    def rest(self) -> None:
        """Give back what can be had again: the run has stopped."""

    def close(self) -> None:
        """Write no more, and let others write the run."""

    def another(self, history: Sequence[e.Event], state: RunState) -> "Recorder":
        """Return one for a new run, with what happened in it so far.

        Raises:
            JournalError: It cannot be written there.
        """


CAN_WAIT = (
    e.TaskStarted,
    e.ModelAsked,
    e.ModelAnswered,
    e.ToolCalled,
    e.ToolReturned,
)
"""Events that are written with the next one that cannot, or a moment later.

Should they be lost, nothing is that a person was told is done.
"""
