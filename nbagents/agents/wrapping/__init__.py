"""Agents of other frameworks as ours, without importing any of those.

`knowing` tells by its class which framework an object is of; `framework` is what all
of them have in common: the prompt, and what is told of the call; and each framework has
a file with how its agents are run and what their results look like.
"""

from nbagents.agents.wrapping.framework import Framework
from nbagents.agents.wrapping.knowing import SUPPORTED, adapted

__all__ = ["SUPPORTED", "Framework", "adapted"]
