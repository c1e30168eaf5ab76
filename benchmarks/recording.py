"""What it costs to record the model calls of a run, and to replay them.

The model answers at once, so that nothing is measured but the calls themselves: a real
one takes a hundred times as long. Each run is made plain, recorded and replayed, in
turns, in this process, and the best of several rounds counts. Printed are milliseconds
a call, and ratios to the plain run; they should not grow with the number of calls.

    python benchmarks/recording.py [--rounds 3]
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nbagents import Agent, Orchestrator, Plan, Recording, ScriptedModel, Task

SIZES = (100, 400, 1600)
ANSWER = "Sales rose in every region. " * 40


def plan_of(count: int) -> Plan:
    """Return tasks that each ask once, with about a thousand characters."""
    return Plan(Task(f"t{n}", f"{n}: {'x' * 500}", "writer") for n in range(count))


def seconds(model: Any, plan: Plan) -> float:
    """Return how long a run of `plan` takes that asks `model`."""
    team = Orchestrator(
        [Agent.llm("writer", "Writes")], model, journal=None, max_parallel=16
    )
    began = time.perf_counter()
    run = team.run(plan)
    took = time.perf_counter() - began
    if not run.success:
        raise SystemExit(f"nothing is measured by a run that failed:\n{run}")
    return took


def best(count: int, rounds: int) -> list[float]:
    """Return the best times of a run of so many calls: plain, recorded, replayed."""
    plan, script = plan_of(count), ScriptedModel({"": ANSWER})
    times: list[list[float]] = [[], [], []]
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "tape.json"
            times[0].append(seconds(script, plan))
            times[1].append(seconds(Recording(path, script), plan))
            times[2].append(seconds(Recording(path), plan))
    return [min(each) for each in times]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    seconds(ScriptedModel({"": ANSWER}), plan_of(10))  # what is imported but once
    print(f"{'calls':>6} {'plain':>9} {'recorded':>16} {'replayed':>16}")
    for count in SIZES:
        plain, recorded, replayed = best(count, rounds)
        shown = f"{count:6} {1e3 * plain / count:6.2f} ms"
        for each in (recorded, replayed):
            shown += f"  {1e3 * each / count:6.2f} ms {each / plain:4.1f}x"
        print(shown)


if __name__ == "__main__":
    main()
