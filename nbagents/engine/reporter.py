"""The reporter of one attempt: carries what an agent tells to the engine."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbagents.engine import events as e
from nbagents.engine.attempt import Call
from nbagents.engine.gate import AttemptGate
from nbagents.engine.nested import Nested
from nbagents.errors import AwaitsApprovalError, LimitReachedError
from nbagents.reporting import Reporter

if TYPE_CHECKING:
    from nbagents.engine.loop import Engine

_NONE: Mapping[str, Any] = {}

Tell = Callable[[Call, e.AttemptEvent], None]


class AttemptReporter(Reporter):
    """Turns what the agent of one attempt tells into events.

    `tell` takes each event to the engine's thread, and drops it there when the
    attempt is over: an abandoned agent may talk on. `gate` lets its questions pass,
    and so does the attempt that the whole `run` is done for, as `nested` has it.
    """

    __slots__ = ("_call", "_called", "_gate", "_nested", "_run", "_tell", "follows")

    def __init__(
        self, call: Call, tell: Tell, gate: AttemptGate, run: str, nested: Nested
    ) -> None:
        self._call = call
        self._called = 0
        self._gate = gate
        self._nested = nested
        self._run = run
        self._tell = tell
        self.follows = False

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
            LimitReachedError: The run, or one that it is within, may ask no more.
            RepeatedCallError: The attempt has asked just this too often.
            RunStateError: Nobody waits for the attempt any more.
        """
        self._gate.ask(model, messages, parameters)
        self._ask_outside(model, simulated=simulated)
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
        took = (input_tokens, output_tokens, seconds)
        self._send(e.ModelAnswered, model, *took, cost)
        outer = self._nested.outer
        if outer.is_listening and self.is_listening:
            outer.answered(model, *took, cost=cost)

    def called(self, tool: str, arguments: str) -> int:
        """Pass on that a model called a tool, and return the number of the call."""
        self._called += 1
        self._send(e.ToolCalled, self._called, tool, arguments)
        return self._called

    def allowed(self, words: str, memory: Any) -> str | None:
        """Return `None` if a person has approved this call, or why one refused it.

        Raises:
            AwaitsApprovalError: Nobody has decided: the attempt ends here.
        """
        call = self._call
        if call.decided is not None and call.decided[0] == words:
            refused, call.decided = call.decided[1], None
            return refused
        call.awaits, call.memory = words, memory
        raise AwaitsApprovalError(words)

    def recalled(self) -> Any:
        """Return, once, what the attempt goes on from; `None` where it begins anew."""
        memory, self._call.memory = self._call.memory, None
        return memory

    def returned(
        self, call: int, result: str, seconds: float, *, failed: bool = False
    ) -> None:
        """Pass on what a call came back with."""
        self._send(e.ToolReturned, call, result, seconds, failed)

    def began(self, run: str, engine: Any = None) -> None:
        """Pass on that the agent began a run, and keep what runs it."""
        if engine is not None:
            self._nested.hold(self._call, engine)
        self._send(e.RunNested, run)

    @property
    def owner(self) -> str:
        """Whose work this is, as `"run/task/attempt"`."""
        return f"{self._run}/{self._call.task}/{self._call.number}"

    @property
    def follows_a_change(self) -> bool:
        """Whether a person changed what it is made from, here or in a run around."""
        return self.follows or self._nested.outer.follows_a_change

    @property
    def is_listening(self) -> bool:
        """Whether the attempt is still at work."""
        return not (self._call.over or self._call.back)

    # For an agent that is a team.

    @property
    def former(self) -> "tuple[Engine, ...]":
        """The runs that attempts of this task began, the oldest first."""
        return self._nested.begun(self._call.task)

    @property
    def of_before(self) -> tuple[str, ...]:
        """Ids of runs that this agent began for the task before, the newest first."""
        return tuple(self._nested.of_before(self._call.task))

    def stands_for(self, engine: "Engine") -> None:
        """Say that the attempt is nothing but that run: it has no time of its own."""
        self._nested.stand(self._call, engine)

    @property
    def is_wanted_back(self) -> bool:
        """Whether the task is to wait again, once the run that does it has paused."""
        return self._call.aside or self._gate.has_refused

    @property
    def arrived(self) -> Callable[[], None] | None:
        """Whom to tell that a run stands before its first task; `None` for nobody."""
        return self._call.arrived

    def _ask_outside(self, model: str, *, simulated: bool) -> None:
        """Have the question pass as well where the whole run is done for."""
        outer = self._nested.outer
        if not outer.is_listening:
            return
        told = self._nested.question(self._run, self._call.task)
        try:
            outer.asked(model, told, simulated=simulated)
        except LimitReachedError as error:
            self._gate.turn_away(error)
            raise

    def _send(self, kind: Callable[..., e.AttemptEvent], *values: Any) -> None:
        call = self._call
        self._tell(call, kind(time.time(), call.task, call.number, *values))
