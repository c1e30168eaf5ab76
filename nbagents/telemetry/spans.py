"""The spans that are open: each ends once, at the time of the event that ends it."""

from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    set_span_in_context,
)

from nbagents.engine.failure import Failure
from nbagents.telemetry.attributes import Attributes, words


def nanoseconds(at: float) -> int:
    """Return a time of an event as spans have it."""
    return int(at * 1e9)


@dataclass(frozen=True, slots=True)
class Open:
    """A span that is open.

    Attributes:
        span: The span.
        tracer: Makes those within it.
    """

    span: Span
    tracer: Tracer

    @classmethod
    def begin(
        cls,
        tracer: Tracer,
        name: str,
        at: float,
        attributes: Attributes,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        context: Context | None = None,
        link: Span | None = None,
    ) -> "Open":
        """Begin a span; without a `context` within what is current."""
        links = [] if link is None else [Link(link.get_span_context())]
        span = tracer.start_span(
            words(name),
            context,
            kind,
            attributes,
            links,
            nanoseconds(at),
            record_exception=False,
        )
        return cls(span, tracer)

    def within(
        self,
        name: str,
        at: float,
        attributes: Attributes,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> "Open":
        """Begin a span within this one."""
        context = set_span_in_context(self.span)
        return self.begin(self.tracer, name, at, attributes, kind=kind, context=context)

    def told(self, name: str, at: float, attributes: Attributes) -> None:
        """Have something have happened in it."""
        self.span.add_event(name, attributes, nanoseconds(at))

    def failed(self, error: Failure) -> None:
        """Have it have failed."""
        self.span.set_attribute("error.type", words(error.kind))
        self.span.set_status(StatusCode.ERROR, words(str(error)))

    def end(self, at: float, attributes: Attributes | None = None) -> None:
        """End it."""
        self.span.set_attributes(attributes or {})
        self.span.end(nanoseconds(at))


@dataclass(slots=True)
class OpenAttempt:
    """The span of an attempt, and of what it asks.

    Attributes:
        open: Its own.
        agent: Whose attempt it is.
        number: Counted from 1.
        calls: The questions without an answer; `None` for one that an inner run asked,
            which has the span.
        runs: The runs that it began.
    """

    open: Open
    agent: str
    number: int
    calls: list[Open | None] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)

    def end(
        self,
        at: float,
        status: str,
        error: Failure | None = None,
        more: Attributes | None = None,
    ) -> None:
        """End it, and before it the questions that got no answer."""
        for call in reversed(self.calls):
            if call is not None:
                _ended(call, at, error)
        self.calls.clear()
        _ended(
            self.open, at, error, {"nbagents.attempt.status": status, **(more or {})}
        )


def _ended(
    open_: Open, at: float, error: Failure | None, more: Attributes | None = None
) -> None:
    if error is not None:
        open_.failed(error)
    open_.end(at, more)
