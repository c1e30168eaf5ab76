"""For tests of agents: models that answer as you say, offline.

A `ScriptedModel` stands in for a language model wherever one is taken, and is served
through the real client, so a test runs the code that a real model would run. What is
here is public and stays; docs/testing.md shows it. Fixtures for pytest come with
`pytest_plugins = ["nbagents.testing.plugin"]` in a `conftest.py`.
"""

from nbagents.models.scripted import ScriptedModel, ScriptedReply, ScriptedRequest
from nbagents.models.scripted_error import ScriptedError
from nbagents.testing.spying import SpyModel, in_turn

__all__ = [
    "ScriptedError",
    "ScriptedModel",
    "ScriptedReply",
    "ScriptedRequest",
    "SpyModel",
    "in_turn",
]
