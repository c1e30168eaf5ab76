"""What a program left: files that are new or changed, and figures."""

import contextlib
import os
import stat
from dataclasses import dataclass, field

from nbagents.redaction import head
from nbagents.sandbox.local import folders
from nbagents.sandbox.local.limits import ProgramLimits

_Mark = tuple[int, int, int]
_PNG = b"\x89PNG\r\n\x1a\n"
_NAMED = 3
_LONGEST_NAME = 80


def marks(folder: int) -> dict[str, _Mark]:
    """Return what tells each file below `folder` from what it may become."""
    return {path: _mark(info) for path, info in folders.walk(folder)}


def _mark(info: os.stat_result) -> _Mark:
    return info.st_ino, info.st_size, info.st_ctime_ns


@dataclass(slots=True)
class Found:
    """What is handed back, and what is not."""

    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def changed(folder: int, before: dict[str, _Mark], limits: ProgramLimits) -> Found:
    """Return the regular files below `folder` that are not as they were `before`."""
    found, room = Found(), limits.result_bytes
    left_out: dict[str, list[str]] = {}
    for path, info in folders.walk(folder):
        if before.get(path) == _mark(info):
            continue
        reason = _reason(path, info, room, limits.result_files - len(found.files))
        data = None if reason else folders.read(folder, path, room)
        if data is None:
            left_out.setdefault(reason or "it cannot be read", []).append(path)
            continue
        found.files[path] = data
        room -= len(data)
    found.notes += [_note(names, reason) for reason, names in left_out.items()]
    return found


def _reason(path: str, info: os.stat_result, room: int, files: int) -> str:
    if stat.S_ISLNK(info.st_mode):
        return "it is a link"
    if not stat.S_ISREG(info.st_mode):
        return "it is no regular file"
    if not _is_text(path):
        return "its name is no text"
    if info.st_size > room:
        return "together they are too large"
    return "" if files else "they are too many"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _note(names: list[str], reason: str) -> str:
    shown = ", ".join(ascii(head(name, _LONGEST_NAME)) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Left out, because {reason}: {shown}{more}."


def figures(folder: int, limits: ProgramLimits) -> tuple[bytes, ...]:
    """Return the pictures in `folder` and empty it: they are those of one program."""
    found = list[bytes]()
    room = limits.result_bytes
    for path, info in folders.walk(folder):
        data = folders.read(folder, path, room) if info.st_size <= room else None
        if data and data.startswith(_PNG) and len(found) < limits.figures:
            found.append(data)
            room -= len(data)
        with contextlib.suppress(OSError):
            os.unlink(path, dir_fd=folder)
    return tuple(found)
