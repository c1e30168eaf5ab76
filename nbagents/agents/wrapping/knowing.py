"""Which framework an object is of, told by its class and the methods it has."""

from collections.abc import Callable
from typing import Any

from nbagents.agents.wrapping.framework import Awaited, Blocking
from nbagents.agents.wrapping.langchain import BlockingRunnable, GraphOfLangChain
from nbagents.agents.wrapping.langchain import Runnable as RunnableOfLangChain
from nbagents.agents.wrapping.openai_agents import AgentOfOpenAI
from nbagents.agents.wrapping.pydantic_ai import AgentOfPydanticAI
from nbagents.agents.wrapping.smolagents import AgentOfSmolagents

SUPPORTED = (
    "an agent of the OpenAI Agents SDK, of pydantic-ai or of smolagents, "
    "or a runnable of LangChain"
)
"""What is known here, for messages."""

Adapter = Callable[[Any], Awaited | Blocking]

# By the package of a class and its name; the first that fits is it. A graph of
# LangGraph is a runnable of LangChain as well, and takes something else.
_KNOWN: tuple[tuple[str, str, tuple[str, ...], Adapter], ...] = (
    ("agents", "Agent", ("instructions", "handoffs"), AgentOfOpenAI),
    ("pydantic_ai", "AbstractAgent", ("run",), AgentOfPydanticAI),
    ("pydantic_ai", "Agent", ("run",), AgentOfPydanticAI),
    ("langgraph", "Pregel", ("ainvoke",), GraphOfLangChain),
    ("langchain_core", "Runnable", ("ainvoke",), RunnableOfLangChain),
    ("langchain_core", "Runnable", ("invoke",), BlockingRunnable),
    ("smolagents", "MultiStepAgent", ("run",), AgentOfSmolagents),
)


def adapted(value: Any) -> Awaited | Blocking | None:
    """Return what does a task by `value`; `None` where it is of no known framework."""
    classes = {(cls.__module__.split(".")[0], cls.__name__) for cls in _mro(value)}
    for package, name, needed, adapter in _KNOWN:
        if (package, name) in classes and _has_all(value, needed):
            return adapter(value)
    return None


def _mro(value: Any) -> tuple[type, ...]:
    # A class is not yet an agent.
    return () if isinstance(value, type) else type(value).__mro__


def _has_all(value: Any, names: tuple[str, ...]) -> bool:
    # A user's own `agents.py` may have a class `Agent`, too.
    try:
        return all(hasattr(value, name) for name in names)
    except Exception:  # noqa: BLE001 - a property of somebody else's class
        return False
