"""Where a process runs, and whether it still does."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """What tells one process of the world from another.

    Attributes:
        host: Name of the machine.
        machine: Id of the machine; empty where it has none.
        boot: Which start of the machine; empty where that is not told.
        space: Which of its numberings of processes, as containers have their own.
        pid: Number of the process.
        born: When it began, in a unit that only this machine knows; 0.0 where that
            is not told.
    """

    host: str
    machine: str
    boot: str
    space: str
    pid: int
    born: float


def here() -> Place:
    """Return the place of this process."""
    pid = os.getpid()
    return Place(*_machine(), pid, born(pid) or 0.0)


def is_alive(place: Place) -> bool | None:
    """Return whether the process at `place` is there; `None` if nobody can tell."""
    mine = here()
    if (place.host, place.machine) != (mine.host, mine.machine):
        return None
    if place.boot != mine.boot:
        return False
    if place.space != mine.space:
        return None
    began = born(place.pid)
    return None if began == 0.0 else began == place.born


def born(pid: int) -> float | None:
    """Return when process `pid` began; `None` if there is none, 0.0 if not told."""
    if Path("/proc/self/stat").exists():
        return _born_here(pid)
    try:
        import psutil
    except ImportError:
        return 0.0
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:
        return 0.0


def _born_here(pid: int) -> float | None:
    # On Linux psutil adds the time of the boot, which moves when the clock is set: a
    # live process would look like another. The kernel's own count does not move.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except PermissionError:
        return 0.0
    except OSError:
        return None
    # The name of the program is in parentheses, and may hold anything.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else float(fields[19])


@cache
def _machine() -> tuple[str, str, str, str]:
    return (
        socket.gethostname(),
        _read("/etc/machine-id"),
        _read("/proc/sys/kernel/random/boot_id"),
        _link("/proc/self/ns/pid"),
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
