"""Two runs side by side, as a page: a table of what differs, each row with its diff.

Like every page it has no script and only inline styles. Added and removed lines are
told by their signs as well as by colours, which are laid over the background with
alpha: the same text stays readable on a light and on a dark one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice

from nbagents.display import comparison as words
from nbagents.display import page, safe, summary
from nbagents.display.markup import Markup, element, joined
from nbagents.engine.comparison import Comparison, TaskComparison

_MOST_TASKS = 100
_MOST_IDS = 200
# Of a diff: lines and characters. The first one is open, the others are folded.
_OPEN = (200, 12_000)
_FOLDED = (30, 2000)

_RULE = "1px solid rgba(128,128,128,0.35)"
_FAINT = "opacity:0.7"
_TABLE = "border-collapse:collapse;margin:8px 0;table-layout:auto;width:100%"
# A notebook stripes the rows of a table; here two rows belong together.
_ROW = "background:transparent"
_CELL = "text-align:left;vertical-align:top;padding:4px 10px 2px 0;white-space:nowrap"
_TOP = f"{_CELL};border-top:{_RULE}"
_NUMBER = _TOP.replace("left", "right")
_HEAD = f"{_CELL};font-weight:normal;{_FAINT}"
# The last column takes the room that is left, so the others stand close together.
_REST = _TOP.replace("nowrap", "normal") + ";width:100%"
# A cell without a width of its own: a long line wraps and does not widen the table.
_BLOCK = "text-align:left;padding:0 0 8px 14px;max-width:0"
_LAST = f"text-align:left;padding:6px 0;border-top:{_RULE}"
_DIFF = (
    "font-family:ui-monospace,monospace;font-size:12px;white-space:pre-wrap;"
    "overflow-wrap:anywhere;margin:4px 0 6px;overflow:auto;max-height:420px;"
    f"border-left:{_RULE}"
)
_LINE = "padding:0 8px 0 3ch;text-indent:-2ch"
# The green and the red of Okabe and Ito, as in `look`.
_LINES = {
    "+": f"{_LINE};background:rgba(0,158,115,0.22)",
    "-": f"{_LINE};background:rgba(213,94,0,0.22)",
    " ": _LINE,
}
_SIGNS = {"+": "+", "-": "\N{MINUS SIGN}"}
_REMARK = "padding:0 0 2px 0"
_NOTE = f"padding:0 8px 0 1ch;{_FAINT}"


def bundle(value: Comparison | TaskComparison) -> dict[str, str]:
    """Return a comparison, or one task of it, as HTML and as plain text."""
    return {"text/plain": words.lines(value), "text/html": html(value)}


def html(value: Comparison | TaskComparison) -> str:
    """Return a comparison, or one task of it, as HTML that stands on its own."""
    if isinstance(value, TaskComparison):
        parts: tuple[Markup | None, ...] = (_table(_rows([value])),)
    else:
        parts = (_headline(value), _names(value), _body(value))
    return element("div", *parts, class_=page.CLASS, style=page.STYLE)


def _headline(value: Comparison) -> Markup:
    first, *rest = words.headline(value)
    symbol = "=" if value.identical else "≠"
    begun = value.first_divergence
    return element(
        "div",
        element("b", f"{symbol} {first}"),
        "" if begun is None else joined(", first ", _id(begun)),
        "".join(f" · {phrase}" for phrase in rest),
    )


def _names(value: Comparison) -> Markup:
    return element(
        "div",
        _name("a", value.a),
        words.ARROW,
        _name("b", value.b),
        style="overflow-wrap:anywhere",
    )


def _name(side: str, name: str) -> Markup:
    return joined(
        element("span", f"{side} ", style=_FAINT),
        element("bdi", element("code", words.label(name))),
    )


def _body(value: Comparison) -> Markup | None:
    different = value.different
    if not different:
        return None
    rows = list(_rows(different[:_MOST_TASKS]))
    if (more := len(different) - _MOST_TASKS) > 0:
        rows.append(_across(f"… and {more:,} more that differ", _LAST))
    if same := [task.id for task in value.tasks if task.same]:
        rows.append(_across(_folded_ids(same), _LAST))
    return _table(rows)


def _table(rows: Iterable[Markup | None]) -> Markup:
    titles = ["task", "a", "b", *(each.title for each in words.FIGURES.values())]
    styles = [_HEAD] * 3 + [_HEAD.replace("left", "right")] * len(words.FIGURES)
    cells = [
        element("td", title, style=style)
        for title, style in zip(titles, styles, strict=True)
    ]
    cells.append(element("td", "what changed", style=_HEAD))
    head = element("tr", *cells, style=_ROW)
    table = element("table", element("tbody", head, *rows), style=_TABLE)
    return element("div", table, style="overflow-x:auto")


def _rows(tasks: Sequence[TaskComparison]) -> Iterator[Markup | None]:
    for place, task in enumerate(tasks):
        yield _row(task)
        yield _across(_block(task, first=place == 0), _BLOCK)


def _row(task: TaskComparison) -> Markup:
    return element(
        "tr",
        element("td", _id(task.id), style=_TOP),
        element("td", words.state(task.a), style=_TOP),
        element("td", words.state(task.b), style=_TOP),
        *(element("td", _figure(task, name), style=_NUMBER) for name in words.FIGURES),
        element("td", words.changes(task), style=_REST),
        style=_ROW,
    )


def _figure(task: TaskComparison, name: str) -> Markup:
    more = words.delta(getattr(task, name), name)
    return joined(
        words.amounts(task, name),
        element("div", more, style=_FAINT) if more else None,
    )


def _block(task: TaskComparison, *, first: bool) -> Markup | None:
    """Return how the task differs, to be unfolded; the first one is."""
    remarks = [element("div", remark, style=_REMARK) for remark in words.remarks(task)]
    texts = list(words.texts(task))
    lines, characters = _OPEN if first else _FOLDED
    diffs = [
        element("div", *_lines(diff, lines, characters), style=_DIFF)
        for _, diff in texts
    ]
    if not diffs:
        return joined(*remarks) if remarks else None
    titles = [element("summary", *_title(title, diff)) for title, diff in texts]
    folded = [
        element("details", title, diff, open=first)
        for title, diff in zip(titles, diffs, strict=True)
    ]
    return joined(*remarks, *folded)


def _title(title: str, diff: str) -> Iterator[Markup | str]:
    starts = Counter(line[:1] for line in diff.splitlines())
    counts = [f"{sign}{starts[own]:,}" for own, sign in _SIGNS.items() if starts[own]]
    yield title
    yield element("span", f" {' '.join(counts)}", style=_FAINT)


def _lines(diff: str, most: int, characters: int) -> Iterator[Markup]:
    every = diff.splitlines()
    room = accumulate(map(len, every))
    # One line is always shown, however long: `contents` has cut it already.
    shown = max(1, sum(1 for used in islice(room, most) if used <= characters))
    yield from map(_line, every[:shown])
    if (more := len(every) - shown) > 0:
        yield element("div", f"… and {summary.plural(more, 'line')} more", style=_NOTE)


def _line(line: str) -> Markup:
    sign, rest = line[:1], line[1:]
    if sign not in _LINES:
        return element("div", line, style=_NOTE)
    # `bdi` keeps Arabic or Hebrew from taking the sign to the other end.
    body = element("bdi", rest) if rest else None
    # A blank that does not break keeps the sign on the line of a long word.
    head = f"{_SIGNS.get(sign, sign)}\N{NO-BREAK SPACE}"
    return element("div", head, body, style=_LINES[sign])


def _across(content: Markup | str | None, style: str) -> Markup | None:
    if not content:
        return None
    cell = element("td", content, colspan=4 + len(words.FIGURES), style=style)
    return element("tr", cell, style=_ROW)


def _folded_ids(ids: Sequence[str]) -> Markup:
    shown = [part for id in ids[:_MOST_IDS] for part in (_id(id), " ")]
    if (more := len(ids) - _MOST_IDS) > 0:
        shown.append(f"… and {more:,} more")
    head = element("summary", f"= {words.same(len(ids))}")
    return element("details", head, element("div", *shown, style="padding-left:1em"))


def _id(id: str) -> Markup:
    return element("bdi", element("code", safe.one_line(id, most=32)))
