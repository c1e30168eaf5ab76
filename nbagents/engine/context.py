"""Context: what an agent is given beside its task."""

from typing import Any


class Context(dict[str, Any]):
    """The results a task was given, by the id of the task that produced them.

    It is a plain dict with two more things to know, as attributes, so an agent
    written for `execute(task: str, context: dict)` needs nothing of this
    project. Sent to another process it arrives as the plain dict.

    Attributes:
        task: Id of the task that is being done.
        goal: What the whole plan is for; `None` for a plan without a goal.
    """

    task: str = ""
    goal: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel light: the other process may not have nbagents."""
        return dict, (dict(self),)
