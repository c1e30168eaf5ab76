"""The runs of a journal as a table, in text and as a page."""

import time
from collections.abc import Iterator

from nbagents.display import look, page, safe, summary
from nbagents.display.markup import Markup, element, joined
from nbagents.engine.lifecycle import RunStatus
from nbagents.journal import Summary
from nbagents.recorded import Runs

_MOST = 50
_HEADS = ("run", "begun", "state", "tasks", "tokens", "cost", "what for")
_WIDEST = (40, 16, 14, 11, 11, 14, 60)
_NUMBERS = frozenset({"tasks", "tokens", "cost"})

_FAINT = "opacity:0.7"
_TABLE = "border-collapse:collapse;margin:4px 0;font-size:13px"
_VERB = "margin-right:12px"
_CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0;white-space:nowrap"
_LONG = _CELL.replace("nowrap", "normal")
_NUMBER = _CELL.replace("left", "right")


def lines(runs: Runs) -> str:
    """Return the runs as a table of plain text."""
    if not runs:
        return "no runs yet"
    table = [_HEADS, *(_cells(run) for run in runs[:_MOST])]
    widths = [max(map(safe.columns, column)) for column in zip(*table, strict=True)]
    padded = (
        "  ".join(safe.pad(c, w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
    then = [f"next: {'  '.join(verbs)}"] if (verbs := _next(runs)) else []
    return "\n".join([*padded, *_more(runs), *then])


def bundle(runs: Runs) -> dict[str, str]:
    """Return the runs as HTML and as plain text."""
    return {"text/plain": lines(runs), "text/html": html(runs)}


def html(runs: Runs) -> Markup:
    """Return the runs as HTML that stands on its own."""
    rows = [element("tr", *map(_head, _HEADS)), *map(_row, runs[:_MOST])]
    table = element("table", *rows, style=_TABLE) if runs else None
    said = [*_more(runs)] if runs else ["no runs yet"]
    notes = joined(*(element("div", each, style=_FAINT) for each in said))
    verbs = joined(*(element("code", each, style=_VERB) for each in _next(runs)))
    then = element("div", "next: ", verbs) if verbs else None
    return element("div", table, notes, then, class_=page.CLASS, style=page.STYLE)


def _head(name: str) -> Markup:
    return element("th", name, style=f"{_style(name)};font-weight:normal;{_FAINT}")


def _row(run: Summary) -> Markup:
    cells = zip(_HEADS, _cells(run), strict=True)
    return element("tr", *(element("td", c, style=_style(name)) for name, c in cells))


def _style(name: str) -> str:
    if name in _NUMBERS:
        return _NUMBER
    return _LONG if name == _HEADS[-1] else _CELL


def _cells(run: Summary) -> tuple[str, ...]:
    if run.damaged:
        rest = ("", "✗ damaged", "", "", "", "")
        return (safe.cut(run.id, _WIDEST[0]), *rest)
    simulated = " (simulated)" if run.simulated else ""
    cells = (
        run.id,
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created)),
        _state(run),
        f"{run.tasks_done:,} of {run.tasks_total:,}",
        f"{run.tokens:,}" if run.tokens else "",
        summary.money(run.cost) if run.tokens or run.cost is None else "",
        (run.goal or "a plan without a goal") + simulated,
    )
    return tuple(safe.cut(c, w) for c, w in zip(cells, _WIDEST, strict=True))


def _state(run: Summary) -> str:
    if run.status is None:
        return "unknown"
    if run.status is RunStatus.RUNNING and run.held_by is None:
        return "‖ cut off"  # Its kernel ended while it ran.
    return f"{look.RUN[run.status].symbol} {look.RUN[run.status].label}"


def _more(runs: Runs) -> Iterator[str]:
    if len(runs) > _MOST:
        yield f"… and {len(runs) - _MOST:,} more"


def _next(runs: Runs) -> list[str]:
    """Return what to type to load the newest that can be read."""
    place = "" if runs.journal is None else f", journal={runs.journal!r}"
    id = next((repr(run.id) for run in runs if not run.damaged), None)
    if id is None:
        return []
    return [f"team.load_run({id})", f"nbagents.load_run({id}{place})"]
