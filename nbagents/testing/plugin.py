"""Fixtures for pytest; nothing loads them but a test suite that says so.

In a `conftest.py` at the top: `pytest_plugins = ["nbagents.testing.plugin"]`.
"""

from collections.abc import Callable
from typing import Any

import pytest

from nbagents.models import server, wire
from nbagents.testing.spying import SpyModel

_SETTINGS = ("API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID")


@pytest.fixture
def scripted_model() -> Callable[..., SpyModel]:
    """Return what makes a scripted model that remembers what it was asked.

    It takes what `ScriptedModel` takes, or one text for every request.
    """
    return SpyModel


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no real model be reached: there is no key, and each request fails at once.

    Those of a `ScriptedModel` go on as ever.
    """
    for name in _SETTINGS:
        monkeypatch.delenv(f"OPENAI_{name}", raising=False)
    monkeypatch.setattr(server.OpenAIServer, "transport", _refusing)
    monkeypatch.setattr(server.OpenAIServer, "sync_transport", _refusing)


def _refusing(self: server.OpenAIServer) -> Any:
    del self
    return wire.refusing("this test is offline")
