"""Two runs side by side, in words: what text and page say, and the text.

What is the same is counted, what differs is listed, and the first task that differs
is shown at length: it is where to look for the cause of the others.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.display import look, safe, summary
from nbagents.engine import contents
from nbagents.engine.comparison import Comparison, Side, TaskComparison
from nbagents.engine.lifecycle import TaskStatus

ARROW = " → "
NONE = "–"

_OUTPUTS = {
    TaskStatus.COMPLETED: "result",
    TaskStatus.STALE: "result",
    TaskStatus.FAILED: "error",
}
_MOST_LISTED = 40
_MOST_LINES = 16
_WIDEST = 100  # columns of a line of a difference
_ID, _LABEL = 32, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How one of the figures is written.

    Attributes:
        title: What its column is called.
        words: Gives the amount as text.
        unit: What comes after an amount that stands in no column.
        total: What is said of a total besides.
    """

    title: str
    words: Callable[[Any], str]
    unit: str = ""
    total: str = ""


FIGURES: Mapping[str, Figure] = {
    "seconds": Figure(title="time", words=summary.duration, total=" of work"),
    "tokens": Figure(title="tokens", words="{:,}".format, unit=" tokens"),
    "cost": Figure(title="cost", words=summary.money),
}


def lines(value: Comparison | TaskComparison) -> str:
    """Return a comparison, or one task of it, as plain text."""
    if isinstance(value, TaskComparison):
        row = "  ".join(filter(None, _cells(value)))
        return "\n".join([row, *_block(value)])
    return "\n".join(_lines(value))


def headline(comparison: Comparison) -> list[str]:
    """Return what came of it as short phrases, most important first."""
    count, every = len(comparison.different), len(comparison.tasks)
    if count:
        said = f"{count:,} of {summary.plural(every, 'task')} differ"
    else:
        said = "no tasks" if not every else same(every)
    totals = (total(comparison, name) for name in FIGURES)
    return [said + ("s" if count == 1 else ""), *filter(None, totals)]


def same(count: int) -> str:
    """Return that `count` tasks are the same."""
    return f"{summary.plural(count, 'task')} {'is' if count == 1 else 'are'} the same"


def total(comparison: Comparison, name: str) -> str:
    """Return the difference of a figure over all tasks; empty where there is none."""
    more = delta(getattr(comparison, name), name)
    return more and more + FIGURES[name].unit + FIGURES[name].total


def delta(value: Any, name: str) -> str:
    """Return a difference with its sign; empty where it is unknown or nothing."""
    words = FIGURES[name].words
    said = "" if value is None else words(abs(value))
    if said in ("", words(0)) or said.startswith("<"):
        return ""  # Less than could be written down is nothing to speak of.
    return ("+" if value > 0 else "\N{MINUS SIGN}") + said


def amounts(task: TaskComparison, name: str) -> str:
    """Return a figure of both sides, once where they agree."""
    sides = [side for side in (task.a, task.b) if side is not None]
    said = [_amount(side, name) for side in sides]
    if len(set(said)) == 1:
        return "" if said[0] == FIGURES[name].words(0) else said[0]
    return ARROW.join(each or NONE for each in said)


def state(side: Side | None) -> str:
    """Return where a task stands, and how often it was tried if not just once."""
    if side is None:
        return NONE
    how = look.TASK[side.status]
    tries = f", {side.attempts:,} attempts" if side.attempts > 1 else ""
    return f"{how.symbol} {how.label}{tries}"


def changes(task: TaskComparison) -> str:
    """Return what differs, as words."""
    return ", ".join(task.changed) or "the same"


def remarks(task: TaskComparison) -> Iterator[str]:
    """Yield what differs and is told in one line each."""
    if task.a is None or task.b is None:
        return
    if "agent" in task.changed:
        yield f"agent: {_name(task.a.agent)}{ARROW}{_name(task.b.agent)}"
    if "dependencies" in task.changed:
        before, after = _names(task.a.dependencies), _names(task.b.dependencies)
        yield f"dependencies: {before}{ARROW}{after}"


def texts(task: TaskComparison) -> Iterator[tuple[str, str]]:
    """Yield what differs line by line: a title, and a unified diff."""
    if task.a and task.b and "description" in task.changed:
        diff = contents.difference(task.a.description, task.b.description)
        yield "description", _without_place(diff)
    if diff := task.diff:
        yield _title(task), _without_place(diff)
    elif "result" in task.changed:
        yield "result", "… not equal, but both read the same"


def label(name: str) -> str:
    """Return the name of a run or a moment, fit for one line."""
    return safe.one_line(name, _LABEL)


def _title(task: TaskComparison) -> str:
    """Return what the output of a task is: a result, or an error, or one of each."""
    sides = [side for side in (task.a, task.b) if side is not None]
    kinds = [_OUTPUTS[each.status] for each in sides if each.status in _OUTPUTS]
    return ARROW.join(dict.fromkeys(kinds))


def _without_place(diff: str) -> str:
    """Return `diff` without the line numbers, where they only say "here"."""
    head, _, rest = diff.partition("\n")
    sole = head.startswith(("@@ -0", "@@ -1 ", "@@ -1,")) and "\n@@ " not in rest
    return rest if sole else diff


def _amount(side: Side, name: str) -> str:
    value = getattr(side, name)
    return "" if value is None or not side.attempts else FIGURES[name].words(value)


def _name(name: str) -> str:
    return safe.one_line(name, 60)


def _names(names: tuple[str, ...]) -> str:
    return safe.one_line(", ".join(names), 200) or "none"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield " · ".join(headline(comparison))
    yield f"a: {label(comparison.a)}"
    yield f"b: {label(comparison.b)}"
    different = comparison.different
    shown = different[:_MOST_LISTED]
    yield from _table([_cells(task) for task in shown])
    if (more := len(different) - len(shown)) > 0:
        yield f"… and {more:,} more"
    if different and (rest := len(comparison.tasks) - len(different)):
        yield same(rest)
    if different:
        yield f"\nfirst: {safe.cut(different[0].id, _ID)}"
        yield from _block(different[0])


def _cells(task: TaskComparison) -> list[str]:
    symbols = [NONE if x is None else look.TASK[x.status].symbol for x in _sides(task)]
    figures = [_figure(task, name) for name in FIGURES]
    return [" ".join(symbols), safe.cut(task.id, _ID), changes(task), *figures]


def _figure(task: TaskComparison, name: str) -> str:
    said = amounts(task, name)
    more = delta(getattr(task, name), name)
    return said and f"{said}{FIGURES[name].unit}{f' ({more})' if more else ''}"


def _sides(task: TaskComparison) -> tuple[Side | None, Side | None]:
    return task.a, task.b


def _table(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(safe.columns, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = [safe.pad(c, w) for c, w in zip(cells, widths, strict=True) if w]
        yield "  ".join(padded).rstrip()


def _block(task: TaskComparison) -> Iterator[str]:
    for remark in remarks(task):
        yield f"  {remark}"
    for heading, diff in texts(task):
        yield f"  {heading}"
        every = diff.splitlines()
        for line in every[:_MOST_LINES]:
            yield f"    {_shortened(safe.visible(line))}"
        if (more := len(every) - _MOST_LINES) > 0:
            yield f"    … and {summary.plural(more, 'line')} more"


def _shortened(line: str) -> str:
    return line if len(line) <= _WIDEST else line[: _WIDEST - 1] + safe.ELLIPSIS
