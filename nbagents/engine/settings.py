"""How a plan is run."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal

from nbagents import reporting
from nbagents.engine.attempt import Worker
from nbagents.engine.monitor import Follow, nobody
from nbagents.engine.state import RunState
from nbagents.graph import Plan, Task
from nbagents.retrying import Retry

OnFailure = Literal["continue", "stop", "ask", "partial"]
"""What a run does when a task has failed for good."""

PLANNER = "simpler planner"
"""Name of the agent that makes a simpler plan of what has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Something simpler to go on with when a plan has failed.

    Attributes:
        name: What it is called.
        plan: Makes the plan to go on with, of where the run stands.
    """

    name: str
    plan: Callable[[RunState], Plan]


Companion = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Makes a coroutine that ends soon after its event is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a plan is run.

    Attributes:
        max_parallel: Most tasks at work at once.
        task_timeout: Seconds an attempt may take; `None` sets no limit.
        retry: How often an agent that says nothing else is tried; `None` is once.
        executor: Where plain functions run; `None` means daemon threads.
        companion: Lives beside the run while it is not stopped, and holds open
            what agents share; `None` where there is nothing to hold.
        recruit: Makes an agent of whatever a user gives as one in the middle of a
            run; raises `AgentError` where it cannot be one.
        on_failure: What a run does when a task has failed for good: what does not need
            it goes on (`"continue"`), nothing more starts (`"stop"`), a person is
            asked (`"ask"`), or it goes on and ends with a partial answer.
        partial: Makes the task of that answer; `None` where there is to be none.
        degrade: What to go on with when a plan has failed, one after the other.
        expand: Makes the plan in which a simpler one, the result of the task of that
            id, has taken its place; `None` where the result is none that can run.
        enter: Called with the id of a run where its agents are to work, in the
            variables that are theirs.
        follow: Makes what follows a run, beside what is logged of it; `None` tells
            neither that nor logging.
    """

    max_parallel: int = 5
    task_timeout: float | None = 300
    retry: Retry | None = None
    executor: Executor | None = None
    companion: Companion | None = None
    recruit: Callable[[Any], Worker] = lambda agent: agent
    on_failure: OnFailure = "continue"
    partial: Callable[[RunState], Task] | None = None
    degrade: tuple[Rung, ...] = ()
    expand: Callable[[RunState, str], Plan | None] | None = None
    enter: Callable[[str], object] = reporting.enter
    follow: Follow | None = nobody

    @property
    def stops(self) -> bool:
        """Whether nothing more starts while a task is failed."""
        return self.on_failure == "stop"
