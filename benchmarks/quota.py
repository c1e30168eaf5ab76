"""How many requests it takes when a server allows only so many a second.

Fifty tasks ask at once, and the server, on loopback, answers five a second; the others
get 429 and a time to come back. It counts in three ways (by the second of its clock, by
the last second, by a bucket that fills evenly) and tells that time in whole seconds, in
milliseconds, or not at all. What is printed is how many requests fifty answers took,
beside the fifty that are the least, and the seconds.

    python benchmarks/quota.py [--tasks 50] [--rate 5]

Exits with 1 when a task failed, or when a server that tells its time was asked more
than 1.3 times as often as necessary.
"""

import argparse
import importlib
import sys
import time
from itertools import product
from pathlib import Path

MOST_RATIO = 1.3
COUNTING = ("window", "sliding", "bucket")
TELLING = ("seconds", "milliseconds", "nothing")


def main() -> None:
    """Run against each kind of server; exit with 1 when one was asked too often."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=50)
    parser.add_argument("--rate", type=int, default=5)
    asked = parser.parse_args()
    # The server is that of the tests.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    kinds = list(product(COUNTING, TELLING))
    good = [measure(*kind, asked.tasks, asked.rate) for kind in kinds]
    sys.exit(not all(good))


def measure(counting: str, telling: str, tasks: int, rate: int) -> bool:
    """Run against one kind of server and print what it took; return if that is well."""
    models = importlib.import_module("models.quota")
    quota = models.Quota(rate, counting, telling)
    began = time.perf_counter()
    run = models.run_against(quota, tasks)
    took = time.perf_counter() - began
    ratio = quota.asked / tasks
    done = f"{len(run.partial_results)} of {tasks} answered"
    requests = f"{quota.asked} requests for {tasks}, {ratio:.2f} times the least"
    sys.stdout.write(
        f"{counting:8} telling {telling:12} {done}, {requests}, {took:.1f} s\n"
    )
    sys.stdout.flush()
    return bool(run.success) and (telling == "nothing" or ratio <= MOST_RATIO)


if __name__ == "__main__":
    main()
