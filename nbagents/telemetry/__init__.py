"""Runs as spans of OpenTelemetry, by its conventions for generative AI.

A view of what happens like any other: the engine tells it of events (`engine.monitor`),
and knows nothing of spans. `tracing` makes them, `spans` keeps those that are open, and
`attributes` words what they carry.

OpenTelemetry is never imported for its own sake: spans are made where somebody has
imported its API and set a tracer provider, as every set-up of it does. Where nobody
has, this is one look into a dict for each start of a run.
"""

import sys
from collections.abc import Callable
from typing import Any

from nbagents.engine.monitor import Follow, Follower
from nbagents.engine.state import RunState

__all__ = ["follow"]


def follow(name: str) -> Follow:
    """Return what makes spans of the runs of a team of that name, where they go on."""

    def of_run(state: RunState, before: Follower | None) -> Follower | None:
        if not _is_listened_to():
            return None
        from nbagents.telemetry.tracing import Tracing

        return Tracing(name, state, before if isinstance(before, Tracing) else None)

    return of_run


def _is_listened_to() -> bool:
    """Return whether somebody has set a tracer provider."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    get: Callable[[], Any] | None = getattr(trace, "get_tracer_provider", None)
    # Without one the API has a stand-in, whose spans go nowhere.
    return get is not None and not isinstance(get(), trace.ProxyTracerProvider)
