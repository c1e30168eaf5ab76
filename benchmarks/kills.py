"""Runs that are killed with SIGKILL at random moments, and taken up again.

Each run has 50 tasks and is killed once, at a moment drawn from the time that the same
run takes undisturbed; then another process goes on with it. What is counted:

again      acknowledged tasks (a listener was told) that were executed again
lost       acknowledged tasks that the journal does not have
repeated   tasks whose work was finished and not yet acknowledged, and done twice
wrong      runs whose answer is not that of the undisturbed one

    python benchmarks/kills.py [--kills 200] [--seed 1]
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from nbagents.recorded import load_run

CHILD = """
import asyncio, hashlib, os, random, sys, time
from nbagents import Agent, Orchestrator, Plan, Task, UnknownRunError
shape, seed = sys.argv[1], int(sys.argv[2])
log = os.open("log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
def note(*words): os.write(log, (" ".join(words) + "\\n").encode())
def made(task, context):
    said = repr((task, sorted(context.items()))).encode()
    return {"text": hashlib.sha256(said).hexdigest(), "of": len(context)}
def seconds(task): return 0.02 + 0.04 * random.Random(task).random()
def plain(task, context):
    note("begin", context.task)
    time.sleep(seconds(task))
    done = made(task, context)
    note("end", context.task)
    return done
async def coroutine(task, context):
    note("begin", context.task)
    await asyncio.sleep(seconds(task))
    done = made(task, context)
    note("end", context.task)
    return done
def needs():
    dice = random.Random(seed)
    for number in range(50):
        if shape == "chain":
            yield [number - 1] if number else []
        elif shape == "layers":
            layer = number // 10
            yield dice.sample(range(10 * layer - 10, 10 * layer), 3) if layer else []
        else:
            yield dice.sample(range(number), min(number, dice.randrange(4)))
plan = Plan([
    Task(f"t{n}", f"do {n}", ("plain", "coroutine")[n % 2], [f"t{m}" for m in on])
    for n, on in enumerate(needs())
])
team = Orchestrator({"plain": plain, "coroutine": coroutine}, max_parallel=8)
try:
    run = team.load_run()
except UnknownRunError:
    run = team.debug(plan)
def told(event):
    if type(event).__name__ == "TaskCompleted":
        note("told", event.task)
run.subscribe(told)
print("ready", flush=True)
run.resume()
print(run.status, hashlib.sha256(repr(run.partial_results).encode()).hexdigest())
"""


@dataclass
class Tally:
    """What came of the runs of one shape."""

    runs: int = 0
    executed: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def start(folder: Path, shape: str, seed: int) -> subprocess.Popen[str]:
    """Start the notebook, and return when its run is about to begin or go on."""
    command = [sys.executable, "-c", CHILD, shape, str(seed)]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if child.stdout is None or child.stdout.readline() != "ready\n":
        raise RuntimeError(f"the notebook did not begin: {child.communicate()}")
    return child


def finish(child: subprocess.Popen[str]) -> str:
    """Return what a notebook that is not disturbed says at its end."""
    with child:
        # Not `communicate`: what was read ahead with the first line would be lost.
        return child.stdout.read() if child.stdout is not None else ""


def undisturbed(shape: str, seed: int) -> tuple[str, float]:
    """Return the right end of a run, and how many seconds it takes."""
    with tempfile.TemporaryDirectory() as folder:
        child = start(Path(folder), shape, seed)
        begun = time.perf_counter()
        return finish(child), time.perf_counter() - begun


def killed(shape: str, seed: int, end: str, wait: float, tally: Tally) -> None:
    """Kill one run after `wait` seconds, go on with it, and count what happened."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start(folder, shape, seed) as child:
            time.sleep(wait)
            child.send_signal(signal.SIGKILL)
            child.wait()
        before = read(folder)
        journal = folder / ".nbagents" / "journal.sqlite"
        kept = load_run(journal=journal).partial_results
        answer = finish(start(folder, shape, seed))
        after = read(folder)[len(before) :]
    count(before, after, set(kept), tally)
    if answer != end:
        tally.counts["wrong"] += 1
        print(f"{shape}, killed after {wait:.3f} s: {answer!r}", file=sys.stderr)


def read(folder: Path) -> list[tuple[str, str]]:
    """Return what the agents and the listener noted."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [(line.split()[0], line.split()[1]) for line in lines]


def count(
    before: list[tuple[str, str]],
    after: list[tuple[str, str]],
    kept: set[str],
    tally: Tally,
) -> None:
    """Add one run to the tally."""
    told = {task for word, task in before if word == "told"}
    ended = {task for word, task in before if word == "end"}
    again = {task for word, task in after if word == "begin"}
    tally.runs += 1
    tally.executed += sum(word == "begin" for word, _ in before + after)
    tally.counts["again"] += len(told & again)
    tally.counts["lost"] += len(told - kept)
    tally.counts["repeated"] += len((ended - told) & again)


def main() -> int:
    """Print the table; return 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    dice, tallies = random.Random(asked.seed), {}
    shapes = ("chain", "layers", "irregular")
    for place, shape in enumerate(shapes):
        tally = tallies[shape] = Tally()
        end, seconds = undisturbed(shape, asked.seed)
        kills = len(range(place, asked.kills, len(shapes)))
        waits = [dice.uniform(0, seconds) for _ in range(kills)]
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(killed, shape, asked.seed, end, wait, tally)
                for wait in waits
            ]
            for job in jobs:
                job.result()
    return report(tallies, as_json=asked.json)


def report(tallies: dict[str, Tally], *, as_json: bool) -> int:
    """Print what was counted; return 1 where a promise was broken."""
    names = ("again", "lost", "repeated", "wrong")
    total = Counter[str]()
    for tally in tallies.values():
        total.update(tally.counts)
    executed = sum(tally.executed for tally in tallies.values())
    share = total["repeated"] / executed
    if as_json:
        print(json.dumps({**{n: total[n] for n in names}, "share": share}))
    else:
        print(f"{'run':12}{'kills':>6}{'executed':>10}", *(f"{n:>9}" for n in names))
        for shape, tally in tallies.items():
            figures = (f"{tally.counts[name]:9}" for name in names)
            print(f"{shape:12}{tally.runs:6}{tally.executed:10}", *figures)
        print(f"repeated: {share:.2%} of all executions (at most 0.5 %)")
    broken = total["again"] or total["lost"] or total["wrong"] or share > 0.005
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
