"""Random runs of every kind of agent, stopped at random moments in every way.

`stop` does one of them and returns when the verb does. The tests look at what is left
then, and `benchmarks/leftovers.py` at how long it takes to go.
"""

import asyncio
import contextlib
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import isolated
from nbagents import Agent, Orchestrator, Plan, Run, Task

TASKS = 10
PATIENCE = 20.0

_FOREVER = "1000"
_LATEST_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Team:
    """Agents of every kind, and the word that those on threads end by.

    A plain function on a thread cannot be stopped from outside; these look whether
    they are told to.
    """

    told: threading.Event

    def sleeps(self, task: str, context: Any) -> str:
        """Work on a thread, and look up now and then."""
        end = time.monotonic() + float(task)
        while time.monotonic() < end and not self.told.is_set():
            time.sleep(0.002)
        return task

    def waits(self, task: str, context: Any) -> str:
        """Wait on a thread."""
        self.told.wait(float(task))
        return task

    async def awaits(self, task: str, context: Any) -> str:
        """Work on the engine's loop, and tidy up after it."""
        try:
            await asyncio.sleep(float(task))
        finally:
            await asyncio.sleep(0)
        return task

    def agents(self) -> list[Agent]:
        """Return one of each kind."""
        return [
            Agent("sleeps", "On a thread", self.sleeps),
            Agent("waits", "On a thread", self.waits),
            Agent("awaits", "On the loop", self.awaits),
            Agent("apart", "In a process", isolated.slices, isolate="process"),
        ]


def plan_by(chance: random.Random) -> Plan:
    """Return a plan of random tasks, each of which may never end."""
    tasks: list[Task] = []
    for number in range(TASKS):
        ids = [task.id for task in tasks]
        needs = chance.sample(ids, chance.randint(0, min(2, number)))
        agent = chance.choice(["sleeps", "waits", "awaits", "apart"])
        seconds = chance.choice([str(chance.random() / 10), _FOREVER])
        tasks.append(Task(f"t{number}", seconds, agent, needs))
    return Plan(tasks)


def cancelled(team: Team, plan: Plan, seconds: float, chance: random.Random) -> Run:
    """Return a run that a person cancelled."""
    run = _of(team, chance).start(plan)
    time.sleep(seconds)
    team.told.set()
    return run.cancel()


def interrupted(
    team: Team, plan: Plan, seconds: float, chance: random.Random
) -> Run | None:
    """Return a run whose cell was interrupted; `None` where that was before it."""
    orchestrator = _of(team, chance)
    main = threading.get_ident()

    def interrupt() -> None:
        time.sleep(seconds)
        team.told.set()
        signal.pthread_kill(main, signal.SIGINT)

    finger = threading.Thread(target=interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        finger.start()
        orchestrator.run(plan)
        finger.join()
    finger.join()
    return orchestrator.last_run


def unawaited(team: Team, plan: Plan, seconds: float, chance: random.Random) -> Run:
    """Return a run whose awaiting cell was interrupted: it was cancelled."""
    run = _of(team, chance).start(plan)

    async def cell() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await run
        team.told.set()

    asyncio.run(cell())
    return run.wait()


def timed_out(team: Team, plan: Plan, seconds: float, chance: random.Random) -> Run:
    """Return a run of which every task that takes too long has failed."""
    run = _of(team, chance, task_timeout=max(0.01, seconds)).run(plan)
    team.told.set()
    return run


Way = Callable[[Team, Plan, float, random.Random], Run | None]

WAYS: tuple[Way, ...] = (cancelled, interrupted, unawaited, timed_out)


def stop(seed: int) -> Run | None:
    """Do the random stop of that number; return the run if there was one."""
    chance = random.Random(seed)
    way = WAYS[seed % len(WAYS)]
    plan, moment = plan_by(chance), chance.random() * _LATEST_SECONDS
    return way(Team(threading.Event()), plan, moment, chance)


def _of(team: Team, chance: random.Random, **more: Any) -> Orchestrator:
    return Orchestrator(team.agents(), max_parallel=chance.randint(2, 8), **more)
