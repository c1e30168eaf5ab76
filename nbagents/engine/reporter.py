"""The reporter of one attempt: carries what an agent tells to the engine."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.attempt import Call
from nbagents.engine.gate import AttemptGate
from nbagents.reporting import Reporter

_NONE: Mapping[str, Any] = {}

Tell = Callable[[Call, e.AttemptEvent], None]


class AttemptReporter(Reporter):
    """Turns what the agent of one attempt tells into events.

    `tell` takes each event to the engine's thread, and drops it there when the
    attempt is over: an abandoned agent may talk on. `gate` lets its questions pass.
    """

    __slots__ = ("_call", "_gate", "_tell")

    def __init__(self, call: Call, tell: Tell, gate: AttemptGate) -> None:
        self._call = call
        self._gate = gate
        self._tell = tell

    def progress(self, message: str, fraction: float | None) -> None:
        """Pass on how far the task is."""
        if fraction is not None:
            fraction = min(1.0, max(0.0, float(fraction)))
        self._send(e.Progress, message, fraction)

    def asked(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        simulated: bool,
        parameters: Mapping[str, Any] = _NONE,
    ) -> None:
        """Pass on a prompt, as it is now: the caller may go on adding to it.

        Raises:
            LimitReachedError: The run may ask no more.
            RepeatedCallError: The attempt has asked just this too often.
            RunStateError: Nobody waits for the attempt any more.
        """
        self._gate.ask(model, messages, parameters)
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
        self._gate.answered((input_tokens or 0) + (output_tokens or 0), cost)
        self._send(e.ModelAnswered, model, input_tokens, output_tokens, seconds, cost)

    def began(self, run: str) -> None:
        """Pass on that the agent began a run."""
        self._send(e.RunNested, run)

    def _send(self, kind: Callable[..., e.AttemptEvent], *values: Any) -> None:
        call = self._call
        self._tell(call, kind(time.time(), call.task, call.number, *values))
