"""What a user gives to a team, checked."""

import math
from collections.abc import Mapping
from typing import Any

from nbagents.agents import Agent
from nbagents.errors import alternatives
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
