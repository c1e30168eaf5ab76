"""How a task at work tells of itself: progress, prompts, tokens, cost.

The engine puts a reporter into the context of each attempt; agents and models
find it here, on whatever thread or coroutine they run, and outside a run they
find one that listens to nobody. This module knows neither side.
"""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from typing import Any

_NONE: Mapping[str, Any] = {}


class Reporter:
    """Takes what one attempt tells of itself; this one listens to nobody.

    Safe to call from any thread.
    """

    __slots__ = ()

    def progress(self, message: str, fraction: float | None) -> None:
        """Take a message, and how much is done, from 0 to 1 where that is known."""

    def asked(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        simulated: bool,
        parameters: Mapping[str, Any] = _NONE,
    ) -> None:
        """Take a prompt that is about to be sent, and what is sent along with it.

        What this raises says that it must not be sent: let it pass.
        """

    def answered(
        self,
        model: str,
        input_tokens: int | None,
        output_tokens: int | None,
        seconds: float,
        *,
        cost: float | None = None,
    ) -> None:
        """Take what an answer took: tokens, seconds, and `cost` in US dollars.

        Tokens are `None` where the server did not tell, `cost` where the price or
        the tokens are not known.
        """

    def called(self, tool: str, arguments: str) -> int:
        """Take a call of a tool by a model, with its arguments as JSON.

        Returns its number in the attempt, to be given with what it returns.
        """
        del tool, arguments
        return 0

    def allowed(self, words: str, memory: Any) -> str | None:
        """Return `None` if a person has approved this call, else why it is not to be.

        Where nobody has decided it raises, which ends the attempt: let it pass. The
        next one gets `memory` by `recalled`.
        """
        del words, memory
        return "there is nobody to approve it: that takes a run"

    def recalled(self) -> Any:
        """Return, once, what the attempt goes on from; `None` where it begins anew."""
        return None

    def returned(
        self, call: int, result: str, seconds: float, *, failed: bool = False
    ) -> None:
        """Take what that call returned, as the model is told of it."""

    def began(self, run: str, engine: Any = None) -> None:
        """Take the id of a run that the agent began, to do its task with a team.

        `engine` is what runs it, in this process.
        """

    @property
    def owner(self) -> str:
        """Whose work this is, as `"run/task/attempt"`; empty outside of runs."""
        return ""

    @property
    def follows_a_change(self) -> bool:
        """Whether a person has changed something in the run that this is made from."""
        return False

    @property
    def is_listening(self) -> bool:
        """Whether somebody still waits for the attempt."""
        return False


_NOBODY = Reporter()

current: ContextVar[Reporter] = ContextVar("nbagents_reporter", default=_NOBODY)
"""The reporter of the attempt that this code runs for."""

_inside: ContextVar[tuple[str, ...]] = ContextVar("nbagents_inside", default=())


def enter(run: str) -> Token[tuple[str, ...]]:
    """Have the code of this context run for an agent of the run of that id."""
    return _inside.set((*_inside.get(), run))


def leave(token: Token[tuple[str, ...]]) -> None:
    """Undo what `enter` did."""
    _inside.reset(token)


def is_inside(run: str) -> bool:
    """Return whether this code runs for an agent of the run of that id.

    Also for one of a run that such an agent started.
    """
    return run in _inside.get()


def outer_run() -> str | None:
    """Return the id of the run for an agent of which this code runs; `None` outside."""
    return next(reversed(_inside.get()), None)


def report(message: str = "", fraction: float | None = None) -> None:
    """Show how far the running task is, in the live view of its run.

    Call it from an agent, as often as you like; outside a run it does nothing.

    Args:
        message: One line, such as `"page 3 of 10"`.
        fraction: How much is done, from 0 to 1; `None` when that is not known.

    Example:
        >>> report("page 3 of 10", 0.3)
    """
    current.get().progress(str(message), fraction)
