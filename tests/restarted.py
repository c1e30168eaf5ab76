"""Notebooks whose kernel is restarted in the middle of a run, and executed again.

`restarted` does it to one notebook, in a folder of its own, and returns what became of
its tasks. The tests look at a few of them, and `benchmarks/restarts.py` at many.

Whoever does something appends a line to `log`, which the system keeps in order: a task
that it `began` and that it is `done`, a listener what it was `told`, and this file what
is `kept` in the journal right before a restart. What was told or kept must not begin
again.
"""

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nbagents import RecordedRun, UnknownRunError, load_run

PATIENCE = 60

AGENTS = """
import asyncio, hashlib, os, time
from nbagents import Orchestrator, Plan, Task, UnknownRunError, agent

LAYERS = [1, 5, 5, 5, 3, 1]

def note(*words):
    line = " ".join(map(str, words)) + "\\n"
    file = os.open("log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)

def made_of(task, context):
    return hashlib.sha256(f"{task} {sorted(context.items())}".encode()).hexdigest()

def seconds(task):
    return 0.05 + 0.02 * (sum(task.encode()) % 6)

@agent
def counter(task, context):
    "Counts, on a thread."
    note("began", context.task)
    time.sleep(seconds(task))
    result = {"made": made_of(task, context), "by": ["a thread", None, 1.5]}
    note("done", context.task)
    return result

@agent
async def asker(task, context):
    "Asks, on the loop."
    note("began", context.task)
    await asyncio.sleep(seconds(task))
    result = made_of(task, context)
    note("done", context.task)
    return result

def layered():
    tasks, above = [], []
    for depth, width in enumerate(LAYERS):
        ids = [f"t{depth}_{place}" for place in range(width)]
        for place, id in enumerate(ids):
            by = ("counter", "asker")[(depth + place) % 2]
            needs = above if width == 1 else [*{*above[place:place + 2], *above[:1]}]
            tasks.append(Task(id, f"make {id}", by, sorted(needs)))
        above = ids
    return Plan(tasks)

team = Orchestrator([counter, asker], max_parallel=3)
plan = layered()
"""

RUN = """
try:
    run = team.load_run()
    note("back", time.time())
except UnknownRunError:
    run = team.debug(plan)

def told(event):
    if type(event).__name__ == "TaskCompleted":
        note("told", event.task)

run.subscribe(told)
run.resume()
"""

TASKS = 20


def at_once(manager: KernelManager) -> None:
    """Kill the kernel, and start it again."""
    manager.restart_kernel(now=True)


def when_asked(manager: KernelManager) -> None:
    """Let the kernel end by itself, as Restart in a menu does."""
    manager.restart_kernel(now=False)


def interrupted(manager: KernelManager) -> None:
    """Interrupt the cell, and restart before anybody has seen what it says."""
    manager.interrupt_kernel()
    manager.restart_kernel(now=True)


