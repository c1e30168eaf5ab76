"""What an agent is given, checked before there is one."""

import inspect
from collections.abc import Callable
from typing import Any, Literal, get_args

from nbagents import isolation
from nbagents.errors import AgentError, alternatives
from nbagents.retrying import Retry

Isolation = Literal["process"]
"""Where an agent does its work, other than in this process."""


def check_text(name: Any, description: Any) -> None:
    """Raise `AgentError` unless both are text, and there is a name."""
    if not isinstance(name, str) or not name.strip():
        message = f"an agent needs a name, not {name!r}"
        raise AgentError(message).with_note(
            'Try: Agent("writer", "Writes reports", execute)'
        )
    if not isinstance(description, str):
        message = (
            f"the description of agent '{name}' must be text, "
            f"not {type(description).__name__}"
        )
        raise AgentError(message)


def check_callable(name: str, execute: Any) -> None:
    """Raise `AgentError` unless it can be called with a task and a context."""
    if not callable(execute):
        message = (
            f"what agent '{name}' executes must be callable as "
            f"execute(task, context), not {type(execute).__name__}"
        )
        raise AgentError(message)
    try:
        signature = inspect.signature(execute)
    except (TypeError, ValueError):
        return  # Some builtins do not tell; they fail in their task if they must.
    try:
        signature.bind("task", {})
    except TypeError as error:
        message = (
            f"agent '{name}' is called as execute(task, context), "
            f"but its function takes {signature}"
        )
        raise AgentError(message).with_note(
            "Try: def execute(task: str, context: dict) -> str: ..."
        ) from error


def check_isolate(name: str, isolate: Any) -> None:
    """Raise `AgentError` unless it can have such a place here."""
    if isolate is None:
        return
    if isolate not in get_args(Isolation):
        known = alternatives(isolate, get_args(Isolation))
        message = f"agent '{name}' cannot be isolated by {isolate!r} {known}"
        raise AgentError(message).with_note('Try: @agent(isolate="process")')
    reason = isolation.missing()
    if reason is not None:
        message = f"agent '{name}' cannot have a process of its own here: {reason}"
        raise AgentError(message).with_note("Leave out isolate.")


def retry_of(name: str, retry: Any) -> Retry | None:
    """Return how often to try; raise `AgentError` where it is not how often."""
    try:
        return Retry.of(retry)
    except (TypeError, ValueError) as error:
        message = f"agent '{name}' cannot be tried again like that: {error}"
        raise AgentError(message) from error


def is_async(execute: Callable[..., Any]) -> bool:
    """Return whether calling it gives a coroutine and never blocks."""
    return inspect.iscoroutinefunction(execute) or inspect.iscoroutinefunction(
        getattr(execute, "__call__", None)  # noqa: B004 - an object's own method
    )
