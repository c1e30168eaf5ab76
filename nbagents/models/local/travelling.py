"""How requests come to the process of a model, and start it where it does not run."""

from pathlib import Path
from typing import Any
from weakref import finalize

import httpx2

from nbagents import reporting
from nbagents.models.local import hosts
from nbagents.models.local.aside import aside
from nbagents.models.local.host import Host


class _Held:
    """Holds a host from the first request on, and no longer than anybody has this."""

    def __init__(self, path: Path, name: str) -> None:
        self._of = path, name
        self._host: Host | None = None
        self._leaves: finalize[Any, Any] | None = None

    def join(self) -> Host:
        if self._host is None:
            self._host = hosts.join(*self._of)
            self._leaves = finalize(self, hosts.leave, self._host)
        return self._host

    def leave(self) -> None:
        leaves, self._leaves, self._host = self._leaves, None, None
        if leaves is not None:
            leaves()

    def progress(self) -> None:
        """Say what takes so long."""
        words = f"loads {self._of[0].name}"
        reporting.current.get().progress(words, None)


class Travelling(httpx2.AsyncBaseTransport):
    """Brings requests of one event loop to the process of a file, and holds that.

    Args:
        path: The file.
        name: What its model is called.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._held = _Held(path, name)
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send `request`, as soon as the model is loaded."""
        host = self._held.join()
        if not (address := host.ready()):
            self._held.progress()
            address = await aside(host.address)
        try:
            return await self._inner.handle_async_request(_to(request, address, host))
        except httpx2.TransportError as error:
            died = await aside(host.died)
            raise (died or error) from error.__cause__

    async def aclose(self) -> None:
        """Let go of the process; the last to do so ends it."""
        try:
            await self._inner.aclose()
        finally:
            await aside(self._held.leave)


class SyncTravelling(httpx2.BaseTransport):
    """The same for code that is not async."""

    def __init__(self, path: Path, name: str) -> None:
        self._held = _Held(path, name)
        self._inner = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send `request`, as soon as the model is loaded."""
        host = self._held.join()
        address = host.ready() or host.address()
        try:
            return self._inner.handle_request(_to(request, address, host))
        except httpx2.TransportError as error:
            raise (host.died() or error) from error.__cause__

    def close(self) -> None:
        """Let go of the process; the last to do so ends it."""
        self._inner.close()
        self._held.leave()


def _to(request: httpx2.Request, address: str, host: Host) -> httpx2.Request:
    url = httpx2.URL(address)
    request.url = request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port)
    request.headers["host"] = url.netloc.decode("ascii")
    request.headers["authorization"] = f"Bearer {host.key}"
    return request
