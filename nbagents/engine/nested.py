"""Runs within runs: what the agents of one run began, and what that run is done for.

A run that an agent begins is a run of its own. Here the two know each other: the outer
one keeps the inner ones, stops and pauses them with their attempt, and the inner one
tells of what it asks of models to the attempt that it is done for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from nbagents.engine import background
from nbagents.engine.attempt import Call
from nbagents.engine.lifecycle import WAITING_RUN
from nbagents.engine.record import Attempt
from nbagents.engine.state import RunState
from nbagents.reporting import Reporter

if TYPE_CHECKING:
    from nbagents.engine.loop import Engine

_STOPPED = "the run that it is within was stopped"
_OF_RUN = " of run "
_PAUSED = "the run that it is within is pausing"


class Nested:
    """The runs within one run, and that which it is within.

    Attributes:
        outer: The reporter of the attempt that this run is done for: takes what it
            asks of models as well. It listens to nobody where a person began the run.
        origin: What the run was begun for, so that it can be taken up again for the
            same; `None` for one that is not.
    """

    def __init__(
        self, state: RunState, attend: Callable[[Call, "Engine"], None]
    ) -> None:
        """Know of none yet.

        Args:
            state: Where this run stands.
            attend: Takes it that an attempt is nothing but a run.
        """
        self._state = state
        self.outer = Reporter()
        self.origin: Any = None
        self._attend = attend
        self._begun: dict[str, list[Engine]] = {}
        self._lock = Lock()
        self._moved: list[Future[None]] = []
        self._questions = count(1)

    def begun(self, task: str) -> "tuple[Engine, ...]":
        """Return the runs that attempts of `task` began, the oldest first."""
        with self._lock:
            return tuple(self._begun.get(task, ()))

    def of_before(self, task: str) -> Iterator[str]:
        """Yield the ids of runs that attempts of `task` began, the newest first.

        Only of those by an agent that was the same as it is now, and not of a fork:
        what is within the run that it came from stays there.
        """
        if self._state.parent is not None:
            return
        *earlier, now = self._state.tasks[task].attempts
        for attempt in reversed(earlier):
            if _who(attempt) == _who(now):
                yield from reversed(attempt.runs)

    def hold(self, call: Call, engine: "Engine") -> None:
        """Keep a run that the agent of `call` began, or has taken up again."""
        with self._lock:
            listed = self._begun.setdefault(call.task, [])
            if engine in listed:
                listed.remove(engine)
            listed.append(engine)
            call.inner = (*call.inner, engine)

    def stand(self, call: Call, engine: "Engine") -> None:
        """Take it that `call` is nothing but that run, and takes as long."""
        background.ask(self._attend, call, engine)

    def question(self, run: str, task: str) -> list[dict[str, str]]:
        """Return what the outer attempt is told of a question of `task`.

        The prompt itself is kept in the run that asks. No two are the same, so an
        outer attempt does not seem to go round in circles.
        """
        number = next(self._questions)
        told = f"(asked by task '{task}'{_OF_RUN}{run}, question {number})"
        return [{"role": "user", "content": told}]

    def nudge(self) -> None:
        """Have those look again who wait for this run to move."""
        moved, self._moved = self._moved, []
        for future in moved:
            future.set_result(None)

    def when_moved(self, now: bool) -> Future[None]:  # noqa: FBT001 - asked by `ask`
        """Return a future that is done when the run moves on, or `now`."""
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()
        if now:
            future.set_result(None)
        else:
            self._moved.append(future)
        return future


def _who(attempt: Attempt) -> tuple[str | None, ...]:
    return attempt.agent, attempt.agent_digest, attempt.by_digest


def asked_by(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the id of the inner run that asked, of what `question` says of it.

    `None` where an attempt tells of a prompt of its own.
    """
    told = messages[0].get("content") if len(messages) == 1 else None
    if not isinstance(told, str) or not told.startswith("(asked by task '"):
        return None
    return told.rpartition(_OF_RUN)[2].partition(",")[0]


def stop(call: Call) -> None:
    """Take away what is at work in the runs that the agent of `call` began.

    Also where the agent is a plain function, which itself cannot be stopped.
    """
    for engine in call.inner:
        engine.interrupt(_STOPPED)


def set_aside(call: Call) -> None:
    """Pause the run that `call` stands for; its task waits again when it has."""
    inner = call.stands_for
    if inner is None:
        return
    call.aside = True
    inner.pause(_PAUSED)
    inner.nested.nudge()


def next_move(engine: "Engine", is_wanted_back: Callable[[], bool]) -> Future[None]:
    """Return a future that is done when a run that stands may have gone on."""

    def ask() -> Future[None]:
        waits = engine.state.status in WAITING_RUN and not is_wanted_back()
        return engine.nested.when_moved(not waits)

    return background.ask(ask)
