"""What all patterns have in common: a text becomes a plan, and a team runs it."""

from typing import Any

from nbagents.graph import Plan
from nbagents.orchestrator import Orchestrator
from nbagents.run import Run


class Pattern:
    """A way of working together; each kind says what the plan of a text is.

    Attributes:
        team: Who does the work. It has the other verbs, such as `load_run`.
    """

    def __init__(self, team: Orchestrator) -> None:
        self.team = team

    @property
    def last_run(self) -> Run | None:
        """The run begun last; `None` before the first."""
        return self.team.last_run

    def plan(self, text: str) -> Plan:
        """Return the plan for `text`, to look at and to edit."""
        raise NotImplementedError

    def run(self, text: str) -> Run:
        """Run the plan for `text` to its end and return the run.

        Tasks that fail do not raise: they are in the run, with what did complete.
        """
        return self.team.run(self.plan(text))

    def start(self, text: str) -> Run:
        """Begin to run the plan for `text` and return at once."""
        return self.team.start(self.plan(text))

    def debug(self, text: str) -> Run:
        """Return a run for `text` that is stopped before its first task."""
        return self.team.debug(self.plan(text))


def require_text(text: Any) -> str:
    """Return `text`; raise where there is nothing in it to do.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty.
    """
    if not isinstance(text, str):
        message = f"what is to be done is given in words, not as {type(text).__name__}"
        raise TypeError(message)
    if not text.strip():
        message = "the text is empty"
        raise ValueError(message)
    return text
