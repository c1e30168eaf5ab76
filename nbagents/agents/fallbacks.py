"""Who takes over from an agent that has failed for good, as a user gave it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from nbagents.agents.agent import Agent
from nbagents.agents.roster import as_agent
from nbagents.errors import AgentError, alternatives

Fallbacks = dict[str, tuple[str, ...]]
"""By the name of an agent, the names of those that take over, in order."""


def fallbacks_of(
    given: Any, agents: Mapping[str, Agent], others: Collection[str] = ()
) -> tuple[Fallbacks, dict[str, Agent]]:
    """Return who takes over from whom, and the agents that only do that, by name.

    Args:
        given: By the name of an agent those that take over: agents, functions, or names
            of the team; `None` for nobody.
        agents: The team, by name.
        others: Names that may be used besides, of agents that join later.

    Raises:
        AgentError: A name is unknown or comes twice, or something cannot be an agent.
    """
    if given is None:
        return {}, {}
    if not isinstance(given, Mapping):
        message = f"fallbacks must be a dict by name, not {type(given).__name__}"
        raise AgentError(message).with_note(_TRY)
    joined: dict[str, Agent] = {}
    found = {
        _known(name, {*agents, *others}): _named(name, each, agents, joined)
        for name, each in given.items()
    }
    return found, joined


_TRY = 'Try: Orchestrator(..., fallbacks={"writer": [backup]})'


def _named(
    name: str, given: Any, agents: Mapping[str, Agent], joined: dict[str, Agent]
) -> tuple[str, ...]:
    listed = _listed(name, given)
    names = tuple(_name_of(each, agents, joined) for each in listed)
    if name in names:
        message = f"agent '{name}' cannot take over from itself"
        raise AgentError(message).with_note("To try it again: retry=3")
    for each in names:
        if names.count(each) > 1:
            message = f"'{each}' is to take over from '{name}' more than once"
            raise AgentError(message).with_note("To try it more often: retry=3")
    return names


def _listed(name: str, given: Any) -> list[Any]:
    if isinstance(given, str | Agent) or not isinstance(given, Iterable):
        return [given]
    if isinstance(given, Mapping):
        message = f"the fallbacks of '{name}' must be a list, not a dict"
        raise AgentError(message).with_note(_TRY)
    return list(given)


def _name_of(value: Any, agents: Mapping[str, Agent], joined: dict[str, Agent]) -> str:
    """Return the name of a fallback; one that is in no team yet joins."""
    if isinstance(value, str):
        return _known(value, {**agents, **joined})
    new = as_agent(value)
    known = agents.get(new.name) or joined.get(new.name)
    if known is not None and known != new:
        message = f"a fallback is named '{new.name}', as another agent is"
        raise AgentError(message).with_note(
            "Give it a name of its own: Agent(name, description, execute)"
        )
    if known is None:
        joined[new.name] = new
    return new.name


def _known(name: Any, names: Collection[str]) -> str:
    if not isinstance(name, str) or name not in names:
        known = alternatives(name, tuple(sorted(names)))
        message = f"fallbacks name an agent {name!r:.60} that the team has not {known}"
        raise AgentError(message)
    return name
