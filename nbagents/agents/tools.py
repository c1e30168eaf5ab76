"""Tools: functions that a model may call while it does a task."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, update_wrapper
from typing import Any, overload

from nbagents.agents.signatures import Signature
from nbagents.errors import AgentError, alternatives

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Tool:
    """A function that a model may call; it is called like the function itself.

    Attributes:
        name: What models call it.
        description: What they are told of it.
        function: The function, plain or async.
        approve: Whether a person approves each call of it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        approve: bool = False,
    ) -> None:
        self.approve = bool(approve)
        if not callable(function):
            message = f"a tool is a function, not {type(function).__name__}"
            raise AgentError(message)
        self.function = function
        self.name = name or str(getattr(function, "__name__", type(function).__name__))
        self.description = _described(function) if description is None else description
        if not _NAME.fullmatch(self.name):
            message = (
                f"no tool can be called {self.name!r}: models take up to 64 letters, "
                "digits, '_' and '-'"
            )
            raise AgentError(message).with_note('Try: @tool(name="search")')
        update_wrapper(self, function, updated=())

    @cached_property
    def signature(self) -> Signature:
        """What it takes."""
        return Signature(self.function, self.name)

    @property
    def spec(self) -> dict[str, Any]:
        """What a model is told of it, as openai takes it."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": self.signature.schema,
        }
        return {"type": "function", "function": function}

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another tool."""
        return self.name, self.description, self.function, self.approve

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"


def collected(tools: Any, agent: str) -> tuple[Tool, ...]:
    """Return what is given as `tools=` as tools, each known by its own name.

    Raises:
        AgentError: It is not a list of functions, one of them cannot be called by a
            model, or two have the same name.
    """
    if not isinstance(tools, Iterable) or isinstance(tools, str | Mapping):
        message = f"the tools of agent '{agent}' are a list of functions, not {tools!r}"
        raise AgentError(message).with_note("Try: Agent.llm(..., tools=[search])")
    made = [each if isinstance(each, Tool) else Tool(each) for each in tools]
    names = [each.name for each in made]
    for each in made:
        if names.count(each.name) > 1:
            message = f"agent '{agent}' has two tools called '{each.name}'"
            raise AgentError(message).with_note('Try: @tool(name="another")')
        _ = each.spec  # Now, and not when the first task of a run asks for it.
    return tuple(made)


def named(tools: Iterable[Tool], name: str) -> Tool:
    """Return the tool that a model means.

    Raises:
        ValueError: There is none of that name.
    """
    known = {each.name: each for each in tools}
    if name not in known:
        raise ValueError(
            f"there is no tool '{name}' {alternatives(name, tuple(known))}"
        )
    return known[name]


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    approve: bool = False,
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    approve: bool = False,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function, with or without arguments to the decorator.

    `Agent.llm(..., tools=[...])` takes plain functions as well; this one says more.

    Args:
        function: Plain or async, each parameter annotated with what JSON can be. Its
            docstring tells the model what it does, and what its `Args:` are.
        name: What models call it; `None` takes the function's name.
        description: What models are told; `None` takes the docstring up to `Args:`.
        approve: Have the run pause before each call, until you say `run.approve(id)` or
            `run.refuse(id, why)`.

    Raises:
        AgentError: No model can call it.

    Example:
        >>> @tool
        ... def add(a: int, b: int) -> int:
        ...     '''Adds two numbers.'''
        ...     return a + b
        >>> add
        Tool('add')
        >>> add(1, 2)
        3
    """

    def decorate(function: Callable[..., Any]) -> Tool:
        return Tool(function, name=name, description=description, approve=approve)

    return decorate if function is None else decorate(function)


def _described(function: Callable[..., Any]) -> str:
    doc = inspect.getdoc(function) if hasattr(function, "__name__") else None
    head = re.split(
        r"^(?:Args|Arguments|Parameters|Returns|Raises):\s*$",
        doc or "",
        maxsplit=1,
        flags=re.MULTILINE,
    )[0]
    return head.strip()
