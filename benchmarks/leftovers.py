"""How soon nothing is left of a run that was stopped.

Random runs of ten tasks (functions on threads that end when they are told, async
agents, agents in processes of their own) are stopped at random moments: by a cancel,
by an interrupt of the cell that waits, by one of the cell that awaits, by a timeout.
When the verb is back the clock starts, and runs until asyncio tasks, threads,
processes and open files are what they were before the first of all these runs. What is
printed, for each way to stop, is how long that took in milliseconds.

    python benchmarks/leftovers.py [--stops 300]

Exits with 1 when anything is left, or took longer than 100 ms to go.
"""

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MOST_MILLISECONDS = 100.0
PATIENCE = 10.0


def main() -> None:
    """Stop runs, print the table, and exit with 1 when a row is too long."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stops", type=int, default=300)
    count = parser.parse_args().stops
    # The runs are those of the tests: isolated agents are in a module of theirs.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    measured = measure(count, importlib.import_module("random_stops"))
    show(measured)
    slowest = max(time for times in measured.values() for time in times)
    sys.exit(slowest > MOST_MILLISECONDS)


def measure(count: int, stops: Any) -> dict[str, list[float]]:
    """Return, by the way to stop, the milliseconds until nothing was left."""
    holding = importlib.import_module("holding")
    for seed in range(4):  # What is imported and started once counts for nobody.
        stops.stop(seed)
    before = holding.held()
    measured: dict[str, list[float]] = {way.__name__: [] for way in stops.WAYS}
    for seed in range(count):
        stops.stop(seed)
        began = time.perf_counter()
        left = holding.left_after(before, PATIENCE)
        taken = (time.perf_counter() - began) * 1000
        if left:
            print(f"left after stop {seed}: {left}")
            taken = float("inf")
        measured[stops.WAYS[seed % len(stops.WAYS)].__name__].append(taken)
    return measured


def show(measured: dict[str, list[float]]) -> None:
    """Print a row for each way to stop, and one for all."""
    print(f"{'stopped by':<14}{'runs':>6}{'median':>9}{'95 %':>9}{'most':>9}   (ms)")
    for name, times in measured.items():
        print(row(name, times))
    print(row("all", [each for times in measured.values() for each in times]))


def row(name: str, times: Iterable[float]) -> str:
    """Return one line of the table."""
    ordered = sorted(times)
    late = ordered[int(len(ordered) * 0.95)]
    figures = (statistics.median(ordered), late, ordered[-1])
    return f"{name:<14}{len(ordered):>6}" + "".join(f"{each:9.1f}" for each in figures)


if __name__ == "__main__":
    main()
