"""The reporter of one attempt: carries what an agent tells to the engine."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.attempt import Call
from nbagents.reporting import Reporter

Tell = Callable[[Call, e.AttemptEvent], None]


class AttemptReporter(Reporter):
    """Turns what the agent of one attempt tells into events.

    `tell` takes each event to the engine's thread, and drops it there when the
    attempt is over: an abandoned agent may talk on.
    """

    __slots__ = ("_call", "_tell")

    def __init__(self, call: Call, tell: Tell) -> None:
        self._call = call
        self._tell = tell

    def progress(self, message: str, fraction: float | None) -> None:
        """Pass on how far the task is."""
        if fraction is not None:
            fraction = min(1.0, max(0.0, float(fraction)))
        self._send(e.Progress, message, fraction)

    def asked(
        self, model: str, messages: Sequence[Mapping[str, Any]], *, simulated: bool
    ) -> None:
        """Pass on a prompt, as it is now: the caller may go on adding to it."""
        sent = tuple(dict(message) for message in messages)
        self._send(e.ModelAsked, model, sent, simulated)

    def answered(
        self,
        model: str,
        input_tokens: int | None,
        output_tokens: int | None,
        seconds: float,
        *,
        cost: float | None = None,
    ) -> None:
        """Pass on what an answer took."""
        self._send(e.ModelAnswered, model, input_tokens, output_tokens, seconds, cost)

    def _send(self, kind: Callable[..., e.AttemptEvent], *values: Any) -> None:
        call = self._call
        self._tell(call, kind(time.time(), call.task, call.number, *values))
