"""The tools that a model called in a task: a line for each in text, a block in HTML."""

from collections.abc import Iterator, Sequence

from nbagents.display import rendering, safe, styles, summary
from nbagents.display.markup import Markup, element
from nbagents.display.values import Words
from nbagents.engine.record import Attempt, ToolCall

_MOST_CALLS = 60  # the latest; those before are counted
_MOST_ARGUMENTS = 4_000  # characters
_MOST_RESULT = 6_000
_MOST_IN_LINE = 120


def of(attempts: Sequence[Attempt]) -> list[ToolCall]:
    """Return every call of these attempts, in order."""
    return [call for each in attempts for call in each.tools]


def title(calls: Sequence[ToolCall]) -> str:
    """Return how many there are."""
    failed = sum(each.failed for each in calls)
    said = f", {failed:,} failed" if failed else ""
    return f"tools · {summary.plural(len(calls), 'call')}{said}"


def lines(calls: Sequence[ToolCall]) -> str:
    """Return a line of plain text for each call."""
    shown = [
        f"{_head(each)}{safe.one_line(each.arguments, _MOST_IN_LINE)}"
        f" → {_outcome(each)}"
        for each in calls[-_MOST_CALLS:]
    ]
    return "\n".join(filter(None, [_earlier(calls), *shown]))


def blocks(calls: Sequence[ToolCall]) -> Iterator[Markup]:
    """Yield a folded block for each call: its arguments, and what came back."""
    if earlier := _earlier(calls):
        yield element("div", earlier, style=styles.ENTRY)
    for each in calls[-_MOST_CALLS:]:
        yield _block(each)


def _block(call: ToolCall) -> Markup:
    line = f" · {_outcome(call)}"
    head = element("summary", element("b", _head(call)), line, style="cursor:pointer")
    parts = [rendering.block(_cut(call.arguments, _MOST_ARGUMENTS))]
    if call.result is not None:
        parts.append(rendering.block(_cut(call.result, _MOST_RESULT)))
    return element("details", head, *parts, style=styles.ENTRY)


def _cut(text: str, most: int) -> Words:
    return Words(safe.shortened(text, most))


def _head(call: ToolCall) -> str:
    return f"{safe.one_line(call.tool, 64)} "


def _outcome(call: ToolCall) -> str:
    if call.result is None:
        return "no answer"
    said = safe.one_line(call.result, _MOST_IN_LINE)
    took = "" if call.seconds is None else f" · {summary.duration(call.seconds)}"
    return f"{'failed: ' if call.failed else ''}{said}{took}"


def _earlier(calls: Sequence[ToolCall]) -> str:
    more = len(calls) - _MOST_CALLS
    return f"… and {more:,} earlier" if more > 0 else ""
