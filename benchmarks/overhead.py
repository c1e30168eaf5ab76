"""What the engine costs a task, beside a scheduler written by hand.

Both run the same plans of tasks that do nothing, in this process, in turns, and
the best of several rounds counts. The one by hand keeps no record of anything:
no events, states, attempts, timeouts, failures or limits. The engine runs with all of
that on. What is printed is microseconds a task, and the ratio; beside it stands what a
run costs that is recorded, which is mostly the disk: one commit for each turn.

    python benchmarks/overhead.py [--rounds 7]

The graph of 20,000 tasks has the shape of the one of 1,000: a task in it should cost
no more. Exits with 1 when a ratio is above 7.
"""

import argparse
import asyncio
import gc
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbagents import Agent, Orchestrator, Plan, Task

PARALLEL = 8
MOST_RATIO = 7.0


async def nothing(task: str, context: dict[str, Any]) -> None:
    """Do nothing, as an agent."""


def chain(count: int) -> Plan:
    """Return tasks that each need the one before."""
    return Plan(
        Task(f"t{n}", "", "x", [f"t{n - 1}"] if n else []) for n in range(count)
    )


def fan_out(count: int) -> Plan:
    """Return one task and `count - 1` that need it."""
    return Plan(Task(f"t{n}", "", "x", ["t0"] if n else []) for n in range(count))


def layered(count: int, edges: int, layers: int) -> Plan:
    """Return random edges between neighbouring layers."""
    chance = random.Random(0)
    width = count // layers
    needs: dict[int, set[int]] = {n: set() for n in range(count)}
    while sum(map(len, needs.values())) < edges:
        for _ in range(edges - sum(map(len, needs.values()))):
            layer = chance.randrange(1, layers)
            child = layer * width + chance.randrange(width)
            needs[child].add((layer - 1) * width + chance.randrange(width))
    return Plan(
        Task(f"t{n}", "", "x", [f"t{m}" for m in sorted(above)])
        for n, above in needs.items()
    )


async def by_hand(plan: Plan) -> dict[str, Any]:
    """Run `plan` as one would write it without a library."""
    loop = asyncio.get_running_loop()
    finished = loop.create_future()
    waiting = {task.id: len(task.dependencies) for task in plan}
    ready = [id for id, count in waiting.items() if count == 0]
    results: dict[str, Any] = {}
    running = 0

    def start() -> None:
        nonlocal running
        while ready and running < PARALLEL:
            task = plan[ready.pop()]
            running += 1
            inputs = {id: results[id] for id in task.dependencies}
            job = loop.create_task(nothing(task.description, inputs))
            job.add_done_callback(partial(done, task.id))

    def done(id: str, job: asyncio.Task[None]) -> None:
        nonlocal running
        running -= 1
        results[id] = job.result()
        for child in plan.dependents[id]:
            waiting[child] -= 1
            if waiting[child] == 0:
                ready.append(child)
        if len(results) == len(waiting):
            finished.set_result(None)
        else:
            start()

    start()
    await finished
    return results


def with_engine(plan: Plan, journal: Path | None = None) -> None:
    """Run `plan` as a user does."""
    agents = [Agent("x", "", nothing)]
    team = Orchestrator(agents, max_parallel=PARALLEL, journal=journal)
    run = team.run(plan)
    if not run.success or run.metrics["tasks_completed"] != len(plan):
        raise SystemExit(f"the run did not complete: {run.reason}")


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds `work` takes, after a collection of garbage."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(plan: Plan, rounds: int, journal: Path) -> tuple[float, float, float]:
    """Return the best seconds by hand, with the engine, and recorded, in turns."""
    hand, engine, recorded = [], [], []
    for _ in range(rounds):
        hand.append(timed(lambda: asyncio.run(by_hand(plan))))
        engine.append(timed(lambda: with_engine(plan)))
        recorded.append(timed(lambda: with_engine(plan, journal)))
    return min(hand), min(engine), min(recorded)


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    plans = {
        "chain of 1,000": chain(1_000),
        "fan-out of 1,000": fan_out(1_000),
        "1,000 in 20 layers": layered(1_000, 3_000, 20),
        "20,000 in 400 layers": layered(20_000, 60_000, 400),
    }
    with_engine(plans["chain of 1,000"])  # imports, and the engine's thread
    ratios = {}
    heads = f"{'by hand':>10} {'engine':>10} {'ratio':>6} {'recorded':>11}"
    print(f"{'plan':22} {heads}")
    with TemporaryDirectory() as folder:
        for name, plan in plans.items():
            best = measure(plan, rounds, Path(folder) / "runs.sqlite")
            hand, engine, disk = (seconds / len(plan) * 1e6 for seconds in best)
            ratios[name] = engine / hand
            figures = f"{hand:7.1f} µs {engine:7.1f} µs {engine / hand:6.2f}"
            print(f"{name:22} {figures} {disk:8.1f} µs")
    return 1 if max(ratios.values()) > MOST_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())
