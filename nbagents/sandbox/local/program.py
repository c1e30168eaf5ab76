"""One program under its supervisor, seen from the kernel: what it says, its end."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.local import command
from nbagents.sandbox.local.output import Kept

_PIECE = 65_536
# How much longer than its program a supervisor may take to clean up.
_GRACE_SECONDS = 15.0
_MOMENT = 1.0
_WORD = b"k"


class Program:
    """Starts a supervisor; `listen` returns when nothing of the program is left."""

    def __init__(self, setup: dict[str, Any], output_bytes: int, flood: int) -> None:
        self._setup = setup
        self._flood = flood
        self.stdout, self.stderr = Kept(output_bytes), Kept(output_bytes)
        self._told = b""
        self.flooded = False
        self._all_closed = False
        self._until = time.monotonic() + setup["seconds"] + _GRACE_SECONDS
        self._report, outlet = os.pipe()
        try:
            self._process = self._start(outlet)
        except OSError as error:
            os.close(self._report)
            raise SandboxError(f"No process can be started: {error}") from error
        finally:
            os.close(outlet)

    def _start(self, outlet: int) -> subprocess.Popen[bytes]:
        path = os.path.join(command.INSIDE, "supervisor.py")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", path, str(outlet)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._setup["environment"],
            cwd="/",
            pass_fds=(outlet,),
            start_new_session=True,
            bufsize=0,
        )

    def listen(self, wake: int) -> dict[str, Any]:
        """Take in what is printed until the end, and return what the supervisor tells.

        Args:
            wake: When this can be read, the program is killed.

        Raises:
            SandboxError: The supervisor did not tell.
        """
        try:
            self._send()
            self._take_in(wake)
        finally:
            self._end()
        if not self._told:
            said = self.stderr.text.strip()[-500:]
            raise SandboxError(f"The sandbox failed: {said or 'it was killed'}")
        told: dict[str, Any] = json.loads(self._told)
        return told

    def kill(self) -> None:
        """Have the supervisor kill the program; it still tells what came of it."""
        self._until = min(self._until, time.monotonic() + _GRACE_SECONDS)
        inlet = self._process.stdin
        if inlet is not None and not inlet.closed:
            try:
                inlet.write(_WORD)
                inlet.close()
            except OSError:  # It is gone already.
                inlet.close()

    def _send(self) -> None:
        data = json.dumps(self._setup).encode()
        inlet = self._process.stdin
        assert inlet is not None  # noqa: S101 - it was asked for
        left = memoryview(b"%012d" % len(data) + data)
        try:
            while left:
                left = left[inlet.write(left) :]
        except BrokenPipeError:  # What it said on stderr tells why.
            return

    def _take_in(self, wake: int) -> None:
        with selectors.DefaultSelector() as selector:
            for source, take in self._sources().items():
                selector.register(source, selectors.EVENT_READ, take)
            selector.register(wake, selectors.EVENT_READ, None)
            while len(selector.get_map()) > 1:
                over = self._report not in selector.get_map()
                # Who still holds the streams then has escaped from the supervisor.
                patience = _MOMENT if over else self._until - time.monotonic()
                if not (ready := selector.select(patience)):
                    return
                for key, _ in ready:
                    self._one(selector, key.fd, key.data)
            self._all_closed = True

    def _sources(self) -> dict[int, Callable[[bytes], None]]:
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None and stderr is not None  # noqa: S101, PT018
        return {
            stdout.fileno(): self.stdout.add,
            stderr.fileno(): self.stderr.add,
            self._report: self._hear,
        }

    def _one(
        self,
        selector: selectors.BaseSelector,
        source: int,
        take: Callable[[bytes], None] | None,
    ) -> None:
        if take is None:
            selector.modify(source, selectors.EVENT_WRITE)  # Which never comes.
            self.kill()
        elif data := os.read(source, _PIECE):
            take(data)
            if self.stdout.total + self.stderr.total > self._flood:
                self.flooded = True
                self.kill()
        else:
            selector.unregister(source)

    def _hear(self, data: bytes) -> None:
        self._told += data

    def _end(self) -> None:
        """Leave nothing open and nothing at work, whatever has happened."""
        self.kill()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._all_closed:
            kill_strays(self._setup["environment"][command.OWNER])
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        os.close(self._report)


def kill_strays(owner: str) -> None:
    """Kill whatever was started for `owner`: its supervisor was killed before it."""
    mark = f"{command.OWNER}={owner}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)
        except OSError:
            continue
