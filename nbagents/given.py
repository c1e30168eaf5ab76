"""What a user gives to a team, checked."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from nbagents.agents import Agent
from nbagents.errors import UnknownTaskError, alternatives
from nbagents.graph import Plan


def as_plan(value: Any, agents: Mapping[str, Agent]) -> Plan:
    """Return `value` as a plan that these agents can carry out.

    Raises:
        PlanError: It cannot run, or names agents that there are not.
        TypeError: It is neither a plan nor a dict.
    """
    if isinstance(value, Plan):
        value.check_agents(agents)
        return value
    if isinstance(value, Mapping):
        return Plan.from_dict(value, agents=agents)
    message = f"expected a goal in words or a Plan, not {type(value).__name__}"
    raise TypeError(message)


def require_goal(goal: Any) -> str:
    """Return `goal`; raise unless it is text with something in it."""
    if not isinstance(goal, str):
        message = f"a goal is given in words, not as {type(goal).__name__}"
        raise TypeError(message)
    if not goal.strip():
        message = "the goal is empty"
        raise ValueError(message)
    return goal


def names_of(approve: Any) -> tuple[str, ...]:
    """Return `approve` as names, each once; raise `TypeError` where it has none."""
    listed = [approve] if isinstance(approve, str) else approve
    if isinstance(listed, Mapping) or not isinstance(listed, Iterable):
        message = f"approve must be names of agents or tasks, not {approve!r:.60}"
        raise TypeError(f"{message}. Try: approve={{'publisher'}}")
    names = list(listed)
    for name in names:
        if not isinstance(name, str):
            message = f"approve has names of agents or tasks, not {name!r:.60}"
            raise TypeError(message)
    return tuple(sorted(set(names)))


def check_approve(names: Iterable[str], plan: Plan, agents: Iterable[str]) -> None:
    """Raise `UnknownTaskError` for a name of no task and of no agent."""
    known = {*agents, *plan.dependencies}
    for name in names:
        if name not in known:
            raise UnknownTaskError(name, known).with_note(
                "approve= has ids of tasks and names of agents"
            )


def json_of(metadata: Any) -> dict[str, Any]:
    """Return a copy of `metadata`; raise unless it is JSON by name.

    Raises:
        TypeError: It is no dict by name, or something in it is no JSON value.
    """
    if not isinstance(metadata, Mapping):
        message = f"metadata must be a dict by name, not {type(metadata).__name__}"
        raise TypeError(message)
    for name in metadata:
        if not isinstance(name, str):
            message = f"metadata has names that are text, not {name!r:.60}"
            raise TypeError(message)
    found = dict(metadata)
    try:
        copy = json.loads(json.dumps(found, allow_nan=False))
    except (RecursionError, TypeError, ValueError) as error:
        message = f"metadata must be JSON values: {error}"
        raise TypeError(message) from None
    if copy != found:
        message = "metadata must be JSON values: it would come back as something else"
        raise TypeError(message)
    return found if not found else dict(copy)


def require_word(name: str, value: Any, words: tuple[str, ...]) -> None:
    """Raise `ValueError` unless `value` is one of `words`."""
    if not isinstance(value, str) or value not in words:
        known = alternatives(value, words)
        message = f"{name} cannot be {value!r:.60} {known}"
        raise ValueError(message)


def require_limit(name: str, value: Any, *, whole: bool) -> None:
    """Raise `ValueError` unless `value` is a number above 0."""
    kind = "a whole number" if whole else "a number of seconds"
    usable = isinstance(value, int if whole else int | float)
    if not usable or isinstance(value, bool) or not value > 0 or math.isinf(value):
        message = f"{name} must be {kind} above 0, not {value!r}"
        raise ValueError(message)
