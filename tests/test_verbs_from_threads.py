"""Verbs from several threads at once, on a run that goes on under them."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from nbagents import Agent, NbagentsError, Orchestrator, Plan, Run, Task
from nbagents.engine.fold import replay
from teams import check_starts

PATIENCE = 60
VERBS: list[Callable[[Run, str, random.Random], object]] = [
    lambda run, id, rng: run.edit(id, result=str(rng.randrange(3))),
    lambda run, id, rng: run.edit(id, description=str(rng.randrange(3))),
    lambda run, id, rng: run.retry(id, wait=False),
    lambda run, id, rng: run.skip(id),
    lambda run, id, rng: run.replace(run.agents["x"]),
    lambda run, id, rng: run.resume(wait=False),
    lambda run, id, rng: run.step(wait=False),
    lambda run, id, rng: run.add(Task(f"n{rng.randrange(5)}", "w", "x", [id])),
    lambda run, id, rng: run.remove(id),
    lambda run, id, rng: run.fork(),
    lambda run, id, rng: run.rewind(rng.choice(run.history)),
    lambda run, id, rng: run.break_at(id),
    lambda run, id, rng: run.clear(),
    lambda run, id, rng: [repr(run), run.estimate(), run.stale, run.metrics],
]


class Work:
    """Agents that take a while, fail now and then, and notice when done twice."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.at_work = Counter[str]()
        self.twice: list[str] = []

    def began(self, id: str) -> None:
        self.at_work[id] += 1
        if self.at_work[id] > 1:
            self.twice.append(id)

    def ended(self, id: str) -> str:
        self.at_work[id] -= 1
        if self.rng.random() < 0.1:
            raise ValueError(id)
        return str(self.rng.randrange(3))

    async def on_the_loop(self, task: str, context: Any) -> str:
        self.began(context.task)
        await asyncio.sleep(self.rng.random() / 300)
        return self.ended(context.task)

    def on_a_thread(self, task: str, context: Any) -> str:
        self.began(context.task)
        time.sleep(self.rng.random() / 300)
        return self.ended(context.task)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whoever_says_what_and_when_the_run_stays_whole(seed: int) -> None:
    rng, work = random.Random(seed), Work(seed)
    ids = [f"t{n}" for n in range(20)]
    plan = Plan(
        Task(id, "w", rng.choice("xy"), rng.sample(ids[:n], min(n, rng.randrange(3))))
        for n, id in enumerate(ids)
    )
    agents = [Agent("x", "", work.on_the_loop), Agent("y", "", work.on_a_thread)]
    run = Orchestrator(agents, max_parallel=4).start(plan)
    unexpected: list[BaseException] = []

    def person(number: int) -> None:
        choose = random.Random(100 * seed + number)
        for _ in range(120):
            id = choose.choice([*run.plan.dependencies, "t0"])
            try:
                choose.choice(VERBS)(run, id, choose)
            except NbagentsError:
                pass  # Not legal just now: it says so, and nothing has happened.
            except Exception as error:  # noqa: BLE001 - reported below
                unexpected.append(error)

    people = [threading.Thread(target=person, args=(n,), daemon=True) for n in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join(PATIENCE)
        assert not each.is_alive(), "a verb never came back"
    assert unexpected == []
    run.clear()
    run.wait(PATIENCE)
    while run.status in {"planned", "paused", "cancelled"}:
        run.resume()
    assert run.status in {"completed", "failed"}
    assert work.twice == []
    assert replay(run.history) == run.state
    check_starts(run.history)
