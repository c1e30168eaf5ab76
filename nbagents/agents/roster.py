"""The agents of a team, by name, from whatever a user gave."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nbagents.agents.agent import Agent, agent, describe
from nbagents.agents.wrapping import SUPPORTED, adapted
from nbagents.errors import AgentError
from nbagents.retrying import Retry


def roster(agents: Mapping[str, Any] | Iterable[Any]) -> dict[str, Agent]:
    """Return `{name: agent}`, in the order given.

    Args:
        agents: A list, or a dict by name. Each is an `Agent`, a function
            `(task, context)`, an object with such a method `execute`, or an agent
            of another framework, as `Agent.wrap` takes them. In a dict the key is
            the name.

    Raises:
        AgentError: One of them cannot be an agent, a name comes twice, or there
            are none.
    """
    if isinstance(agents, str | Agent) or not isinstance(agents, Iterable):
        message = f"agents must be a list or a dict, not {type(agents).__name__}"
        raise AgentError(message).with_note("Try: Orchestrator([analyst, writer])")
    if isinstance(agents, Mapping):
        return {name: as_agent(each, name) for name, each in agents.items()}
    result: dict[str, Agent] = {}
    for each in map(as_agent, agents):
        if each.name in result:
            message = f"two agents are named '{each.name}'"
            raise AgentError(message).with_note(
                f"Try: Orchestrator({{'{each.name}': ..., '{each.name}_2': ...}})"
            )
        result[each.name] = each
    return result


def as_agent(value: Any, name: str | None = None) -> Agent:
    """Return `value` as an agent, under `name` where one is given."""
    if isinstance(value, Agent):
        same = name is None or name == value.name
        return value if same else replace(value, name=name or "")
    execute = _execute_of(value)
    if callable(execute):
        own_name = name or str(getattr(value, "name", type(value).__name__))
        description = getattr(value, "description", None)
        return Agent(own_name, description or describe(value, own_name), execute)
    framework = adapted(value)
    if framework is not None:
        own_name = name or framework.own_name or type(value).__name__
        return Agent(own_name, framework.own_description or own_name, framework)
    if callable(value):
        return agent(name=name)(value)
    message = f"{type(value).__name__} cannot be an agent: it cannot be called"
    raise AgentError(message).with_note(
        "An agent is an Agent, a function (task, context), has such an execute(), or "
        f"is {SUPPORTED}."
    )


def wrapped(
    value: Any,
    name: str | None,
    description: str | None,
    retry: Retry | int | None,
) -> Agent:
    """Return `value` as an agent, with what is not `None` instead of its own.

    Raises:
        AgentError: It cannot be one.
    """
    made = as_agent(value, name)
    said = description or _docstring_of(value) or made.description
    own = made.retry if retry is None else retry
    return replace(made, description=said, retry=own)


def _docstring_of(value: Any) -> str | None:
    """Return what the class of an object with `execute` says of it, if it says it."""
    if isinstance(value, Agent | type) or not callable(_execute_of(value)):
        return None
    if getattr(value, "description", None):
        return None
    doc = inspect.getdoc(_execute_of(value)) or inspect.getdoc(type(value))
    return " ".join((doc or "").strip().split("\n\n")[0].split()) or None


def _execute_of(value: Any) -> Any:
    try:
        return getattr(value, "execute", None)
    except Exception as error:
        kind = type(value).__name__
        message = f"{kind} cannot be an agent: it raised {error!r:.60} when looked at"
        raise AgentError(message) from error
