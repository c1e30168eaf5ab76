"""One process for each file, shared by all who use it."""

import threading
from pathlib import Path

from nbagents.models.local.host import Host

_lock = threading.RLock()  # One who is forgotten leaves in the middle of anything.
_hosts: dict[Path, Host] = {}


def join(path: Path, name: str) -> Host:
    """Return the host of the file, held by one more; nothing is started yet."""
    file = path.resolve()
    with _lock:
        host = _hosts.get(file)
        if host is None:
            host = _hosts[file] = Host(file, name)
        host.holders += 1
        return host


def leave(host: Host) -> None:
    """Let go of `host`, and end its process where nobody else holds it."""
    with _lock:
        host.holders -= 1
        if host.holders:
            return
        del _hosts[host.path]
    host.stop()
