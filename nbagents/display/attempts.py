"""The attempts of a task: a line for each in text, a row for each in HTML."""

from collections.abc import Callable, Sequence

from nbagents.display import look, safe, styles, summary
from nbagents.display.markup import Child, Markup, element, joined
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import Attempt

MOST_ROWS = 50
"""Attempts that are listed, the latest; those before are counted."""

_MOST_TRACEBACK = 6000  # characters


def lines(attempts: Sequence[Attempt]) -> str:
    """Return a line of plain text for each attempt."""
    shown = map(_line, attempts[-MOST_ROWS:])
    return "\n".join(filter(None, [_earlier(attempts), *shown]))


def table(attempts: Sequence[Attempt]) -> Markup:
    """Return a row for each attempt; a column in which nothing stands is left out."""
    rows = [[cell(each) for _, cell, _ in _COLUMNS] for each in attempts[-MOST_ROWS:]]
    used = [n for n in range(len(_COLUMNS)) if any(row[n] for row in rows)]
    styled = [(n, _COLUMNS[n][2]) for n in used]
    head = [element("th", _COLUMNS[n][0], scope="col", style=s) for n, s in styled]
    body = [
        element("tr", *(element("td", row[n], style=s) for n, s in styled))
        for row in rows
    ]
    whole = element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *body),
        style=styles.TABLE,
    )
    return element("div", _earlier(attempts), whole, style=styles.SCROLLED)


def failure(error: Failure, *, open: bool = False) -> Markup:  # noqa: A002 - as in HTML
    """Return why something failed, on one line, above its traceback."""
    words = safe.one_line(str(error))
    if not error.traceback:
        return element("div", words)
    head = element("summary", words, style="cursor:pointer")
    accent = look.TASK[TaskStatus.FAILED].accent
    # The end of a traceback is the line where it happened.
    shown = safe.ending(error.traceback, _MOST_TRACEBACK)
    trace = element("pre", shown, style=styles.fault(accent))
    return element("details", head, trace, open=open)


def _earlier(attempts: Sequence[Attempt]) -> str:
    more = len(attempts) - MOST_ROWS
    return f"… and {more:,} earlier" if more > 0 else ""


def _line(attempt: Attempt) -> str:
    parts = [
        f"{attempt.number}. {_agent(attempt)}",
        look.TASK[attempt.status].label,
        _took(attempt),
        *summary.spent(attempt.tokens, attempt.cost),
        _model(attempt),
        _asked(attempt),
        _abandoned(attempt),
        _next(attempt),
        safe.one_line(str(attempt.error)) if attempt.error else "",
    ]
    return " · ".join(filter(None, parts))


def _number(attempt: Attempt) -> str:
    return f"{attempt.number}"


def _state(attempt: Attempt) -> str:
    how = look.TASK[attempt.status]
    return f"{how.symbol} {how.label}"


def _agent(attempt: Attempt) -> str:
    return safe.one_line(attempt.agent, most=60)


def _took(attempt: Attempt) -> str:
    took = attempt.duration_seconds
    return "" if took is None else summary.duration(took)


def _tokens(attempt: Attempt) -> str:
    return f"{attempt.tokens:,}" if attempt.tokens else ""


def _cost(attempt: Attempt) -> str:
    return summary.money(attempt.cost, unknown="$?") if attempt.tokens else ""


def _model(attempt: Attempt) -> str:
    return safe.one_line(attempt.calls[-1].model, most=60) if attempt.calls else ""


def _asked(attempt: Attempt) -> str:
    """Return what was asked instead of what the plan says."""
    if attempt.description is None:
        return ""
    return f"asked: {safe.one_line(attempt.description, most=100)}"


def _abandoned(attempt: Attempt) -> str:
    return "still at work in a thread" if attempt.abandoned else ""


def _next(attempt: Attempt) -> str:
    if attempt.wait is None:
        return ""
    when = f"after {summary.duration(attempt.wait)}" if attempt.wait else "at once"
    return f"next try {when}"


def _note(attempt: Attempt) -> Child:
    notes = [_asked(attempt), _abandoned(attempt), _next(attempt)]
    words = "; ".join(filter(None, notes))
    return joined(words, failure(attempt.error) if attempt.error else "")


# What a row consists of: the heading, the cell, and how the column is set.
_COLUMNS: tuple[tuple[str, Callable[[Attempt], Child], str], ...] = (
    ("attempt", _number, styles.NUMBER),
    ("state", _state, styles.NARROW),
    ("agent", _agent, styles.NARROW),
    ("time", _took, styles.NUMBER),
    ("tokens", _tokens, styles.NUMBER),
    ("cost", _cost, styles.NUMBER),
    ("model", _model, styles.NARROW),
    ("note", _note, styles.LEFT),
)
