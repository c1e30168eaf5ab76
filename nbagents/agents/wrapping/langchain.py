"""Runnables of LangChain: models, chains, and the graphs its agents are."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.agents.wrapping.framework import (
    Awaited,
    Blocking,
    Done,
    Framework,
    model_name,
    read,
    usage_of,
)
from nbagents.models.answer import Usage


@dataclass(frozen=True, slots=True, eq=False)
class Runnable(Awaited):
    """Does a task by a runnable of LangChain, such as a chain or a model."""

    @property
    def asks(self) -> str:
        """The model that it asks, as far as that can be told."""
        return _asks(self)

    async def work(self, text: str) -> Done:
        """Have the runnable answer `text`."""
        counting = _Counting()
        given = self.input_of(text)
        return counting.done(await self.wrapped.ainvoke(given, **counting.options))

    def input_of(self, text: str) -> Any:
        """Return what it takes as a prompt."""
        return text


@dataclass(frozen=True, slots=True, eq=False)
class GraphOfLangChain(Runnable):
    """Does a task by a graph whose state has messages, as LangChain's agents have."""

    def input_of(self, text: str) -> Any:
        """Return the state it begins with."""
        return {"messages": [{"role": "user", "content": text}]}


@dataclass(frozen=True, slots=True, eq=False)
class BlockingRunnable(Blocking):
    """Does a task by a runnable that cannot be awaited."""

    @property
    def asks(self) -> str:
        """The model that it asks, as far as that can be told."""
        return _asks(self)

    def work(self, text: str) -> Done:
        """Have the runnable answer `text`."""
        counting = _Counting()
        return counting.done(self.wrapped.invoke(text, **counting.options))


class _Counting:
    """Counts the tokens of all models inside one call, where LangChain does."""

    def __init__(self) -> None:
        module = sys.modules.get("langchain_core.callbacks")
        handler = getattr(module, "UsageMetadataCallbackHandler", None)
        self._handler = None if handler is None else handler()
        config = {"config": {"callbacks": [self._handler]}}
        self.options: dict[str, Any] = {} if self._handler is None else config

    def done(self, result: Any) -> Done:
        """Return what came of the call."""
        # The handler leaves out models that do not tell their name.
        told = list((read(self._handler, "usage_metadata") or {}).values())
        used = told or [read(each, "usage_metadata") for each in _messages(result)]
        return Done(
            result=_answer(result), usage=_sum([usage_of(each) for each in used])
        )


def _asks(runnable: Framework) -> str:
    wrapped = runnable.wrapped
    name = read(wrapped, "model_name", "model_id", "model")
    return model_name(name) or type(wrapped).__name__


def _messages(result: Any) -> list[Any]:
    """Return the messages in a result: those of a graph, or one."""
    found = result.get("messages") if isinstance(result, Mapping) else None
    return list(found) if isinstance(found, list | tuple) else [result]


def _answer(result: Any) -> Any:
    """Return the text of a message, also of the last of a graph; else the result."""
    if isinstance(result, Mapping):
        structured = result.get("structured_response")
        if structured is not None:
            return structured
        if result.get("messages"):
            return _answer(_messages(result)[-1])
        return result.get("output", result)
    content = read(result, "content")
    is_message = read(result, "type") is not None and content is not None
    return _text(content) if is_message else result


def _text(content: Any) -> str:
    """Return the text of a message, which is one text or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else []
    texts = (each if isinstance(each, str) else read(each, "text") for each in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _sum(used: list[Usage]) -> Usage:
    told = [each for each in used if each.input_tokens is not None]
    if not told:
        return Usage()
    return Usage(
        input_tokens=sum(each.input_tokens or 0 for each in told),
        output_tokens=sum(each.output_tokens or 0 for each in told),
    )
