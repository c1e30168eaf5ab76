"""A plan or a run as a few lines of plain text: its `repr`."""

from collections.abc import Iterator

from nbagents.display import look, safe, summary
from nbagents.display.source import View

MOST_LINES = 40
"""Tasks that are listed; the rest are counted."""

_WIDEST = (32, 20, 9, 9, 9)  # of id, agent, time, tokens and cost, in columns
_NOTE = 72


def lines(view: View, most: int = MOST_LINES) -> str:
    """Return `view` as a headline and a line for each task, `most` of them."""
    return "\n".join([*_head(view), *_body(view, most)])


def _head(view: View) -> Iterator[str]:
    name = [] if view.run is None else [f"run {safe.one_line(view.run, 40)}"]
    yield " · ".join([*name, *summary.headline(view)])
    if view.plan.goal:
        yield f"goal: {safe.cut(view.plan.goal, 90)}"
    if view.reason:
        yield f"stopped: {safe.cut(view.reason, 160)}"
    if view.verbs:
        yield f"next: {'  '.join(safe.cut(verb, 60) for verb in view.verbs)}"


def _body(view: View, most: int) -> Iterator[str]:
    rows = list(summary.rows(view, most))
    table = [_cells(row) for row in rows]
    widths = [max(map(safe.columns, column)) for column in zip(*table, strict=True)]
    for row, cells in zip(rows, table, strict=True):
        padded = [safe.pad(c, w) for c, w in zip(cells, widths, strict=True) if w]
        line = "  ".join([*padded, safe.cut(row.note, _NOTE)]).rstrip()
        yield f"{look.TASK[row.status].symbol} {line}"
    if (more := len(view.plan) - len(rows)) > 0:
        yield f"… and {more:,} more"


def _cells(row: summary.Row) -> list[str]:
    used = f"{row.tokens} tok" if row.tokens else ""
    cells = (row.id, row.agent, row.time, used, row.cost)
    return [safe.cut(c, w) for c, w in zip(cells, _WIDEST, strict=True)]
