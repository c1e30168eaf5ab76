"""Asking a server until it answers: the one place where requests are sent again.

openai would do that by itself, each request on its own (`max_retries`, which is 0
here): fifty that are told to wait a second then come back together, and forty-five are
told so again. Here all requests to a server stand in one line.

What is overloaded or lost is asked again twice, as openai does it. A request that the
server puts off with 429, or with a time to come back, keeps its place in the line. A
wait that would not end before the deadline is not begun: the error is raised, says how
long the server wants, and a task that has a `Retry` waits for that, in nobody's way.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from nbagents.models.broken import BrokenAnswerError
from nbagents.models.gate import Gate
from nbagents.retrying import Retry, status_of, told_to_wait
from nbagents.retrying.worth import FINAL

# As openai has it: 0.5 s, then 1 s, a quarter of it by chance.
_TRIES = Retry(attempts=3, first=0.5, longest=8, jitter=0.25)
_MOST_REFUSALS = 6  # of one request, by a server whose pace cannot be learned
_MOST_CLOSED = 120.0  # seconds; as long as openai waits when it is told to
_TOO_MANY = 429
_BUSY = frozenset({429, 503, 529})  # 529 is what some say when overloaded


async def ask(
    send: Callable[[], Awaitable[Any]], gate: Gate, deadline: float | None
) -> Any:
    """Return what `send` returns in the end.

    Args:
        send: Sends the request once, with openai.
        gate: Where requests of this server stand in line.
        deadline: Seconds from the first request on, all others included; `None` for
            no limit. To stand in line for the first one does not count.
    """
    ticket = gate.ticket()
    sent, tries = await gate.turn(ticket), _Tries(gate)
    try:
        async with asyncio.timeout(deadline) as clock:
            while True:
                try:
                    answer = await send()
                except Exception as error:
                    wait = tries.failed(error, sent)
                    if wait is None or wait > _left(clock):
                        raise
                    await asyncio.sleep(0 if is_refusal(error) else wait)
                else:
                    gate.let_in()
                    return answer
                sent = await gate.turn(ticket)
                tries.begins()
    except TimeoutError:
        # Where the time ran out in the line, what put it there says more.
        if tries.last is None:
            raise
        raise tries.last from None


def _left(clock: asyncio.Timeout) -> float:
    end = clock.when()
    return math.inf if end is None else end - asyncio.get_running_loop().time()


class _Tries:
    """How often one request was sent, and what came of it.

    Attributes:
        last: Why it is to be sent again; `None` while it is being answered.
    """

    def __init__(self, gate: Gate) -> None:
        self.last: Exception | None = None
        self._gate = gate
        self._lost = 0
        self._refusals = 0

    def failed(self, error: Exception, sent: float) -> float | None:
        """Return the seconds until it may be sent again; `None` where it may not."""
        self.last = error
        if not may_be_asked_again(error):
            return None
        if is_refusal(error):
            return self._refused(error, sent)
        self._lost += 1
        return _TRIES.wait(self._lost) if self._lost < _TRIES.attempts else None

    def begins(self) -> None:
        """Note that it is sent again."""
        self.last = None

    def _refused(self, error: Exception, sent: float) -> float | None:
        self._refusals += 1
        told = told_to_wait(error)
        wait = _TRIES.wait(self._refusals) if told is None else told
        # Longer is no pace: whoever asks next learns it from the server itself.
        if wait <= _MOST_CLOSED:
            self._gate.refused(sent, wait)
        return wait if self._refusals < _MOST_REFUSALS else None


def is_refusal(error: Exception) -> bool:
    """Return whether the server says that it has no room now."""
    status = status_of(error)
    told = status in _BUSY and told_to_wait(error) is not None
    return status == _TOO_MANY or told


def may_be_asked_again(error: Exception) -> bool:
    """Return whether the same request may be answered now or soon."""
    import openai

    if isinstance(error, BrokenAnswerError):
        return error.retryable
    if getattr(error, "code", None) == "insufficient_quota":
        return False
    if isinstance(error, openai.APIStatusError):
        said = error.response.headers.get("x-should-retry")
        if said in {"true", "false"}:
            return bool(said == "true")
        return error.status_code not in FINAL
    return isinstance(error, openai.APIConnectionError)
