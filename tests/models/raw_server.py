"""A server on loopback that says bytes: what no HTTP library would let one send."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Talk = Callable[[socket.socket, threading.Event], None]


def head(status: str = "200 OK", **headers: str) -> bytes:
    """Return the head of an answer; `_` in a name of a header is `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {each}" for name, each in named.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """Return a proper answer with that body."""
    length = str(len(body))
    told = {"content_type": kind, "content_length": length, "connection": "close"}
    return head(**(told | headers)) + body


def saying(*pieces: bytes) -> Talk:
    """Return what reads the request, says these pieces and closes."""

    def talk(connection: socket.socket, closing: threading.Event) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)

    return talk


def forever(first: bytes, again: bytes, every: float = 0.005) -> Talk:
    """Return what says `first`, and then `again` until nobody listens."""

    def talk(connection: socket.socket, closing: threading.Event) -> None:
        read_request(connection)
        connection.sendall(first)
        while not closing.wait(every):
            connection.sendall(again)

    return talk


def silent_after(first: bytes) -> Talk:
    """Return what says `first` and then nothing, with the line open."""

    def talk(connection: socket.socket, closing: threading.Event) -> None:
        read_request(connection)
        connection.sendall(first)
        closing.wait()

    return talk


def closing_at_once(connection: socket.socket, closing: threading.Event) -> None:
    """Read nothing and say nothing."""


def resetting(connection: socket.socket, closing: threading.Event) -> None:
    """Break the line as a crash does."""
    read_request(connection)
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def read_request(connection: socket.socket) -> bytes:
    """Return the request, head and body."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(65536)):
        data += more
    first, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in first.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return body


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """Run a server that talks so on every connection; yield its `base_url`."""
    closing = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def handle(connection: socket.socket) -> None:
            with connection, suppress(OSError, StopIteration):
                connection.settimeout(30)
                talk(connection, closing)

        def accept() -> None:
            while not closing.is_set():
                with suppress(TimeoutError):
                    start(server.accept()[0])

        def start(connection: socket.socket) -> None:
            threads.append(threading.Thread(target=handle, args=(connection,)))
            threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            closing.set()
            accepting.join()
            for each in threads:
                each.join()


def describe(case: Any) -> str:
    """Return the name of a case, for pytest."""
    return str(case[0])
