"""The one place where what carries requests to a server is made.

Whatever is to stand between a client and the network, or instead of it, stands here:
all clients of this package, and those of `nbagents.client()`, get what these return.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

    from nbagents.models.server import Server


def http_client(server: "Server") -> "httpx2.AsyncClient":
    """Return what carries the requests of one event loop to `server`."""
    import httpx2
    import openai

    transport = server.transport()
    if transport is None:  # As openai does it: with the proxies of this machine.
        return openai.DefaultAsyncHttpxClient()
    return httpx2.AsyncClient(transport=transport)


def sync_http_client(server: "Server") -> "httpx2.Client":
    """Return the same for code that is not async."""
    import httpx2
    import openai

    transport = server.sync_transport()
    if transport is None:
        return openai.DefaultHttpxClient()
    return httpx2.Client(transport=transport)


def refusing(words: str) -> "httpx2.MockTransport":
    """Return what fails each request at once, with these words, and sends nothing."""
    import httpx2

    def refuse(request: httpx2.Request) -> httpx2.Response:
        del request
        told = {"error": {"message": words, "code": "offline"}}
        return httpx2.Response(503, json=told, headers={"x-should-retry": "false"})

    return httpx2.MockTransport(refuse)
