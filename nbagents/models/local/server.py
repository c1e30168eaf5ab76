"""The server of a model on this machine."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents.models import wire
from nbagents.models.answer import Usage
from nbagents.models.local import file
from nbagents.models.secret import Secret

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

PREFIX = "local:"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model in a GGUF file, served by a process that nbagents starts and ends.

    Attributes:
        path: The file.
    """

    path: Path
    simulated: ClassVar[bool] = False
    local: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("openai",)
    # How long it takes is up to this machine, and to who else asks: it does one thing
    # after another. That it is dead is seen at once.
    deadline: ClassVar[float | None] = None
    lane: ClassVar[None] = None
    # Nobody knows the port before it is started: `travelling` puts it in.
    address: ClassVar[str] = "http://local.invalid/v1"

    @classmethod
    def of(cls, given: str) -> "LocalServer":
        """Return the server of `given`, such as `"local:~/models/model.gguf"`."""
        path = Path(given.strip().removeprefix(PREFIX).strip())
        with suppress(RuntimeError):  # Of a user who has no home, or is none.
            path = path.expanduser()
        return cls(path)

    @property
    def name(self) -> str:
        """What views call its model."""
        return f"{self.path.name} (local)"

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"the local server of '{self.path.name}'"

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes its answers those of another: the file, wherever it lies."""
        return PREFIX, self.path.name, file.size_of(self.path)

    def secret(self) -> Secret:
        """Return that a user has nothing to hide: its key is made and goes with it."""
        return Secret("")

    def check(self, model: str) -> None:  # noqa: ARG002 - it has one
        """Raise unless the file is there and xllamacpp is.

        Raises:
            ModelNotConfiguredError: There is no such file, or it is no GGUF file.
            ImportError: xllamacpp is not installed.
        """
        file.require_model(self.path)
        file.require_package()

    def client(self) -> "AsyncOpenAI":
        """Return a new client, for the event loop that is running."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            api_key="local",
            base_url=self.address,
            timeout=self.deadline,
            max_retries=0,
            http_client=wire.http_client(self),
        )

    def transport(self) -> "httpx2.AsyncBaseTransport":
        """Return what starts the process when first used, and leaves it at its end."""
        from nbagents.models.local.travelling import Travelling

        return Travelling(self.path, self.name)

    def sync_transport(self) -> "httpx2.BaseTransport":
        """Return the same for code that is not async."""
        from nbagents.models.local.travelling import SyncTravelling

        return SyncTravelling(self.path, self.name)

    def cost(
        self,
        usage: Usage,  # noqa: ARG002 - it is the same for all
        models: Sequence[str],  # noqa: ARG002
    ) -> float:
        """Return that it costs nothing."""
        return 0.0
