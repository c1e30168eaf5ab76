"""What a run loses when its kernel is restarted in the middle of it.

A notebook of twenty tasks (functions on threads and async agents, 50 to 150 ms each)
runs in a real kernel, which is restarted once or twice at random moments: killed at
once, asked to end as the menu of Jupyter does, or interrupted and then killed. After
each restart all cells are executed again. The notebooks are those of the tests, in
`tests/restarted.py`. What is printed, for each way the first restart was done:

    finished   runs that were completed, with the results of an undisturbed one
    kept       tasks that a listener was told of, or the journal had at a restart
    again      those of them that began again: promised to be none
    lost       tasks without a result in the end: promised to be none
    at work    tasks that were at work at a restart, and ran again
    unknown    tasks that were done, of which nobody knew yet, and ran again
    back       median seconds from a restart until the new kernel has the run

    python benchmarks/restarts.py [--notebooks 30]

Exits with 1 when a promise is broken.
"""

import argparse
import importlib
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_HEADS = ("finished", "kept", "again", "lost", "at work", "unknown")


def main() -> None:
    """Restart kernels, print the table, and exit with 1 when something was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--notebooks", type=int, default=30)
    count = parser.parse_args().notebooks
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    restarted = importlib.import_module("restarted")
    plain = _one(restarted.restarted, 0, 0)
    outcomes = [_one(restarted.restarted, seed) for seed in range(count)]
    show(outcomes, plain.results, [way.__name__ for way in restarted.WAYS])
    sys.exit(not all(is_kept(each, plain.results) for each in outcomes))


def _one(restarted: Callable[..., Any], seed: int, most: int = 2) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        outcome = restarted(seed, Path(folder), most)
    if outcome.broken or outcome.lost:
        print(f"notebook {seed}: again {outcome.broken}, lost {outcome.lost}")
    return outcome


def is_kept(outcome: Any, results: dict[str, object]) -> bool:
    """Return whether the run kept what is promised of it."""
    same = outcome.finished and outcome.results == results
    return same and not outcome.broken and not outcome.lost


def show(outcomes: list[Any], results: dict[str, object], ways: list[str]) -> None:
    """Print a row for each way to restart, and one for all."""
    heads = "".join(f"{head:>10}" for head in _HEADS)
    print(f"{'first restart':<14}{'notebooks':>10}{'restarts':>10}{heads}    back (s)")
    for number, way in enumerate(ways):
        print(row(way.replace("_", " "), outcomes[number :: len(ways)], results))
    print(row("all", outcomes, results))


def row(name: str, outcomes: Sequence[Any], results: dict[str, object]) -> str:
    """Return one line of the table."""
    figures = [len(outcomes), sum(len(each.moments) for each in outcomes)]
    figures.append(sum(o.finished and o.results == results for o in outcomes))
    figures.append(sum(each.kept for each in outcomes))
    listed = ("broken", "lost", "repeated", "redone")
    figures += [sum(len(getattr(o, what)) for o in outcomes) for what in listed]
    seconds = [each for outcome in outcomes for each in outcome.seconds]
    back = f"{statistics.median(seconds):12.2f}" if seconds else ""
    return f"{name:<14}" + "".join(f"{each:10}" for each in figures) + back


if __name__ == "__main__":
    main()
