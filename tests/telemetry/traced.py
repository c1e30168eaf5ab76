"""The spans that runs gave, to look at."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id


class Counting(SpanProcessor):
    """Counts the spans that were begun and those that were ended."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.open[span.name] += 1

    def on_end(self, span: ReadableSpan) -> None:
        self.open[span.name] -= 1
        assert self.open[span.name] >= 0, f"{span.name} was ended twice"


class Traces:
    """What a provider of spans was given."""

    def __init__(self) -> None:
        self.provider = TracerProvider(shutdown_on_exit=False)
        self._exporter = InMemorySpanExporter()
        self._counting = Counting()
        self.provider.add_span_processor(self._counting)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    @property
    def spans(self) -> list[ReadableSpan]:
        """All that have ended, in the order they began."""
        spans = self._exporter.get_finished_spans()
        return sorted(spans, key=lambda span: (span.start_time, -span.end_time))

    @property
    def open(self) -> dict[str, int]:
        """How many are open, by name."""
        return {name: count for name, count in self._counting.open.items() if count}

    def named(self, start: str) -> list[ReadableSpan]:
        """Those whose name begins so."""
        return [span for span in self.spans if span.name.startswith(start)]

    def one(self, start: str) -> ReadableSpan:
        [span] = self.named(start)
        return span

    def above(self, span: ReadableSpan) -> ReadableSpan | None:
        """That which a span is within."""
        if span.parent is None:
            return None
        by_id = {each.context.span_id: each for each in self.spans}
        return by_id[span.parent.span_id]

    def path(self, span: ReadableSpan) -> list[str]:
        """The names from the root to it."""
        over = self.above(span)
        return [span.name] if over is None else [*self.path(over), span.name]

    def tree(self) -> list[str]:
        """Each span on a line, those within it moved in below it."""
        return list(self._below(None, ""))

    def texts(self) -> str:
        """All that is in them, as one text."""
        return "\n".join(span.to_json() for span in self.spans)

    def _below(self, over: ReadableSpan | None, before: str) -> Iterator[str]:
        for span in self.spans:
            if (span.parent and span.parent.span_id) == (over and over.context.span_id):
                yield before + span.name
                yield from self._below(span, before + "  ")


def about(span: ReadableSpan) -> dict[str, Any]:
    """Return its attributes."""
    return dict(span.attributes or {})


def told(span: ReadableSpan) -> list[tuple[str, Any]]:
    """Return what is told in it: the name, and of which task."""
    return [
        (each.name, each.attributes.get("nbagents.task.id")) for each in span.events
    ]


def links(span: ReadableSpan) -> list[str]:
    return [format_span_id(link.context.span_id) for link in span.links]
