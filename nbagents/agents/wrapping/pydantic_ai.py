"""Agents of pydantic-ai: `agent.run(text)`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from nbagents.agents.wrapping.framework import Awaited, Done, read, usage_of
from nbagents.models import prices
from nbagents.models.answer import Usage


@dataclass(frozen=True, slots=True, eq=False)
class AgentOfPydanticAI(Awaited):
    """Does a task by an agent of pydantic-ai."""

    described_by: ClassVar[tuple[str, ...]] = (
        "description",
        "_instructions",
        "_system_prompts",
    )

    async def work(self, text: str) -> Done:
        """Have the agent answer `text`."""
        result = await self.wrapped.run(text)
        used = usage_of(_usage(result))
        # Until its version 0.1 the result was in `data`.
        answer = result.output if hasattr(result, "output") else result.data
        return Done(result=answer, usage=used, costs=self._cost(used))

    def _cost(self, used: Usage) -> float | None:
        address = read(read(self.wrapped, "model"), "base_url")
        if not isinstance(address, str):
            return None
        return prices.published(used, [self.asks], address)


def _usage(result: Any) -> Any:
    """Return the usage of a result: a property since version 2, before a method.

    In between it was both, and warned of being called.
    """
    told = read(result, "usage")
    is_told = read(told, "input_tokens", "request_tokens") is not None
    return told() if callable(told) and not is_told else told
