"""Agents of the OpenAI Agents SDK: `Runner.run(agent, text)`."""

import os
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

from nbagents.agents.wrapping.framework import Awaited, Done, read, usage_of
from nbagents.models import prices
from nbagents.models.answer import Usage

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, eq=False)
class AgentOfOpenAI(Awaited):
    """Does a task by an agent of the OpenAI Agents SDK."""

    described_by: ClassVar[tuple[str, ...]] = ("handoff_description", "instructions")

    async def work(self, text: str) -> Done:
        """Have the agent answer `text`."""
        # Whoever has the agent has imported its package; to do so is not ours.
        runner: Any = sys.modules["agents"].__dict__["Runner"]
        result = await runner.run(self.wrapped, text)
        used = usage_of(read(read(result, "context_wrapper"), "usage"))
        return Done(result=result.final_output, usage=used, costs=self._cost(used))

    def _cost(self, used: Usage) -> float | None:
        name = self.wrapped.model
        # A model that is an object may be anywhere, and so is `litellm/...`.
        if not isinstance(name, str) or "/" in name:
            return None
        address = os.environ.get("OPENAI_BASE_URL") or _OPENAI
        return prices.published(used, [name], address)