WAYS: tuple[Callable[[KernelManager], None], ...] = (at_once, when_asked, interrupted)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a notebook whose kernel was restarted.

    Attributes:
        finished: Whether its run was completed in the end.
        results: Of every task.
        moments: How many tasks were done, at each restart.
        kept: How many tasks a listener was told of, or the journal had at a restart.
        broken: Those of them that began again.
        lost: Tasks that are not completed, or were never done.
        repeated: Tasks that were at work, and began again.
        redone: Tasks that were done, of which nobody knew yet, and began again.
        seconds: From each restart until the notebook had its run back.
    """

    finished: bool
    results: dict[str, object]
    moments: list[int]
    kept: int
    broken: list[str]
    lost: list[str]
    repeated: list[str]
    redone: list[str]
    seconds: list[float]


def restarted(seed: int, folder: Path, most: int = 2) -> Outcome:
    """Return what became of one notebook.

    Args:
        seed: Chooses the moments; how the kernel is restarted goes round.
        folder: Where the notebook is.
        most: Restarts it may have; with 0 it is not disturbed.
    """
    chance = random.Random(seed)
    times = chance.randint(min(1, most), most)
    asked: list[float] = []
    moments: list[int] = []
    with _kernel(folder) as manager:
        for number in range(times):
            with _executed(manager):
                _wait_for_a_moment(folder, chance)
            _note_what_is_kept(folder)
            moments.append(len({line[1] for line in _log(folder, "done")}))
            asked.append(time.time())
            WAYS[(seed + number) % len(WAYS)](manager)
        with _executed(manager) as client:
            _wait_for_the_end(client)
    return _outcome(folder, moments, asked)


@contextmanager
def _kernel(folder: Path) -> Iterator[KernelManager]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), stderr=subprocess.DEVNULL)
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


@contextmanager
def _executed(manager: KernelManager) -> Iterator[BlockingKernelClient]:
    """Execute all cells of the notebook, without waiting for them."""
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        client.execute(AGENTS)
        client.execute(RUN)
        yield client
    finally:
        client.stop_channels()


def _wait_for_a_moment(folder: Path, chance: random.Random) -> None:
    """Wait until so many tasks more are done, and a little longer."""
    done = [line[1] for line in _log(folder, "done")]
    more = chance.randint(0, TASKS - len(set(done)))
    end = time.monotonic() + PATIENCE
    while len(_log(folder, "done")) < len(done) + more:
        assert time.monotonic() < end, "the run does not go on"
        time.sleep(0.005)
    # Before the first is done there is the most to get wrong: imports, a new journal.
    time.sleep(chance.random() * (0.1 if more else 1.0))


def _wait_for_the_end(client: BlockingKernelClient) -> None:
    for _ in (AGENTS, RUN):
        reply = client.get_shell_msg(timeout=PATIENCE)
        while reply["msg_type"] != "execute_reply":
            reply = client.get_shell_msg(timeout=PATIENCE)
        content = reply["content"]
        assert content["status"] == "ok", "\n".join(content.get("traceback", []))


def _note_what_is_kept(folder: Path) -> None:
    run = _recorded(folder)
    if run is not None:
        done = [task.id for task in run.tasks if task.status == "completed"]
        with (folder / "log").open("a") as log:
            log.write("".join(f"kept {id}\n" for id in done))


def _recorded(folder: Path) -> RecordedRun | None:
    try:
        return load_run(journal=folder / ".nbagents" / "journal.sqlite")
    except UnknownRunError:
        return None


def _log(folder: Path, *words: str) -> list[list[str]]:
    """Return the lines of the log that begin with one of `words`; without, all."""
    path = folder / "log"
    lines = path.read_text().splitlines() if path.exists() else []
    split = [line.split() for line in lines]
    return [line for line in split if not words or line[0] in words]


def _outcome(folder: Path, moments: list[int], asked: list[float]) -> Outcome:
    run = _recorded(folder)
    assert run is not None
    results = {task.id: task.result for task in run.tasks if task.status == "completed"}
    done = {line[1] for line in _log(folder, "done")}
    known, broken, repeated, redone = read(_log(folder))
    return Outcome(
        finished=run.status == "completed",
        results=results,
        moments=moments,
        kept=known,
        broken=broken,
        lost=[task.id for task in run.tasks if task.id not in {*results} & done],
        repeated=repeated,
        redone=redone,
        seconds=_seconds(folder, asked),
    )


def read(log: list[list[str]]) -> tuple[int, list[str], list[str], list[str]]:
    """Return how many were known to be done, and what began more than once."""
    seen: dict[str, set[str]] = {}
    broken, repeated, redone = [], [], []
    for word, id in (line[:2] for line in log):
        before = seen.setdefault(id, set())
        if word == "began" and before & {"told", "kept"}:
            broken.append(id)
        elif word == "began" and "began" in before:
            (redone if "done" in before else repeated).append(id)
        before.add(word)
    known = sum(bool(words & {"told", "kept"}) for words in seen.values())
    return known, broken, repeated, redone


def _seconds(folder: Path, asked: list[float]) -> list[float]:
    """Return how long each restart took until there was a run again."""
    back = [float(line[1]) for line in _log(folder, "back")]
    ends = pairwise([*asked, float("inf")])
    spans = [[time - at for time in back if at <= time < until] for at, until in ends]
    return [min(span) for span in spans if span]
