"""A provider of spans for each test, which the whole process would have only one of."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace

from telemetry.traced import Traces


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """Have a user have set up OpenTelemetry, and return what comes of it."""
    made = Traces()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", made.provider)
    yield made
    assert made.open == {}
