"""The guard that keeps every other test on this machine."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

import network_guard
from network_guard import NetworkBlockedError, is_local_host

# Reserved for documentation (RFC 5737, RFC 3849, RFC 2606): nobody answers there.
FAR = ("192.0.2.1", 9)
FAR6 = ("2001:db8::1", 9)
FAR_NAME = "nbagents.example"


@pytest.fixture(autouse=True)
def forgiven() -> Iterator[None]:
    """Take back what these tests get refused, which is what they are about."""
    network_guard.install()
    before = len(network_guard.refused)
    yield
    del network_guard.refused[before:]


def udp(family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    return socket.socket(family, socket.SOCK_DGRAM)


def connect() -> None:
    with socket.socket() as sock:
        sock.connect(FAR)


def connect_ex() -> None:
    with socket.socket() as sock:
        sock.connect_ex(FAR)


def connect_a_datagram_socket() -> None:
    with udp() as sock:
        sock.connect(FAR)


def sendto() -> None:
    with udp() as sock:
        sock.sendto(b"x", FAR)


def sendmsg() -> None:
    with udp() as sock:
        sock.sendmsg([b"x"], [], 0, FAR)


REACHING = {
    "connect": connect,
    "connect_ex": connect_ex,
    "a datagram socket's connect": connect_a_datagram_socket,
    "sendto": sendto,
    "sendmsg": sendmsg,
    "create_connection": lambda: socket.create_connection(FAR, timeout=1),
    "urlopen": lambda: urllib.request.urlopen(f"http://{FAR[0]}:{FAR[1]}/", timeout=1),
    "getaddrinfo of an address": lambda: socket.getaddrinfo(*FAR),
}
LOOKING_UP = {
    "getaddrinfo": lambda: socket.getaddrinfo(FAR_NAME, 80),
    "getaddrinfo of bytes": lambda: socket.getaddrinfo(FAR_NAME.encode(), 80),
    "gethostbyname": lambda: socket.gethostbyname(FAR_NAME),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(FAR_NAME),
    "gethostbyaddr": lambda: socket.gethostbyaddr(FAR_NAME),
    "getnameinfo": lambda: socket.getnameinfo((FAR_NAME, 80), 0),
    "create_connection": lambda: socket.create_connection((FAR_NAME, 80), timeout=1),
}


@pytest.mark.parametrize("reach", REACHING.values(), ids=REACHING)
def test_reaching_a_far_address_is_refused_and_named(
    reach: Callable[[], object],
) -> None:
    with pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"):
        reach()


@pytest.mark.parametrize("look_up", LOOKING_UP.values(), ids=LOOKING_UP)
def test_looking_up_a_far_name_is_refused_and_named(
    look_up: Callable[[], object],
) -> None:
    with pytest.raises(NetworkBlockedError, match=r"nbagents\.example"):
        look_up()


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_a_far_ipv6_address_is_refused_and_named() -> None:
    with udp(socket.AF_INET6) as sock, pytest.raises(NetworkBlockedError) as caught:
        sock.connect(FAR6)
    assert caught.value.address == FAR6


async def sock_connect() -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, FAR)


async def open_connection() -> None:
    await asyncio.open_connection(*FAR)


async def open_datagrams() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=FAR)


@pytest.mark.parametrize("reach", [sock_connect, open_connection, open_datagrams])
async def test_asyncio_is_refused_too(reach: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"):
        await reach()


def test_other_threads_are_refused_too() -> None:
    seen: list[BaseException] = []

    def work() -> None:
        try:
            connect()
        except NetworkBlockedError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(seen) == 1


def test_an_error_that_somebody_swallows_is_still_on_record() -> None:
    before = list(network_guard.refused)
    with pytest.raises(NetworkBlockedError) as caught:
        connect()
    assert network_guard.refused == [*before, str(caught.value)]


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, port), timeout=5).close()


async def test_loopback_stays_open_in_asyncio() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_sockets_of_the_file_system_stay_open(tmp_path: Path) -> None:
    path = os.path.relpath(tmp_path / "s")  # a long path does not fit the address
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)


LOCAL = ["", b"", None, "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1"]
LOCAL += ["127.9.9.9", b"127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"]
FOREIGN = ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "fe80::1%eth0", "example.com"]
FOREIGN += ["localhost.example.com", "127.0.0.1.example.com", b"example.com", "<any>"]


@pytest.mark.parametrize("host", LOCAL, ids=repr)
def test_these_hosts_are_this_machine(host: object) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize("host", FOREIGN, ids=repr)
def test_these_hosts_are_not(host: object) -> None:
    assert not is_local_host(host)


def test_child_processes_are_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    network_guard.guard_children()
    network_guard.guard_children()
    assert os.environ["PYTHONPATH"] == str(Path(__file__).parent / "guard")

    code = f"import socket; socket.create_connection({FAR}, timeout=1)"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert child.returncode == 1
    assert "NetworkBlockedError: a name look-up of '192.0.2.1'" in child.stderr


def test_what_is_on_the_path_already_stays_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    network_guard.guard_children()
    assert os.environ["PYTHONPATH"].endswith(os.pathsep + "somewhere")
