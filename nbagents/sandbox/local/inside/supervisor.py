"""Starts one program, watches what it takes, and leaves nothing of it behind.

`python -I -S supervisor.py REPORT`, with what to do as JSON on its standard
input, after its length in twelve digits. That stays open as long as somebody wants the
program: when it closes, the program is killed; when it closes without a word the kernel
is gone, and so are the folders. What came of it is told as JSON through REPORT.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, BinaryIO

_OWN = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, _OWN)

if TYPE_CHECKING:
    from nbagents.sandbox.local.inside import disk, processes
else:  # They are beside this file, where -I does not look.
    import disk
    import processes

_TICK = 0.03
_DISK_TICKS = 4
_MB = 1_000_000


class Supervisor:
    """One program and its watch."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._setup = setup
        self._limits = setup["limits"]
        self._parent = os.getppid()
        self._until = time.monotonic() + setup["seconds"]
        self._ticks = 0
        self._wake = _woken_by_children()
        self.killed = ""
        self.orphaned = False
        self.status: int | None = None
        self._ready, told = os.pipe()
        self._child = self._start(told)

    def _start(self, told: int) -> int:
        with _nameless(f"{self._setup['base']}/given") as given:
            given.write(json.dumps(self._setup["program"]).encode())
            given.seek(0)
            child = subprocess.Popen(
                [*self._setup["command"], str(told)],
                stdin=given,
                cwd="/",
                env=self._setup["environment"],
                pass_fds=(told,),
                start_new_session=True,
            )
        os.close(told)
        child.returncode = 0  # It is reaped here, and `Popen` need not care.
        return child.pid

    def watch(self) -> None:
        """Return when the program has ended or has to."""
        while self.status is None and not self.killed and not self.orphaned:
            self._wait()
            self.status = processes.reap().get(self._child)
            if self.status is None:
                self.killed = self._reason()
            self._ticks += 1

    def _wait(self) -> None:
        readable, _, _ = select.select([0, self._wake], [], [], _TICK)
        if self._wake in readable:
            os.read(self._wake, 4096)
        if 0 in readable:
            word = os.read(0, 1)
            self.killed = "closed" if word else ""
            self.orphaned = not word
        self.orphaned = self.orphaned or os.getppid() != self._parent

    def _reason(self) -> str:
        if self.killed or time.monotonic() >= self._until:
            return self.killed or f"after {self._setup['seconds']:g} seconds"
        found = processes.descendants()
        most = self._limits["processes"]
        if sum(each.threads for each in found) > most * 4 or len(found) > most:
            return f"for more than {most} processes, or {most * 4} threads"
        if sum(each.memory for each in found) > self._limits["memory"]:
            return f"for more than {self._limits['memory'] // _MB:,} MB of memory"
        return "" if self._ticks % _DISK_TICKS else self._disk(found)

    def _disk(self, found: list[processes.Process]) -> str:
        used = disk.usage(self._setup["folders"], self._limits["disk_entries"])
        nameless = disk.nameless([each.pid for each in found])
        return self._over(used._replace(size=used.size + nameless))

    def _over(self, used: disk.Usage) -> str:
        if used.depth > disk.DEEPEST:
            return f"for folders more than {disk.DEEPEST} deep"
        if used.entries > self._limits["disk_entries"]:
            return f"for more than {self._limits['disk_entries']:,} files"
        most = self._limits["disk_bytes"]
        return f"for more than {most // _MB:,} MB of disk" if used.size > most else ""

    def finish(self) -> dict[str, Any]:
        """Kill what is left, and return what there is to tell."""
        survivors = self._survivors()
        left = processes.kill_descendants()
        last = disk.usage(self._setup["folders"], self._limits["disk_entries"])
        return {
            "ready": os.read(self._ready, 1) == b"1",
            "killed": self.killed,
            "exit": _exit_code(self.status),
            "survivors": survivors,
            "left": left,
            "disk": self._over(last),
        }

    def _survivors(self) -> int:
        """Count what outlived the program; a namespace takes all along by itself."""
        if self.status is None or self._setup["program"]["level"] == "bubblewrap":
            return 0
        return len(processes.descendants())


def _exit_code(status: int | None) -> int | None:
    if status is None:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code  # As shells have it, and bubblewrap.


def _nameless(path: str) -> BinaryIO:
    """Open a file that nothing but this descriptor leads to."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    os.unlink(path)
    return os.fdopen(file, "w+b")


def _woken_by_children() -> int:
    inlet, outlet = os.pipe()
    os.set_blocking(outlet, False)
    os.set_blocking(inlet, False)
    signal.set_wakeup_fd(outlet, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return inlet


def _remove(folder: str) -> None:
    subprocess.run(["/bin/chmod", "-R", "u+rwX", folder], check=False)
    subprocess.run(["/bin/rm", "-rf", "--", folder], check=False)


def _given() -> bytes:
    """Read what is to be done, and not a byte more: `select` has to see the rest."""
    size = int(os.read(0, 12))
    data = b""
    while len(data) < size and (more := os.read(0, size - len(data))):
        data += more
    return data


def main() -> None:
    """Do what standard input says."""
    report = int(sys.argv[1])
    os.set_inheritable(report, False)  # noqa: FBT003
    setup = json.loads(_given())
    processes.become_subreaper()
    supervisor = Supervisor(setup)
    # The program has them now; they must be closed when its last process is gone.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    supervisor.watch()
    told = supervisor.finish()
    if supervisor.orphaned:
        _remove(setup["base"])
        return
    os.write(report, json.dumps(told).encode())


if __name__ == "__main__":
    main()
