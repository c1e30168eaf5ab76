"""Keeps tests on this machine: whatever reaches beyond loopback fails at once.

`install()` adds an audit hook, which sees every connect, datagram and name look-up that
Python code makes, from any thread, event loop or library, whatever it was imported as:
`connect`, `connect_ex`, `sendto`, `sendmsg`, `create_connection`, `getaddrinfo` and its
older relatives, asyncio's `sock_connect`. What C code does by itself (libzmq, libuv, a
browser) passes unseen; tests give those loopback addresses.

`guard_children()` gives the same guard to each Python process started later, such as a
kernel, by way of `guard/sitecustomize.py`.

A library may catch the error, turn it into one of its own, and try again. So each
refusal also stands in `refused`, where a fixture can find it after the test.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

refused: list[str] = []
"""What was refused so far in this process, oldest first."""

_GUARD = Path(__file__).parent / "guard"
_installed = False


class NetworkBlockedError(RuntimeError):
    """A test tried to leave this machine.

    It is no `OSError`, so code that expects a network to be down does not swallow it.

    Attributes:
        address: What was to be reached, as it was given.
    """

    def __init__(self, action: str, address: object) -> None:
        super().__init__(
            f"{action} of {address!r}: tests reach nothing but this machine. "
            "Serve it on 127.0.0.1, or use an in-process transport."
        )
        self.address = address


def install() -> None:
    """Refuse the network beyond loopback for the rest of this process.

    There is no way back: an audit hook stays. Calling it again changes nothing.
    """
    global _installed  # noqa: PLW0603 -- a second hook would only cost time
    if not _installed:
        _installed = True
        sys.addaudithook(_on_audit_event)


def guard_children() -> None:
    """Have each Python process that inherits this environment call `install()`."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(_GUARD) not in inherited:
        entries = [str(_GUARD), *filter(None, inherited)]
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)


def is_local_host(host: object) -> bool:
    """Tell whether a host name or a numeric address means this machine."""
    if host is None or host in {"", b""}:  # any interface, for a server
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or name == _own_name():
        return True
    try:
        number = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback or number.is_unspecified


def _own_name() -> str:
    """Return this machine's name; looking that up is how programs find interfaces."""
    return socket.gethostname().lower().rstrip(".")


def _on_audit_event(event: str, args: tuple[Any, ...]) -> None:
    # Called for each event of the interpreter, so it must be quick to say no.
    check = _CHECKS.get(event)
    if check is not None:
        check(*args)


def _check_socket(action: str) -> Callable[..., None]:
    def check(sock: socket.socket, address: Any) -> None:
        if address is None or sock.family == getattr(socket, "AF_UNIX", None):
            return
        inet = sock.family in {socket.AF_INET, socket.AF_INET6}
        if not (inet and isinstance(address, tuple) and is_local_host(address[0])):
            _refuse(action, address)

    return check


def _check_host(action: str) -> Callable[..., None]:
    def check(host: object, *_: object) -> None:
        if not is_local_host(host):
            _refuse(action, host)

    return check


def _check_name(address: tuple[Any, ...]) -> None:
    _check_host("a reverse look-up")(address[0])


def _refuse(action: str, address: object) -> None:
    error = NetworkBlockedError(action, address)
    refused.append(str(error))
    raise error


_CHECKS: dict[str, Callable[..., None]] = {
    "socket.connect": _check_socket("a connection"),
    "socket.sendto": _check_socket("a datagram"),
    "socket.sendmsg": _check_socket("a message"),
    "socket.getaddrinfo": _check_host("a name look-up"),
    "socket.gethostbyname": _check_host("a name look-up"),
    "socket.gethostbyaddr": _check_host("a reverse look-up"),
    "socket.getnameinfo": _check_name,
}
