"""An agent as a stage of a pipeline: its task is what the stage before it made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.llm import LanguageModel
from nbagents.agents.wrapping import Framework
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class Stage(Discreet):
    """Has a function do its part with the result of the stage before as its task.

    Attributes:
        execute: `execute(task, context)`.
        said: What its task says while nobody has put it in other words.
    """

    execute: Callable[..., Any] = field(repr=False)
    said: str

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The user's own function, for whoever looks for its source."""
        return self.execute

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it work otherwise."""
        return self.execute, self.said

    def task_of(self, task: str, context: Mapping[str, Any]) -> str:
        """Return what is to be done.

        That is what stands in the task where a person has changed it, and where what
        came before is not text: `context` has that, as it has everything.
        """
        results = list(context.values())
        is_passed_on = task == self.said and len(results) == 1
        return results[0] if is_passed_on and type(results[0]) is str else task

    def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Do the part of this stage."""
        return self.execute(self.task_of(task, context), context)


@dataclass(frozen=True, slots=True)
class AwaitedStage(Stage):
    """The same with a coroutine function."""

    async def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Do the part of this stage."""
        return await self.execute(self.task_of(task, context), context)


def stage(agent: Agent, id: str, before: str | None) -> Agent:
    """Return `agent` as the stage of that id.

    What asks a model with a prompt gets a fixed task, and what came before as a result
    in a fence: in the place of its task, that text could tell it what to do.

    Args:
        agent: Who does it.
        id: Of the stage, which also becomes the name of the agent.
        before: Id of the stage before; `None` for the first.
    """
    execute = agent.execute
    if before is not None and not isinstance(execute, LanguageModel | Framework):
        kind = AwaitedStage if agent.is_async else Stage
        execute = kind(execute, task_after(before))
    return replace(agent, name=id, execute=execute)


def task_after(before: str) -> str:
    """Return what the task of the stage after `before` says."""
    return f"Do your part with the result of '{before}', and answer with yours alone."
