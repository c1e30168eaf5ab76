"""One task, looked into: what it was given, was asked, returned, and how often.

What is looked at on purpose is shown at length, and by its own `repr` where it is
neither text nor JSON; a value that fails to show itself is named by its class.
"""

import json
from collections.abc import Iterator
from typing import Any

from nbagents.display import look, page, safe, summary
from nbagents.display.markup import Markup, element
from nbagents.engine.record import Attempt
from nbagents.engine.view import TaskView

_MOST_SHOWN = 8000  # characters of one section
_MOST_IN_TEXT = 1200  # the same, in a terminal
_FOLDED = frozenset({"prompt", "inputs"})  # long, and rarely what is looked for

Section = tuple[str, str]


def lines(task: TaskView) -> str:
    """Return `task` as plain text."""
    blocks = [_headline(task), safe.visible(task.description)]
    for title, body in _sections(task):
        text = _shortened(safe.visible(body), _MOST_IN_TEXT)
        blocks.append(f"\n{title}\n" + "\n".join(f"  {x}" for x in text.splitlines()))
    return "\n".join(blocks)


def bundle(task: TaskView) -> dict[str, str]:
    """Return `task` as HTML and as plain text, by media type."""
    return {"text/plain": lines(task), "text/html": html(task)}


def html(task: TaskView) -> str:
    """Return `task` as a piece of HTML that stands on its own."""
    return element(
        "div",
        element("div", element("b", _headline(task))),
        element("div", task.description),
        *(_folded(title, body) for title, body in _sections(task)),
        class_=page.CLASS,
        style=page.STYLE,
    )


def _folded(title: str, body: str) -> Markup:
    shown = element("pre", _shortened(body, _MOST_SHOWN), style=page.PRE)
    head = element("summary", title)
    return element("details", head, shown, open=title not in _FOLDED)


def _headline(task: TaskView) -> str:
    how = look.TASK[task.status]
    took = task.duration_seconds
    parts = [
        f"{how.symbol} {safe.one_line(task.id, 80)}",
        how.label,
        safe.one_line(task.agent, 40),
        "" if took is None else summary.duration(took),
        *summary.spent(task.tokens, task.cost),
    ]
    return " · ".join(filter(None, parts))


def _sections(task: TaskView) -> Iterator[Section]:
    if task.inputs:
        shown = [f"{id}: {summary.preview(v)}" for id, v in task.inputs.items()]
        yield "inputs", "\n".join(shown)
    if task.prompt is not None:
        yield "prompt", task.prompt
    if task.result is not None:
        yield "result", _value(task.result)
    if task.error is not None:
        yield "error", task.error.traceback or str(task.error)
    if task.reason:
        yield "skipped", task.reason
    if task.attempts:
        yield "attempts", "\n".join(map(_attempt, task.attempts))


def _attempt(attempt: Attempt) -> str:
    took = attempt.duration_seconds
    model = attempt.calls[-1].model if attempt.calls else ""
    parts = [
        f"{attempt.number}. {attempt.agent}",
        look.TASK[attempt.status].label,
        "" if took is None else summary.duration(took),
        *summary.spent(attempt.tokens, attempt.cost),
        model,
        "still at work in a thread" if attempt.abandoned else "",
        safe.one_line(str(attempt.error)) if attempt.error else "",
    ]
    return " · ".join(filter(None, parts))


def _value(value: Any) -> str:
    """Return `value` at length: text as it is, JSON indented, else its repr."""
    if isinstance(value, str):
        return str.__str__(value)
    try:
        if type(value) in {dict, list, tuple}:
            return json.dumps(value, indent=2, ensure_ascii=False, default=repr)
        return repr(value)
    except Exception:  # noqa: BLE001 - it is the agent's class, and may do anything
        return f"<{type(value).__name__}>"


def _shortened(words: str, most: int) -> str:
    if len(words) <= most:
        return words
    return f"{words[:most]}{safe.ELLIPSIS}\n(the first {most:,} of {len(words):,})"
