"""The server of a recording: what is on the tape, and the one behind it."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nbagents import reporting
from nbagents.models import prices, wire
from nbagents.models.answer import Usage
from nbagents.models.recording.misses import miss
from nbagents.models.recording.order import Order
from nbagents.models.recording.tape import Answer, Request, Tape
from nbagents.models.secret import Secret
from nbagents.models.server import Server

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_NOWHERE = "http://recording.invalid/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingServer:
    """Answers from a tape, or records on it what the server behind says.

    Attributes:
        tape: What is recorded.
        behind: The server that is recorded; `None` where there is only the tape.
        records: Whether all is asked of the server behind and recorded.
        live_after_edit: Whether what follows from a change in the run is asked of it.
        speed: How many times as quick as recorded answers come; `None` is at once.
    """

    tape: Tape
    behind: Server | None
    records: bool
    live_after_edit: bool
    speed: float | None
    local: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ("openai", prices.LIBRARY)

    @property
    def address(self) -> str | None:
        """Where requests go that are not on the tape; `None` where openai says."""
        return _NOWHERE if self.behind is None else self.behind.address

    @property
    def simulated(self) -> bool:
        """Whether what answers is no model: of a recording, what was recorded is."""
        return self.tape.about.simulated

    @property
    def deadline(self) -> float | None:
        """Seconds a call may take; `None` from the tape, at whatever speed."""
        return self.behind.deadline if self.behind and self.records else None

    @property
    def place(self) -> str:
        """What messages call it."""
        if self.records and self.behind is not None:
            return self.behind.place
        return f"the recording '{self.tape.path.name}'"

    @property
    def identity(self) -> Any:
        """What makes its answers those of another server."""
        return str(self.tape.path)

    @property
    def lane(self) -> Hashable | None:
        """What its requests share a limit by; nothing from the tape."""
        return self.behind.lane if self.behind and self.records else None

    def secret(self) -> Secret:
        """Return what must not show in any message."""
        return Secret("") if self.behind is None else self.behind.secret()

    def check(self, model: str) -> None:
        """Raise `ModelNotConfiguredError` when no request can work."""
        if self.records and self.behind is not None:
            self.behind.check(model)

    def client(self) -> "AsyncOpenAI":
        """Return a new client, for the event loop that is running."""
        from openai import AsyncOpenAI

        return AsyncOpenAI(
            api_key=self.secret().reveal() or "recorded",
            base_url=self.address,
            max_retries=0,
            http_client=wire.http_client(self),
        )

    def transport(self) -> "httpx2.AsyncBaseTransport":
        """Return what answers from the tape, and carries on what is not there."""
        import httpx2

        from nbagents.models.recording.carrying import Carrier

        onward = None
        if self.behind is not None:
            onward = self.behind.transport() or httpx2.AsyncHTTPTransport()
        return Carrier(self, onward)

    def sync_transport(self) -> "httpx2.BaseTransport":
        """Return the same for code that is not async."""
        import httpx2

        from nbagents.models.recording.carrying import SyncCarrier

        onward = None
        if self.behind is not None:
            onward = self.behind.sync_transport() or httpx2.HTTPTransport()
        return SyncCarrier(self, onward)

    def cost(self, usage: Usage, models: Sequence[str]) -> float | None:
        """Return what the call cost, or would: in US dollars, `None` if not known."""
        price = self.tape.about.price
        if price is not None:
            return prices.at_rates(usage, price)
        if self.behind is not None:
            return self.behind.cost(usage, models)
        return prices.published(usage, models, None)

    # What carries requests asks.

    @property
    def order(self) -> Order | None:
        """In which order answers come; `None` where they take their time."""
        return None if self.speed else self.tape.order

    def played(self, request: Request) -> tuple[int, Answer] | None:
        """Return what is on the tape, and where; `None`: the server is to be asked."""
        if self.records:
            return None
        found = self.tape.find(request)
        if found is not None:
            return found
        live = self.live_after_edit and self.behind is not None
        if live and reporting.current.get().follows_a_change:
            return None
        raise miss(self.tape, request, can_go_live=live)

    def turn(self, request: Request) -> int:
        """Return which of its kind a request is that goes on to the server."""
        return self.tape.turn(request) if self.records else 0

    def keep(self, request: Request, answer: Answer, turn: int) -> None:
        """Record an answer; what went live after a change is not on the tape."""
        if self.records:
            self.tape.add(request, answer, turn)
