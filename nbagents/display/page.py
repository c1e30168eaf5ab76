"""The bundle that a notebook keeps: HTML with the picture in it, and plain text.

The HTML has no script, and its styles are inline, so it looks the same where a
notebook is reopened, untrusted, converted by nbconvert or shown by GitHub. The
picture is an image, in which nothing can act.
"""

from base64 import b64encode
from collections.abc import Iterator

from nbagents.display import drawing, look, plain, rendering, safe, summary
from nbagents.display.markup import Markup, element
from nbagents.display.source import View
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState

MOST_ROWS = 100
"""Tasks that are listed; the rest are counted."""

_MOST_ERRORS = 10
_MOST_TRACEBACK = 6000  # characters
_MOST_ANSWER = 4000
_MOST_OPEN, _MOST_OPEN_LINES = 400, 4  # a longer answer is folded
_SMALLEST = 0.6  # a picture is not shrunk further than this: it is scrolled

# Jupyter takes what stands between two dollar signs for a formula: not in here.
CLASS = "nbagents tex2jax_ignore mathjax_ignore"
STYLE = "font-family:system-ui,sans-serif;font-size:13px;line-height:1.5;max-width:100%"
_SCROLLED = "overflow:auto;max-height:640px;margin:6px 0"
_TABLE = "border-collapse:collapse;margin:6px 0"
CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0"
_STATE = f"{CELL};white-space:nowrap"
_NUMBER = _STATE.replace("left", "right")
_NOTE = f"{CELL};min-width:220px"
PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0;font-size:12px"
_ANSWER = "margin:8px 0"


def bundle(view: View) -> dict[str, str]:
    """Return `view` as HTML and as plain text, by media type."""
    return {"text/plain": plain.lines(view), "text/html": html(view)}


def html(view: View) -> str:
    """Return `view` as a piece of HTML that stands on its own."""
    return element(
        "div",
        _headline(view),
        _reason(view),
        _verbs(view),
        _picture(view),
        _answer(view),
        *_errors(view),
        _tasks(view),
        class_=CLASS,
        data_run=view.run,
        style=STYLE,
    )


def _headline(view: View) -> Markup:
    first, *rest = summary.headline(view)
    symbol = "" if view.run is None else f"{look.RUN[view.status].symbol} "
    return element(
        "div",
        element("b", f"{symbol}{first}"),
        "".join(f" · {phrase}" for phrase in rest),
    )


def _reason(view: View) -> Markup | None:
    return element("div", safe.one_line(view.reason)) if view.reason else None


def _verbs(view: View) -> Markup | None:
    if not view.verbs:
        return None
    lines = [element("code", safe.one_line(verb)) for verb in view.verbs]
    return element("div", "next: ", *(part for line in lines for part in (line, " ")))


def _picture(view: View) -> Markup | None:
    try:
        drawn = drawing.draw(view)
    except Exception:  # noqa: BLE001 - the words below it tell the same
        return None
    data = b64encode(drawn.svg.encode()).decode()
    image = element(
        "img",
        src=f"data:image/svg+xml;base64,{data}",
        alt=drawing.describe(view),
        style=f"max-width:100%;min-width:{drawn.width * _SMALLEST:.0f}px",
    )
    return element("div", image, style=_SCROLLED)


def _answer(view: View) -> Markup | None:
    words = summary.answer(view)
    if not words:
        return None
    shown = rendering.rendered(safe.shortened(words, _MOST_ANSWER))
    if len(words) <= _MOST_OPEN and words.count("\n") < _MOST_OPEN_LINES:
        return element("div", shown, style=_ANSWER)
    # A wall of text would push away what the picture is looked at for.
    return element(
        "details", element("summary", "result: ", summary.preview(words)), shown
    )


def _errors(view: View) -> Iterator[Markup]:
    failed = [
        (task.id, state)
        for task in view.plan
        if (state := view.task(task.id)).status is TaskStatus.FAILED
    ]
    for id, state in failed[:_MOST_ERRORS]:
        yield _error(id, state)
    if (more := len(failed) - _MOST_ERRORS) > 0:
        yield element("div", f"… and {more:,} more failed")


def _error(id: str, state: TaskState) -> Markup:
    failure = state.error
    words = safe.one_line(str(failure or "failed"))
    symbol = look.TASK[TaskStatus.FAILED].symbol
    head = element("summary", f"{symbol} ", identified(id), f": {words}")
    # The end of a traceback is the line where it happened.
    trace = safe.ending(failure.traceback if failure else "", _MOST_TRACEBACK)
    return element("details", head, element("pre", trace, style=PRE))


def _tasks(view: View) -> Markup | None:
    if not view.plan.tasks:
        return None
    rows = [_row(row) for row in summary.rows(view, MOST_ROWS)]
    if (more := len(view.plan) - MOST_ROWS) > 0:
        rows.append(element("tr", element("td", f"… and {more:,} more", colspan="7")))
    table = element("table", element("tbody", *rows), style=_TABLE)
    count = element("summary", summary.plural(len(view.plan), "task"))
    return element("details", count, element("div", table, style="overflow-x:auto"))


def _row(row: summary.Row) -> Markup:
    how = look.TASK[row.status]
    used = f"{row.tokens} tokens" if row.tokens else ""
    return element(
        "tr",
        element("td", f"{how.symbol} {how.label}", style=_STATE),
        element("td", identified(row.id), style=CELL),
        element("td", safe.one_line(row.agent, most=60), style=_STATE),
        element("td", row.time, style=_NUMBER),
        element("td", used, style=_NUMBER),
        element("td", row.cost, style=_NUMBER),
        element("td", safe.one_line(row.note, most=140), style=_NOTE),
    )


def identified(id: str) -> Markup:
    """Return the id of a task in the letters of code."""
    # `bdi` keeps an id in Arabic or Hebrew from turning the words around it.
    return element("bdi", element("code", safe.one_line(id, most=80)))
