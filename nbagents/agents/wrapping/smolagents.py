"""Agents of smolagents: `agent.run(text)`, which holds up its thread."""

import inspect
from dataclasses import dataclass
from typing import Any

from nbagents.agents.wrapping.framework import Blocking, Done, read, usage_of
from nbagents.agents.wrapping.original import original


@dataclass(frozen=True, slots=True, eq=False)
class AgentOfSmolagents(Blocking):
    """Does a task by an agent of smolagents, one task after another.

    An agent of smolagents has one memory, in which two tasks at once would be mixed.
    """

    def __call__(self, task: str, context: Any) -> Any:
        """Return what the agent answers, when it is its turn."""
        with original(self.wrapped).turn:
            return Blocking.__call__(self, task, context)

    def work(self, text: str) -> Done:
        """Have the agent answer `text`."""
        told = inspect.signature(self.wrapped.run).parameters
        # Older versions return the answer alone.
        more = {"return_full_result": True} if "return_full_result" in told else {}
        result = self.wrapped.run(text, **more)
        if type(result).__name__ != "RunResult":
            return Done(result=result)
        return Done(result=result.output, usage=usage_of(read(result, "token_usage")))
