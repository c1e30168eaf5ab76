"""The server behind a model: OpenAI, or one that speaks as it does."""

import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import urlsplit

from nbagents.errors import ModelNotConfiguredError
from nbagents.models import prices, wire
from nbagents.models.answer import Usage
from nbagents.models.secret import Secret

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

DEADLINE_SECONDS = 120.0
"""How long a call may take, its retries included.

The longest answers of current chat models (16,000 tokens at 150 a second) take
about that long. The default of openai is 600 s an attempt, half an hour in all:
nobody waits so long in front of a notebook to learn that a server is dead.
"""

# As openai has it. A server that is there accepts a connection at once; this is
# not the time it may think.
_CONNECT_SECONDS = 5.0

# openai refuses to start without a key; servers of one's own ask for none.
_NO_KEY = Secret("no-key-needed")


class Server(Protocol):
    """What a `ChatModel` needs of whatever answers it."""

    @property
    def simulated(self) -> bool:
        """Whether no model is behind it."""

    @property
    def local(self) -> bool:
        """Whether it has one model, of a file, and holds it to any JSON schema."""

    @property
    def deadline(self) -> float | None:
        """Seconds a call may take, its retries included; `None` for no limit."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """Modules that a call needs and that take long to import."""

    @property
    def place(self) -> str:
        """What messages call it: never more than a host, never a key."""

    @property
    def identity(self) -> Any:
        """What makes its answers those of another server."""

    @property
    def lane(self) -> Hashable | None:
        """What its requests have in common with those they share a limit with.

        `None` where there is no limit, and nothing is sent again.
        """

    def secret(self) -> Secret:
        """Return what must not show in any message."""

    def check(self, model: str) -> None:
        """Raise `ModelNotConfiguredError` when no request can work."""

    @property
    def address(self) -> str | None:
        """Where requests go; `None` where openai says."""

    def client(self) -> "AsyncOpenAI":
        """Return a new client, for the event loop that is running."""

    def transport(self) -> "httpx2.AsyncBaseTransport | None":
        """Return what requests travel by; `None` for the network."""

    def sync_transport(self) -> "httpx2.BaseTransport | None":
        """Return the same for code that is not async."""

    def cost(self, usage: Usage, models: Sequence[str]) -> float | None:
        """Return what a call costs in US dollars; `None` when that is not known.

        Args:
            usage: The tokens of the call.
            models: Names of the model that answered, the most exact first.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIServer:
    """OpenAI, or a compatible server.

    Attributes:
        api_key: `None` reads `OPENAI_API_KEY` when a request is made.
        base_url: Such as `"http://localhost:8000/v1"`; `None` reads
            `OPENAI_BASE_URL`, and without that means OpenAI.
        deadline: Seconds a call may take, its retries included.
    """

    api_key: Secret | None = None
    base_url: str | None = field(default=None, repr=False)  # may hold a password
    deadline: float | None = DEADLINE_SECONDS
    simulated: ClassVar[bool] = False
    local: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ("openai", prices.LIBRARY)

    @property
    def place(self) -> str:
        """What messages call it: the host, without user, password or path."""
        address = urlsplit(self.address or "https://api.openai.com")
        port = f":{address.port}" if address.port else ""
        return f"{address.hostname}{port}"

    @property
    def identity(self) -> str:
        """What makes its answers those of another server: where it is."""
        return self.place

    @property
    def lane(self) -> Hashable:
        """What its requests share a limit by: where they go, and with which key."""
        return self.place, self.secret().mark()

    def secret(self) -> Secret:
        """Return the key; a placeholder for a server that was given without one."""
        key = self.api_key or Secret(os.environ.get("OPENAI_API_KEY", ""))
        return _NO_KEY if not key and self.address else key

    def check(self, model: str) -> None:
        """Raise `ModelNotConfiguredError` without a key or with a broken address."""
        key = self.secret()
        if not key:
            raise no_model(f"there is no key for model '{model}'")
        if not key.usable():
            message = "the key holds spaces, line breaks or letters that no key has"
            raise ModelNotConfiguredError(message).with_note("Copy it once more.")
        if not _is_url(self.address or "https://api.openai.com"):
            message = "base_url must be a web address"
            raise ModelNotConfiguredError(message).with_note(
                'Try: base_url="http://localhost:8000/v1"'
            )

    def client(self) -> "AsyncOpenAI":
        """Return a new client, for the event loop that is running."""
        from openai import AsyncOpenAI, Timeout

        return AsyncOpenAI(
            api_key=self.secret().reveal(),
            base_url=self.address,
            timeout=Timeout(self.deadline, connect=_CONNECT_SECONDS),
            max_retries=0,  # `asking` does that, for all requests together.
            http_client=wire.http_client(self),
        )

    def transport(self) -> None:
        """Return that it is the network."""

    def sync_transport(self) -> None:
        """Return that it is the network."""

    def cost(self, usage: Usage, models: Sequence[str]) -> float | None:
        """Return what is published for it, in US dollars; `None` when nothing is."""
        return prices.published(usage, models, self.address)

    @property
    def address(self) -> str | None:
        """Where requests go; `None` where openai says."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or None


def _is_url(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in {"http", "https"} and bool(
            address.hostname and (address.port is None or address.port)
        )
    except ValueError:  # A port that is no number, a bracket that is not closed.
        return False


def no_model(what: str) -> ModelNotConfiguredError:
    """Return the error for `what` is missing, with both ways out."""
    return ModelNotConfiguredError(
        f"{what}. Either set OPENAI_API_KEY, or pass api_key=... (for a server of "
        "your own base_url=...) beside model=...; or work offline, without a key, "
        "with model=ScriptedModel(...)"
    )
