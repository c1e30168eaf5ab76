"""Agent: a name, a description, and something that does the work."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, overload, runtime_checkable

from nbagents import isolation
from nbagents.agents.checking import (
    Isolation,
    check_callable,
    check_isolate,
    check_text,
    is_async,
    retry_of,
)
from nbagents.isolation import Apart
from nbagents.redaction import redacted
from nbagents.retrying import Retry


@runtime_checkable
class NeedsModel(Protocol):
    """An `execute` that asks a model, and takes the team's where it has none.

    Attributes:
        model: Who is asked; `None` until it is bound to one.
    """

    model: Any

    def bind(self, model: Any) -> Any:
        """Return it with `model` filled in, if it had none of its own."""


@dataclass(frozen=True, slots=True, repr=False)
class Agent:
    """Someone who can do a kind of task.

    Attributes:
        name: What plans call it; unique in a team.
        description: What it is good at, in a sentence: the planner reads this.
        execute: `execute(task, context) -> result`, a plain or an async function
            or anything else that can be called so. `task` is the description of
            the task; `context` maps the id of each dependency to its result.
        isolate: `"process"` has a run do each attempt in a fresh process, which a
            timeout, an interrupt or a cancel kills at once, and whose crash costs
            one task. Functions and classes of a notebook are sent along; what the
            agent is given and returns must pickle, and variables that it changes
            change there. `None` is this process.
        retry: How often a run tries each of its tasks, a `Retry` or a number of
            tries; `None` is what the team says. Outside a run it does nothing.

    Raises:
        AgentError: The name is empty, `execute` cannot be called with a task and a
            context, `isolate` is no such word, this system has no processes, or
            `retry` is not how often.

    Example:
        >>> shout = Agent("shout", "Says it louder", lambda task, context: task.upper())
        >>> shout("hello", {})
        'HELLO'
    """

    name: str
    description: str
    execute: Callable[..., Any]
    isolate: Isolation | None = field(default=None, kw_only=True)
    retry: Retry | int | None = field(default=None, kw_only=True)
    is_async: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        check_text(self.name, self.description)
        check_callable(self.name, self.execute)
        check_isolate(self.name, self.isolate)
        object.__setattr__(self, "retry", retry_of(self.name, self.retry))
        object.__setattr__(self, "is_async", is_async(self.execute))

    @staticmethod
    def llm(
        name: str,
        description: str,
        *,
        system: str | None = None,
        model: Any = None,
        retry: Retry | int | None = None,
        stream: bool = True,
        output: Any = None,
        images: bool = False,
        tools: Iterable[Callable[..., Any]] = (),
        max_turns: int = 10,
        **parameters: Any,
    ) -> "Agent":
        """Return an agent that hands its task to a language model.

        Args:
            name: What plans call it.
            description: What it is good at, in a sentence.
            system: The system prompt; `None` makes one from the description.
            model: Name of the model, or a scripted one; `None` takes the team's.
            retry: How often each of its tasks is tried; `None` is what the team says.
            stream: Whether a task shows the answer while it comes.
            output: Type of the answer, such as a model of pydantic; the result is its
                data, as JSON has it. `None` is text.
            images: Whether the model looks at pictures and files among the results.
            tools: Functions that the model may call, plain or async, with what they
                take annotated; `@tool` says more of one. See docs/models.md.
            max_turns: How often the model is asked for one answer, tools in between.
            parameters: Passed with each request, such as `temperature=0`.
        """
        from nbagents.agents.llm import of

        system = system or f"You are {name}. {description}"
        how: dict[str, Any] = {"output": output, "images": images, "stream": stream}
        more = {"tools": tools, "max_turns": max_turns}
        execute = of(name, system, model, parameters, **how, **more)
        return Agent(name, description, execute, retry=retry)

    @staticmethod
    def coder(
        name: str = "coder",
        description: str = "Writes Python, runs it and tells what came of it",
        *,
        sandbox: Any = "auto",
        allow_plain: bool = False,
        model: Any = None,
        system: str | None = None,
        repairs: int = 2,
        seconds: float = 60,
        retry: Retry | int | None = None,
        **parameters: Any,
    ) -> "Agent":
        """Return an agent that does its tasks by programs: see docs/code_agents.md.

        A model writes Python, a fresh sandbox runs it, and errors go back to the model.
        The result is a `CodeResult`: what was printed, files, figures, the program.
        Results of other tasks are files for it, below `inputs/`.

        Args:
            name: What plans call it.
            description: What it is good at, in a sentence.
            sandbox: Where programs run: `"auto"` takes the strongest there is, a name
                that level and no other; or a `Sandbox` of your own.
            allow_plain: Take a plain process where there is no sandbox. It holds
                nothing back: the program can do all that you can.
            model: Name of the model, or a scripted one; `None` takes the team's.
            system: What the model is told that it is; `None` makes it from the
                description. How its program runs is told in any case.
            repairs: How often the model is asked to repair, in each attempt.
            seconds: When a program is killed.
            retry: How often each of its tasks is tried; `None` is what the team says.
            parameters: Passed with each request, such as `temperature=0`.

        Raises:
            AgentError: `repairs` or `seconds` is no such number.
        """
        from nbagents.agents.coding import Coder

        execute = Coder(
            system=system or f"You are {name}. {description}",
            sandbox=sandbox,
            allow_plain=allow_plain,
            model=model,
            repairs=repairs,
            seconds=seconds,
            parameters=parameters,
        )
        return Agent(name, description, execute, retry=retry)

    @staticmethod
    def wrap(
        obj: Any,
        *,
        name: str | None = None,
        description: str | None = None,
        retry: Retry | int | None = None,
    ) -> "Agent":
        """Return an agent that does its tasks by `obj`, as docs/patterns.md has it.

        Args:
            obj: A function, plain or async, or an object with `execute`, each called
                with `(task, context)`; or an agent of the OpenAI Agents SDK, of
                pydantic-ai or of smolagents, or a runnable of LangChain. Those get
                the task and the results it needs as one prompt, and what they take
                counts as one question to a model.
            name: What plans call it; `None` takes its own.
            description: What it is good at; `None` takes its own.
            retry: How often each of its tasks is tried; `None` is what the team says.

        Raises:
            AgentError: It is none of these.
        """
        from nbagents.agents.roster import wrapped

        return wrapped(obj, name, description, retry)

    def bind(self, model: Any) -> "Agent":
        """Return the agent with `model` where it needs one and has none."""
        if isinstance(self.execute, NeedsModel):
            return replace(self, execute=self.execute.bind(model))
        return self

    @property
    def apart(self) -> Apart | None:
        """What does the work in a process of its own; `None` without `isolate`."""
        if self.isolate is None:
            return None
        return partial(isolation.apart, self.name, self.execute)

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

    def __repr__(self) -> str:
        isolate = f", isolate={self.isolate!r}" if self.isolate else ""
        said = f"name={self.name!r}, description={self.description!r}"
        return redacted(f"Agent({said}{isolate})")


@overload
def agent(execute: Callable[..., Any], /) -> Agent: ...


@overload
def agent(
    *,
    name: str | None = None,
    description: str | None = None,
    isolate: Isolation | None = None,
    retry: Retry | int | None = None,
) -> Callable[[Callable[..., Any]], Agent]: ...


def agent(
    execute: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    isolate: Isolation | None = None,
    retry: Retry | int | None = None,
) -> Agent | Callable[[Callable[..., Any]], Agent]:
    """Make an agent of a function, with or without arguments to the decorator.

    Args:
        execute: `execute(task, context)`, plain or async.
        name: `None` takes the function's name.
        description: `None` takes the first paragraph of the docstring.
        isolate: `"process"` has each attempt of a run done in a process of its own,
            which can be killed; `None` is this process.
        retry: How often a run tries each of its tasks, a `Retry` or a number of
            tries; `None` is what the team says.

    Raises:
        AgentError: The function cannot be called with a task and a context,
            `isolate` is no such word, or `retry` is not how often.

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
        purpose = description or describe(function, own_name)
        return Agent(own_name, purpose, function, isolate=isolate, retry=retry)

    return decorate if execute is None else decorate(execute)


def describe(function: Any, name: str) -> str:
    """Return the first paragraph of the docstring, else the name as words."""
    doc = inspect.getdoc(function) if hasattr(function, "__name__") else None
    paragraph = (doc or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()) or name.replace("_", " ")
