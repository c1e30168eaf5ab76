"""What a process holds that a run may have taken: to be compared before and after."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from nbagents import Run
from nbagents.engine import background

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds.

    Attributes:
        tasks: asyncio tasks on the engine's loop.
        threads: Threads, by name.
        processes: Processes that it has started, and those that they have.
        files: Open file descriptors: files, pipes, sockets.
    """

    tasks: int
    threads: tuple[str, ...]
    processes: tuple[int, ...]
    files: int

    def beyond(self, other: "Held") -> dict[str, object]:
        """Return what is held here and not in `other`; empty where it is nothing."""
        names = list(self.threads)
        for name in other.threads:
            if name in names:
                names.remove(name)
        more = {
            "tasks": max(0, self.tasks - other.tasks),
            "threads": names,
            "processes": sorted(set(self.processes) - set(other.processes)),
            "files": max(0, self.files - other.files),
        }
        return {kind: value for kind, value in more.items() if value}


def held() -> Held:
    """Return what this process holds now."""
    loop = background.loop()
    tasks = background.ask(lambda: len(asyncio.all_tasks(loop))) - 1  # but this one
    threads = sorted(
        thread.name
        for thread in threading.enumerate()
        # A loop keeps a few threads to look up names with; they serve every run.
        if not thread.name.startswith("asyncio_")
    )
    children = psutil.Process().children(recursive=True)
    files = len(list(Path("/dev/fd").iterdir()))
    return Held(tasks, tuple(threads), tuple(c.pid for c in children), files)


def left_after(before: Held, patience: float = PATIENCE) -> dict[str, object]:
    """Return what is held beyond `before`, as soon as that is nothing."""
    end = time.monotonic() + patience
    while (more := held().beyond(before)) and time.monotonic() < end:
        time.sleep(0.001)
    return more


def until(condition: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Return whether `condition` comes true, as soon as it does."""
    end = time.monotonic() + patience
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return bool(condition())


def is_alive(pid: int) -> bool:
    """Return whether a process is there, and not only its name on a list."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def cancel_an_await(run: Run) -> None:
    """Wait for the run as a cell does, and interrupt that: it cancels the await."""

    async def cell() -> None:
        waiting = asyncio.ensure_future(_waited(run))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(cell())
    run.wait()


async def _waited(run: Run) -> None:
    await run
