"""Puts files into place, and collects those that changed; for `watch`.

What is collected goes into ID/part-N.json, as base64 in texts of a few megabytes.
"""

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORK = HERE.parent / "work"
PART = 4_000_000  # bytes of files after which the next part begins


Marks = dict[str, tuple[int, ...]]


def before(order: dict[str, Any]) -> Marks:
    """Write the files of the order, and return how everything is now."""
    WORK.mkdir(exist_ok=True)
    for name, content in order["files"].items():
        path = WORK / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    return snapshot()


def snapshot() -> Marks:
    """Return what tells each plain file from how it was; no links, no devices."""
    found = {}
    for root, folders, names in os.walk(WORK):
        folders[:] = [each for each in folders if each != "__pycache__"]
        for path in (Path(root, name) for name in names):
            mark = mark_of(path)
            if mark:
                found[str(path.relative_to(WORK))] = mark
    return found


def mark_of(path: Path) -> tuple[int, ...]:
    """Return what is another when a file was written to; nothing for other things."""
    try:
        now = path.lstat()
    except OSError:
        return ()
    if not stat.S_ISREG(now.st_mode):
        return ()
    return now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino


def after(folder: Path, order: dict[str, Any], earlier: Marks) -> tuple[int, list[str]]:
    """Collect the figures, and the files that changed; return the parts and notes."""
    parts = Parts(folder, order)
    for path in sorted((folder / "figures").iterdir()):
        parts.add("figure", path.name, path)
    now = snapshot()
    changed = sorted(name for name in now if now[name] != earlier.get(name))
    most = order["most_files"]
    for name in changed[:most]:
        parts.add("file", name, WORK / name)
    if len(changed) > most:
        left = len(changed) - most
        parts.notes.append(f"{left} files are left out: more than {most} changed.")
    parts.flush()
    return parts.count, parts.notes


class Parts:
    """What goes back beside texts, in files that can be read one by one."""

    def __init__(self, folder: Path, order: dict[str, Any]) -> None:
        self.folder = folder
        self.most, self.left = order["most_file"], order["most_total"]
        self.items: list[list[str]] = []
        self.size = self.count = 0
        self.notes: list[str] = []

    def add(self, kind: str, name: str, path: Path) -> None:
        """Take one in, or note why not."""
        try:
            with path.open("rb") as file:
                content = file.read(min(self.most, self.left) + 1)
        except OSError as error:
            self.leave_out(name, str(error.strerror))
            return
        if len(content) > self.most:
            self.leave_out(name, f"it has more than {self.most} bytes")
        elif len(content) > self.left:
            self.leave_out(name, "all together are too large")
        else:
            self.take([kind, name, base64.b64encode(content).decode()], len(content))

    def take(self, item: list[str], size: int) -> None:
        """Put one into the part that is being filled."""
        self.items.append(item)
        self.left -= size
        self.size += size
        if self.size >= PART:
            self.flush()

    def leave_out(self, name: str, why: str) -> None:
        """Note that one does not come along."""
        self.notes.append(f"{json.dumps(name)} is left out: {why}.")

    def flush(self) -> None:
        """End a part."""
        if self.items:
            path = self.folder / f"part-{self.count}.json"
            path.write_text(json.dumps(self.items), "utf-8")
            self.items, self.size, self.count = [], 0, self.count + 1
