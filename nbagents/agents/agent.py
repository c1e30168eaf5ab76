"""Agent: a name, a description, and something that does the work."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, overload, runtime_checkable

from nbagents.errors import AgentError
from nbagents.redaction import Discreet


@runtime_checkable
class NeedsModel(Protocol):
    """An `execute` that asks a model, and takes the team's where it has none.

    Attributes:
        model: Who is asked; `None` until it is bound to one.
    """

    model: Any

    def bind(self, model: Any) -> Any:
        """Return it with `model` filled in, if it had none of its own."""


@dataclass(frozen=True, slots=True)
class Agent(Discreet):
    """Someone who can do a kind of task.

    Attributes:
        name: What plans call it; unique in a team.
        description: What it is good at, in a sentence: the planner reads this.
        execute: `execute(task, context) -> result`, a plain or an async function
            or anything else that can be called so. `task` is the description of
            the task; `context` maps the id of each dependency to its result.

    Raises:
        AgentError: The name is empty, or `execute` cannot be called with a task
            and a context.

    Example:
        >>> shout = Agent("shout", "Says it louder", lambda task, context: task.upper())
        >>> shout("hello", {})
        'HELLO'
    """

    name: str
    description: str
    execute: Callable[..., Any] = field(repr=False)
    is_async: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_text(self.name, self.description)
        _check_callable(self.name, self.execute)
        object.__setattr__(self, "is_async", _is_async(self.execute))

    @staticmethod
    def llm(
        name: str,
        description: str,
        *,
        system: str | None = None,
        model: Any = None,
        **parameters: Any,
    ) -> "Agent":
        """Return an agent that hands its task to a language model.

        Args:
            name: What plans call it.
            description: What it is good at, in a sentence.
            system: The system prompt; `None` makes one from the description.
            model: Name of the model, or a scripted one; `None` takes the team's.
            parameters: Passed with each request, such as `temperature=0`.
        """
        from nbagents.agents.llm import LanguageModel

        execute = LanguageModel(
            system=system or f"You are {name}. {description}",
            model=model,
            parameters=parameters,
        )
        return Agent(name, description, execute)

    def bind(self, model: Any) -> "Agent":
        """Return the agent with `model` where it needs one and has none."""
        if isinstance(self.execute, NeedsModel):
            return Agent(self.name, self.description, self.execute.bind(model))
        return self

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another agent, whatever it is called."""
        return (self.execute,)

    def __call__(self, task: str, context: dict[str, Any] | None = None) -> Any:
        """Do `task` now, outside any run; a coroutine when `execute` is async."""
        return self.execute(task, {} if context is None else context)

    def __getattr__(self, name: str) -> Any:
        # `agent??` in a notebook follows `__wrapped__` to the user's own source.
        # As a property the class would have it too, and `Agent?` would break.
        if name == "__wrapped__":
            return self.execute
        message = f"an agent has no attribute {name!r}"
        raise AttributeError(message)


@overload
def agent(execute: Callable[..., Any], /) -> Agent: ...


@overload
def agent(
    *, name: str | None = None, description: str | None = None
) -> Callable[[Callable[..., Any]], Agent]: ...


def agent(
    execute: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
) -> Agent | Callable[[Callable[..., Any]], Agent]:
    """Make an agent of a function, with or without arguments to the decorator.

    Args:
        execute: `execute(task, context)`, plain or async.
        name: `None` takes the function's name.
        description: `None` takes the first paragraph of the docstring.

    Raises:
        AgentError: The function cannot be called with a task and a context.

    Example:
        >>> @agent
        ... def analyst(task: str, context: dict) -> str:
        ...     '''Finds patterns.'''
        ...     return "up"
        >>> analyst
        Agent(name='analyst', description='Finds patterns.')
    """

    def decorate(function: Callable[..., Any]) -> Agent:
        own_name = name or str(getattr(function, "__name__", type(function).__name__))
        return Agent(own_name, description or describe(function, own_name), function)

    return decorate if execute is None else decorate(execute)


def describe(function: Any, name: str) -> str:
    """Return the first paragraph of the docstring, else the name as words."""
    doc = inspect.getdoc(function) if hasattr(function, "__name__") else None
    paragraph = (doc or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()) or name.replace("_", " ")


def _check_text(name: Any, description: Any) -> None:
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


def _check_callable(name: str, execute: Any) -> None:
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


def _is_async(execute: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(execute) or inspect.iscoroutinefunction(
        getattr(execute, "__call__", None)  # noqa: B004 - an object's own method
    )
