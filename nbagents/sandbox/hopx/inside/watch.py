"""watch.py ID: run a program to its end, or to the end of its time.

What is asked for is in ID.order.json, what came of it in ID/outcome.json.
"""

import contextlib
import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
WORK = HERE.parent / "work"
ENVIRONMENT = {
    "MPLBACKEND": "Agg",  # No windows: figures are saved at the end.
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
    "PYTHONUNBUFFERED": "1",  # So that what was printed is there if it is killed.
}
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER


def watch(folder: Path) -> None:
    """Do all that is to be done about one program."""
    order = json.loads((HERE / f"{folder.name}.order.json").read_text("utf-8"))
    (folder / "program.py").write_text(order["code"], "utf-8")
    (folder / "figures").mkdir()
    try:
        outcome = done(folder, order)
    except OSError as error:
        outcome = not_done(f"It could not be run to its end: {error}")
    unnamed = folder / "outcome.new"
    unnamed.write_text(json.dumps(outcome), "utf-8")
    unnamed.rename(folder / "outcome.json")


def done(folder: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Run the program between its files, and return what came of both."""
    files: Any = importlib.import_module("files")  # the neighbour
    earlier = files.before(order)
    outcome = run(folder, order)
    outcome["parts"], notes = files.after(folder, order, earlier)
    outcome["notes"] += notes
    return outcome


def not_done(why: str) -> dict[str, Any]:
    """Return what is said of a program whose files have no place, for one."""
    texts = {"stdout": "", "stderr": "", "notes": [why]}
    return {"exit_code": None, "seconds": 0, "parts": 0, **texts}


def run(folder: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Run the program and return what came of it."""
    adopt_orphans()
    began = time.monotonic()
    child = begin(folder)
    streams = [Kept(child.stdout, "stdout", order), Kept(child.stderr, "stderr", order)]
    notes = waited_for(child, order["seconds"])
    out, err = (each.text(notes) for each in streams)
    return {
        "exit_code": child.returncode if child.returncode >= 0 else None,
        "seconds": time.monotonic() - began,
        "stdout": out,
        "stderr": err,
        "notes": notes,
    }


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """Start the program, away from the signals of everybody else."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "program.py"), folder.name],
        cwd=WORK,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def waited_for(child: subprocess.Popen[bytes], seconds: float) -> list[str]:
    """Wait, kill what is left, and return what there is to be said of it."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        end(child)
        return [f"It was killed after {seconds:g} s, the most it may take."]
    end(child)
    if child.returncode < 0:
        return [f"It was killed by signal {-child.returncode}."]
    return []


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill whatever the program has started; nothing of it may go on."""
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for _ in range(100):  # What is killed may have started more just before.
        left = descendants()
        for each in left:
            with contextlib.suppress(OSError):
                os.kill(each, signal.SIGKILL)
        if not left:
            return
        time.sleep(0.01)


def adopt_orphans() -> None:
    """Become the parent of whatever leaves its own, so that it can be found."""
    with contextlib.suppress(OSError, AttributeError):  # Linux alone can do that.
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def descendants() -> set[int]:
    """Return the processes that this one has started, directly or not."""
    parents = dict(filter(None, map(parent_of, Path("/proc").glob("[0-9]*"))))
    own = {os.getpid()}
    found = own
    while more := {pid for pid in parents if parents[pid] in found} - found:
        found = found | more
    return found - own


def parent_of(process: Path) -> Any:
    """Return the number of a process and that of its parent; `None` if it is dead."""
    try:
        stat = (process / "stat").read_text("utf-8", "replace")
        state, parent = stat.rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else (int(process.name), int(parent))


class Kept:
    """The beginning and the end of a stream, read to the end so that nobody waits."""

    def __init__(
        self, stream: "IO[bytes] | None", what: str, order: dict[str, Any]
    ) -> None:
        self.what = what
        self.stream: Any = stream
        self.most = order["most_text"] // 2
        self.head, self.tail = bytearray(), bytearray()
        self.size = 0
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        """Take in what comes, and forget the middle."""
        while some := os.read(self.stream.fileno(), 65536):
            self.size += len(some)
            room = self.most - len(self.head)
            self.head += some[:room]
            self.tail += some[room:]
            if len(self.tail) > 2 * self.most:
                del self.tail[: -self.most]

    def text(self, notes: list[str]) -> str:
        """Return what was kept, with a note of what was not."""
        self.thread.join(10)
        tail = self.tail[-self.most :]
        left_out = self.size - len(self.head) - len(tail)
        middle = b""
        if left_out:
            notes.append(f"{left_out} bytes in the middle of {self.what} are left out.")
            middle = f"\n[... {left_out} bytes ...]\n".encode()
        return (self.head + middle + tail).decode("utf-8", "replace")


if __name__ == "__main__":
    watch(HERE / sys.argv[1])
