"""The agents of a team, by name, from whatever a user gave."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nbagents.agents.agent import Agent, agent, describe
from nbagents.errors import AgentError


def roster(agents: Mapping[str, Any] | Iterable[Any]) -> dict[str, Agent]:
    """Return `{name: agent}`, in the order given.

    Args:
        agents: A list, or a dict by name. Each is an `Agent`, a function
            `(task, context)`, or an object with such a method `execute`. In a
            dict the key is the name.

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
    if callable(value):
        return agent(name=name)(value)
    message = f"{type(value).__name__} cannot be an agent: it cannot be called"
    raise AgentError(message).with_note(
        "An agent is an Agent, a function (task, context), or has such an execute()."
    )


def _execute_of(value: Any) -> Any:
    try:
        return getattr(value, "execute", None)
    except Exception as error:
        kind = type(value).__name__
        message = f"{kind} cannot be an agent: it raised {error!r:.60} when looked at"
        raise AgentError(message) from error
