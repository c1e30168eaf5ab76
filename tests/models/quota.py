"""A server that allows so many requests a second, and what it takes to be answered.

It counts in one of the ways in which servers do, and says no as they do: with 429 and
the whole seconds until there is room, or to the millisecond.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from models.fake_server import Say, completion, serving
from nbagents import Agent, Orchestrator, Plan, Run, Task

Counting = Literal["window", "sliding", "bucket"]
Telling = Literal["seconds", "milliseconds", "nothing"]


class Quota:
    """Answers so many requests a second, and refuses the others.

    Attributes:
        asked: How many requests there were.
        refused: How many of them were refused.
    """

    def __init__(
        self,
        rate: int,
        counting: Counting = "sliding",
        telling: Telling = "seconds",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.asked = self.refused = 0
        self._rate, self._telling, self._clock = rate, telling, clock
        self._wait = getattr(self, f"_{counting}")
        self._let_in: deque[float] = deque()
        self._tokens, self._at = float(rate), clock()
        self._lock = threading.Lock()

    def __call__(self, request: dict[str, Any]) -> Say:
        with self._lock:
            self.asked += 1
            wait = self._wait(self._clock())
            self.refused += wait > 0
        return self._no(wait) if wait > 0 else Say(body=completion("yes"))

    def _sliding(self, now: float) -> float:
        """Count those of the last second."""
        while self._let_in and self._let_in[0] <= now - 1:
            self._let_in.popleft()
        return self._counted(now, now + 1 if not self._let_in else self._let_in[0] + 1)

    def _window(self, now: float) -> float:
        """Count those of this second of the clock."""
        while self._let_in and self._let_in[0] < math.floor(now):
            self._let_in.popleft()
        return self._counted(now, math.floor(now) + 1)

    def _counted(self, now: float, room: float) -> float:
        if len(self._let_in) >= self._rate:
            return room - now
        self._let_in.append(now)
        return 0.0

    def _bucket(self, now: float) -> float:
        """Take from a bucket that fills evenly, and holds a second's worth."""
        filled = self._tokens + (now - self._at) * self._rate
        self._tokens, self._at = min(self._rate, filled), now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0

    def _no(self, wait: float) -> Say:
        headers = {
            "seconds": {"retry-after": f"{math.ceil(wait)}"},
            "milliseconds": {"retry-after-ms": f"{math.ceil(wait * 1000)}"},
            "nothing": {},
        }[self._telling]
        error = {"message": "slow down", "type": "requests", "code": "rate_limit"}
        return Say(status=429, body={"error": error}, headers=headers)


def run_against(quota: Quota, tasks: int) -> Run:
    """Run so many tasks at once, each of which asks the model one question."""
    plan = Plan(Task(f"t{n}", "Say yes", "writer") for n in range(tasks))
    with serving(quota) as server:
        team = Orchestrator(
            [Agent.llm("writer", "Writes")],
            "fake",
            max_parallel=tasks,
            api_key="k",
            base_url=server.url,
        )
        return team.run(plan)
