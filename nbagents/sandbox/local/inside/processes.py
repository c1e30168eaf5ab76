"""Which processes descend from this one, what they take, and their end.

Linux tells in /proc, other systems through `ps`. The supervisor is a subreaper on
Linux: whoever leaves its group and its parents is still among its descendants.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

_SUBREAPER = 36
_ROUNDS = 400
_PAUSE = 0.005
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process(NamedTuple):
    """One process, as the system tells of it."""

    pid: int
    parent: int
    state: str
    threads: int
    memory: int


def become_subreaper() -> None:
    """Have orphans among the descendants become children of this process."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def descendants() -> list[Process]:
    """Return all processes below this one that are not yet dead."""
    children: dict[int, list[Process]] = {}
    for each in _all():
        children.setdefault(each.parent, []).append(each)
    found, new = list[Process](), [os.getpid()]
    while new:
        below = children.pop(new.pop(), [])
        found += below
        new += [each.pid for each in below]
    return [each for each in found if each.state not in "ZX"]


def kill_descendants() -> int:
    """Kill all that descends from this process; return how many were left in the end.

    They are stopped before they are killed, or some would be started meanwhile. A list
    of processes is never quite true: none are left when there is no child to wait for,
    because whoever loses its parents becomes one.
    """
    for _ in range(_ROUNDS):
        if not _has_children():
            return 0
        found = descendants()
        _signal(found, signal.SIGSTOP)
        # Who was begun while the list was made is stopped before anybody is killed.
        _signal(descendants(), signal.SIGSTOP)
        _signal(found, signal.SIGKILL)
        time.sleep(_PAUSE)
    return len(descendants())


def _has_children() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def reap() -> dict[int, int]:
    """Take in the children that have ended: their ids, and how each did."""
    ended = dict[int, int]()
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        ended[pid] = status


def _signal(processes: list[Process], number: int) -> None:
    for each in processes:
        try:
            os.kill(each.pid, number)
        except OSError:  # It is gone, or no longer ours.
            continue


def _all() -> Iterator[Process]:
    if not os.path.isdir("/proc/self"):
        yield from _told_by_ps()
        return
    for name in os.listdir("/proc"):
        if name.isdigit() and (found := _read(name)):
            yield found


def _read(pid: str) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name of a program may hold blanks and brackets itself.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    state, parent, threads, pages = fields[0], fields[1], fields[17], fields[21]
    memory = int(pages) * _PAGE
    return Process(int(pid), int(parent), state.decode(), int(threads), memory)


def _told_by_ps() -> Iterator[Process]:
    done = subprocess.run(
        ["/bin/ps", "-axo", "pid=,ppid=,stat=,rss="],
        capture_output=True,
        check=False,
        text=True,
    )
    for line in done.stdout.splitlines():
        pid, parent, state, kilobytes = line.split()[:4]
        yield Process(int(pid), int(parent), state[0], 1, int(kilobytes) * 1024)
