"""An agent in the run of a task that is done many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbagents.agents import Agent
from nbagents.digests import NoDigestError, digest
from nbagents.engine.context import Context
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class Given(Discreet):
    """What the task around was given, and what each task within is done for.

    Attributes:
        context: Results of the tasks that the task around depends on.
        place: Id under which an agent finds its item; `None` where there are none.
        items: By the id of each task, its item.
        asked: By what a task says, what the agent is asked.
        said: By what a task says, its id: a process of its own is not told the id.
    """

    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    place: str | None = None
    items: Mapping[str, Any] = field(default_factory=dict, repr=False)
    asked: Mapping[str, str] = field(default_factory=dict, repr=False)
    said: Mapping[str, str] = field(default_factory=dict, repr=False)

    def around(self, task: str, context: Mapping[str, Any]) -> Context:
        """Return all that a task within is given, which says `task`.

        Raises:
            LookupError: It cannot be told which item it is for.
        """
        id = getattr(context, "task", "") or self.said.get(task, "")
        own: dict[str, Any] = {}
        if self.place is not None:
            if id not in self.items:
                message = "its description was changed, so its item is not known here"
                raise LookupError(message)
            own = {self.place: self.items[id]}
        full = Context({**self.context, **own, **context})
        full.task, full.goal = id, getattr(context, "goal", None)
        return full


@dataclass(frozen=True, slots=True)
class Part(Discreet):
    """Has a function do one part of a task.

    Attributes:
        execute: `execute(task, context)`.
        given: What it is given with it.
    """

    execute: Callable[..., Any] = field(repr=False)
    given: Given

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The user's own function, for whoever looks for its source."""
        return self.execute

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it work otherwise; its item is told by its description."""
        given = self.given.context.items()
        return self.execute, tuple((id, _told(value)) for id, value in given)

    def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Do the part."""
        asked = self.given.asked.get(task, task)
        return self.execute(asked, self.given.around(task, context))


@dataclass(frozen=True, slots=True)
class AwaitedPart(Part):
    """The same with a coroutine function."""

    async def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Do the part."""
        asked = self.given.asked.get(task, task)
        return await self.execute(asked, self.given.around(task, context))


def part(agent: Agent, given: Given) -> Agent:
    """Return `agent` as one that does parts of a task."""
    kind = AwaitedPart if agent.is_async else Part
    return replace(agent, execute=kind(agent.execute, given))


def _told(value: Any) -> Any:
    try:
        return digest(value)
    except NoDigestError:
        return value
