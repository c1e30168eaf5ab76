"""Gate: where every question to a model passes, on whatever thread it is asked.

It counts by itself and does not wait for the engine's thread, so of many agents that
ask at once no more get through than may. Everything here is safe on any thread.
"""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from nbagents.engine import spending
from nbagents.engine.attempt import Call
from nbagents.engine.limits import Limits
from nbagents.engine.repeats import Repeats
from nbagents.engine.spending import Spent, Wall
from nbagents.engine.state import RunState
from nbagents.errors import LimitReachedError, RepeatedCallError, RunStateError


class Gate:
    """Counts what one run asks of models, and stops what would be too much.

    What it counts is what the history will say, but sooner; and it also counts what an
    attempt told when nobody waited for it any more.

    Attributes:
        is_limited: Whether anything is limited that adds up.
        lock: Held while something is counted.
    """

    def __init__(self, state: RunState) -> None:
        self.lock = Lock()
        self._limits = state.limits
        self.is_limited = state.limits.are_set
        self._spent = state.spent
        self._wall: Wall | None = None
        self._refused: set[Call] = set()

    @property
    def limits(self) -> Limits:
        """What holds now."""
        return self._limits

    def open(self) -> None:
        """Forget who was kept from asking: the run goes on."""
        with self.lock:
            self._wall = None
            self._refused.clear()

    def change(self, limits: Limits) -> None:
        """Have `limits` hold from here on."""
        with self.lock:
            self._limits = limits
            self.is_limited = limits.are_set
            self._wall = None

    def attempt(self, call: Call) -> "AttemptGate":
        """Return the gate of one attempt."""
        return AttemptGate(self, call)

    def before_task(self, spent: Spent, seconds: float) -> Wall | None:
        """Return what keeps a task from being started; `None` if nothing does.

        Args:
            spent: What the history says was used.
            seconds: For how long the run was running.
        """
        with self.lock:
            now, limits, wall = self._spent, self._limits, self._wall
        told = Spent(spent.tasks, now.calls, now.tokens, now.cost, now.unpriced)
        return wall or spending.before_task(limits, told, seconds)

    def has_refused(self, call: Call) -> bool:
        """Return whether this attempt was kept from asking."""
        with self.lock:
            return call in self._refused

    @property
    def wall(self) -> Wall | None:
        """What kept an attempt from asking, while that holds."""
        return self._wall

    def reserve(self, call: Call) -> None:
        """Count one more question of `call`, or raise `LimitReachedError`."""
        with self.lock:
            wall = spending.before_call(self._limits, self._spent)
            if wall is None:
                self._spent = self._spent.asked()
                return
            self._wall = wall
            self._refused.add(call)
        error = LimitReachedError(wall.said, limit=wall.limit, used=wall.used)
        raise error.with_note(f"Try: {wall.remedy}")

    def turn_away(self, call: Call, error: LimitReachedError) -> None:
        """Take back a question of `call` that the run around this one may not ask."""
        remedy = "raise the limit of the run that it is within, and resume that one"
        said = f"the run that it is within {error}"
        used = error.used
        wall = Wall(limit=error.limit, used=used, most=used, said=said, remedy=remedy)
        with self.lock:
            self._spent = self._spent.withdrawn()
            self._wall = wall
            self._refused.add(call)

    def answered(self, tokens: int, cost: float | None, *, asked: bool) -> None:
        """Count what an answer took; `asked` says that the question was counted."""
        with self.lock:
            spent = self._spent if asked else self._spent.asked()
            self._spent = spent.answered(tokens, cost)


class AttemptGate:
    """Where the questions of one attempt pass."""

    __slots__ = ("_call", "_gate", "_open", "_repeats")

    def __init__(self, gate: Gate, call: Call) -> None:
        self._gate = gate
        self._call = call
        # Made when it is needed: most attempts of a large plan ask nothing.
        self._repeats: Repeats | None = None
        self._open = 0

    def ask(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
    ) -> None:
        """Let a question pass, or raise.

        Raises:
            LimitReachedError: The run may ask no more.
            RepeatedCallError: The attempt has asked just this too often.
            RunStateError: Nobody waits for the attempt any more.
        """
        self._require_wanted()
        most = self._gate.limits.repeats
        if most is not None:
            times = self._own_repeats().ask(model, messages, parameters)
            if times >= most:
                raise RepeatedCallError(model, times + 1)
        self._gate.reserve(self._call)
        with self._gate.lock:
            self._open += 1

    def turn_away(self, error: LimitReachedError) -> None:
        """Take back the question that has just passed: it is asked of nobody."""
        with self._gate.lock:
            self._open -= 1
        self._gate.turn_away(self._call, error)

    @property
    def has_refused(self) -> bool:
        """Whether a limit kept the attempt from asking."""
        return self._gate.has_refused(self._call)

    def answered(self, tokens: int, cost: float | None) -> None:
        """Take what an answer took."""
        with self._gate.lock:
            asked = self._open > 0
            self._open -= asked
        self._own_repeats().answered()
        self._gate.answered(tokens, cost, asked=asked)

    def _own_repeats(self) -> Repeats:
        with self._gate.lock:
            if self._repeats is None:
                self._repeats = Repeats()
            return self._repeats

    def _require_wanted(self) -> None:
        # What it would ask could not be counted: the history has closed over it.
        if self._call.over:
            message = f"this attempt of task '{self._call.task}' was given up on"
            raise RunStateError(message, verb="ask", status="cancelled")
