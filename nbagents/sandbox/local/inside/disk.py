"""What the files of a program take, those without a name as well."""

import os
import stat
from typing import NamedTuple

# No work needs folders as deep as this; beyond, paths become too long to be watched.
DEEPEST = 32
_BLOCK = 512


class Usage(NamedTuple):
    """What lies in some folders."""

    size: int
    entries: int
    depth: int


def usage(folders: list[str], most_entries: int) -> Usage:
    """Return what lies in `folders`; beyond the limits nothing more is looked at."""
    size = entries = depth = 0
    todo = [(folder, 1) for folder in folders]
    while todo and entries <= most_entries and depth <= DEEPEST:
        path, depth_here = todo.pop()
        depth = max(depth, depth_here)
        for name, info in _listed(path):
            entries += 1
            size += info.st_blocks * _BLOCK
            if stat.S_ISDIR(info.st_mode):
                todo.append((f"{path}/{name}", depth_here + 1))
    return Usage(size, entries, depth)


def nameless(pids: list[int]) -> int:
    """Return the bytes of open files that have been removed, or never had a name."""
    seen: dict[tuple[int, int], int] = {}
    for pid in pids:
        for name in _names(f"/proc/{pid}/fd"):
            try:
                info = os.stat(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode) and not info.st_nlink:
                seen[info.st_dev, info.st_ino] = info.st_blocks * _BLOCK
    return sum(seen.values())


def _names(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _listed(path: str) -> list[tuple[str, os.stat_result]]:
    found = []
    for name in _names(path):
        try:
            found.append((name, os.lstat(f"{path}/{name}")))
        except OSError:
            continue
    return found
