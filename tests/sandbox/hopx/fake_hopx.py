"""HopX on loopback: its control plane and the agents of its sandboxes.

The real `hopx_ai` talks to it. A sandbox is a folder, and what runs in it are real
processes, so that what is sent there is really tried out. Every request is kept, and
any of them can be made to fail in the ways that requests fail.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil

KEY = "hopx_live_5d2f0a71c3b94e68.Zq81"
_PATIENCE = 20  # seconds: more than any test takes


@dataclass(slots=True, kw_only=True)
class Fault:
    """What is done to a request instead of answering it.

    Attributes:
        status: Of the answer.
        body: Of the answer; text as it is, else as JSON.
        done: Whether what was asked for is done all the same.
        drop: Whether the connection is closed without an answer.
        hang: Whether there is no answer until the fake is closed.
        hold: Until when nothing happens; then it is answered as it should be.
        meanwhile: Whether it is still being done when the answer is given.
        times: How many requests this is done to.
    """

    status: int = 500
    body: Any = field(default_factory=lambda: {"error": "out of order", "code": "X"})
    done: bool = False
    drop: bool = False
    hang: bool = False
    hold: threading.Event | None = None
    meanwhile: bool = False
    times: int = 1_000

    def do(self, work: Callable[[], Any]) -> None:
        if self.meanwhile:
            threading.Thread(target=work, daemon=True).start()
        elif self.done:
            work()


@dataclass(slots=True)
class Box:
    """One sandbox."""

    name: str
    folder: Path
    order: dict[str, Any]
    created: datetime
    alive: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ends(self) -> datetime:
        return self.created + timedelta(seconds=self.order["timeout_seconds"])

    def end(self) -> None:
        with self.lock:
            self.alive = False
        while left := processes(self.folder):
            for each in left:
                with suppress(psutil.Error):
                    each.kill()

    def start(self, command: list[str]) -> subprocess.Popen[str]:
        passed = {n: os.environ[n] for n in ("PATH", "HOME") if n in os.environ}
        with self.lock:
            if not self.alive:
                raise ConnectionAbortedError(self.name)
            return subprocess.Popen(
                [self.inside(each) for each in command],
                cwd=self.folder,
                env=passed | {"FAKE_HOPX": str(self.folder)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def inside(self, text: str) -> str:
        return text.replace("/workspace", str(self.folder))


def processes(folder: Path) -> list[psutil.Process]:
    """Return what runs in a sandbox."""
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.environ().get("FAKE_HOPX") == str(folder) and (
                each.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(each)
    return found


class FakeHopx:
    """What a test sees of HopX.

    Attributes:
        url: To be given as `base_url`.
        boxes: All sandboxes that were ever made, by id.
        requests: Each request so far, such as "POST /v1/sandboxes", oldest first.
        bodies: What was sent with it.
    """

    def __init__(self, folder: Path) -> None:
        self.boxes: dict[str, Box] = {}
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.headers: list[Mapping[str, str]] = []
        self.closing = threading.Event()
        self.arrived = threading.Condition()
        self._faults: list[tuple[re.Pattern[str], Fault]] = []
        self._folder = folder
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @property
    def alive(self) -> list[str]:
        """The ids of the sandboxes that there are."""
        return [each.name for each in self.boxes.values() if each.alive]

    def processes(self, name: str) -> list[psutil.Process]:
        """Return what runs in a sandbox."""
        return processes(self.boxes[name].folder)

    def fail(self, pattern: str, **fault: Any) -> None:
        """Have requests like `pattern` fail from now on."""
        self._faults.append((re.compile(pattern), Fault(**fault)))

    def heal(self) -> None:
        self._faults.clear()

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, each)) for each in self.requests)

    def wait_for(self, pattern: str, times: int = 1) -> None:
        with self.arrived:
            done = self.arrived.wait_for(
                lambda: self.count(pattern) >= times, _PATIENCE
            )
        assert done, f"no {pattern}: {self.requests}"

    def wait_until_none_is_alive(self) -> None:
        until = time.monotonic() + _PATIENCE
        with self.arrived:
            while self.alive and time.monotonic() < until:
                self.arrived.wait(0.1)
        assert self.alive == []

    def add(self, order: dict[str, Any]) -> Box:
        """Make a sandbox."""
        with self.arrived:
            name = f"box{len(self.boxes) + 1}"
            folder = self._folder / name
            folder.mkdir()
            self.boxes[name] = Box(name, folder, order, datetime.now(UTC))
            return self.boxes[name]

    def serve(self) -> None:
        self._http.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        for each in self.boxes.values():
            each.end()
            shutil.rmtree(each.folder, ignore_errors=True)

    def note(self, request: str, body: Any, headers: Mapping[str, str]) -> None:
        with self.arrived:
            self.requests.append(request)
            self.bodies.append(body)
            self.headers.append(headers)
            self.arrived.notify_all()

    def fault(self, request: str) -> Fault | None:
        for pattern, fault in self._faults:
            if pattern.search(request) and fault.times:
                fault.times -= 1
                return fault
        return None

    # --- what it answers

    def answer(self, method: str, path: str, body: Any, headers: Any) -> Any:
        url = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        place, *rest = url.path.strip("/").split("/")
        if place == "v1":
            if headers.get("X-API-Key") != KEY:
                return 401, {"error": "Authentication required", "code": "AUTH"}
            return self._control(method, rest[1:], body, query)
        box = self.boxes.get(rest[0])
        if box is None or not box.alive:
            return 404, {"error": "no such machine"}
        if headers.get("Authorization") != f"Bearer token-of-{box.name}":
            return 401, {"error": "Invalid or expired token"}
        return self._agent(box, "/".join(rest[1:]), body, query)

    def _control(self, method: str, rest: list[str], body: Any, query: Any) -> Any:
        if not rest:
            return self._made(body) if method == "POST" else self._listed(query)
        box = self.boxes.get(rest[0])
        if box is None or not box.alive:
            return 404, {"error": "Sandbox not found", "code": "RESOURCE_NOT_FOUND"}
        if rest[1:] == ["timeout"]:
            gone = datetime.now(UTC) - box.created
            box.order["timeout_seconds"] = body["timeout_seconds"] + gone.seconds
        if method == "DELETE":
            box.end()
        return 200, self._about(box)

    def _made(self, body: Any) -> Any:
        if body["template_name"] != "code-interpreter":
            return 404, {"error": "Template not found", "code": "NOT_FOUND"}
        return 201, self._about(self.add(body))

    def _listed(self, query: Any) -> Any:
        alive = [self.boxes[name] for name in self.alive]
        at = int(query.get("cursor", 0))
        page = alive[at : at + 2]  # small, so that there is a second one
        more = at + 2 < len(alive)
        cursor = {"next_cursor": str(at + 2)} if more else {}
        data = [self._about(each) for each in page]
        return 200, {"object": "list", "data": data, "has_more": more, **cursor}

    def _about(self, box: Box) -> dict[str, Any]:
        return {
            "id": box.name,
            "status": "running",
            "public_host": f"{self.url}/agent/{box.name}",
            "template_name": box.order["template_name"],
            "timeout_seconds": box.order["timeout_seconds"],
            "created_at": box.created.isoformat(),
            "expires_at": box.ends.isoformat(),
            "auth_token": f"token-of-{box.name}",
            "token_expires_at": (datetime.now(UTC) + timedelta(hours=9)).isoformat(),
        }

    def _agent(self, box: Box, path: str, body: Any, query: Any) -> Any:
        if path == "health":
            return 200, {"status": "healthy"}
        if path == "execute":
            return 200, ran(box, [sys.executable, "-c", body["code"]], body)
        if path == "commands/run":
            return 200, ran(box, [body["command"], *body["args"]], body)
        if path == "files/write":
            Path(box.inside(body["path"])).write_text(body["content"], "utf-8")
            return 200, {"path": body["path"]}
        file = Path(box.inside(query["path"]))
        if not file.exists():
            return 404, {"error": "File not found", "code": "FILE_NOT_FOUND"}
        return 200, {"content": file.read_text("utf-8")}


def ran(box: Box, command: list[str], body: Any) -> dict[str, Any]:
    try:
        process = box.start(command)
    except ConnectionAbortedError:
        return {"stdout": "", "stderr": "the machine is gone", "exit_code": 137}
    out, err = process.communicate(timeout=body["timeout"])
    return {"stdout": out, "stderr": err, "exit_code": process.returncode}


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        # A client that has given up is what many tests are about.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*_)


def _handler(fake: FakeHopx) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer takes 40 ms

        def log_message(self, *_: Any) -> None:
            pass

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            request = f"{self.command} {self.path}"
            fake.note(request, body, dict(self.headers))
            fault = fake.fault(request)
            work = partial(fake.answer, self.command, self.path, body, self.headers)
            if fault is not None and fault.hold is not None:
                fault.hold.wait(_PATIENCE)
            if fault is None or fault.hold is not None:
                self._say(*work())
            else:
                fault.do(work)
                self._fail(fault)

        def _fail(self, fault: Fault) -> None:
            if fault.hang:
                fake.closing.wait(_PATIENCE)
            if fault.hang or fault.drop:
                self.close_connection = True
            else:
                self._say(fault.status, fault.body)

        def _say(self, status: int, body: Any) -> None:
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            with suppress(OSError):  # Nobody may wait for it any more.
                self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - as it must be

    return Handler


@contextmanager
def serving(folder: Path) -> Iterator[FakeHopx]:
    """Have a fake HopX for as long as it takes."""
    fake = FakeHopx(folder)
    thread = threading.Thread(target=fake.serve)
    thread.start()
    try:
        yield fake
    finally:
        fake.close()
        thread.join()
