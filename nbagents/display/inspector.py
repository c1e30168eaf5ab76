"""One task, looked into: what it was given, was asked, returned, and how often.

What is looked at on purpose is shown at length: in HTML by its type (`rendering`), in
plain text as text (`values`).
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from nbagents.display import (
    attempts,
    look,
    page,
    programs,
    rendering,
    safe,
    styles,
    summary,
    tool_calls,
    values,
)
from nbagents.display.markup import Child, Markup, element
from nbagents.display.values import Words
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.view import TaskView

_MOST_IN_TEXT = 1200  # characters of one section, in a terminal
_MOST_SAID = 2000  # characters of the description
_MOST_INPUTS = 30
_MOST_OF_INPUTS = 4_000_000  # characters of HTML: each view is stored in the notebook
# Bytes of figures that programs made, in a result and in all inputs: as text they are a
# third more, and a view may have a million characters.
_MOST_PICTURED, _MOST_PICTURED_IN = 450_000, 150_000
_MOST_OPEN, _MOST_OPEN_LINES = 900, 6  # of the HTML of an input that is not folded
_MOST_MESSAGES = 40


def lines(task: TaskView) -> str:
    """Return `task` as plain text."""
    blocks = [_headline(task), safe.visible(task.description)]
    for title, (body, complete) in _texts(task):
        text = safe.visible(safe.shortened(body, _MOST_IN_TEXT, complete=complete))
        blocks.append(f"\n{title}\n" + "\n".join(f"  {x}" for x in text.splitlines()))
    return "\n".join(blocks)


def bundle(task: TaskView) -> dict[str, str]:
    """Return `task` as HTML and as plain text, by media type."""
    return {"text/plain": lines(task), "text/html": html(task)}


def html(task: TaskView) -> str:
    """Return `task` as a piece of HTML that stands on its own."""
    said = safe.shortened(task.description, _MOST_SAID)
    return element(
        "div",
        _head(task),
        element("div", said, style="white-space:pre-wrap;overflow-wrap:anywhere"),
        *_sections(task),
        class_=page.CLASS,
        style=page.STYLE,
    )


def body(task: TaskView) -> str:
    """Return what `html` has below its head and description, for a view with both."""
    return element("div", *_sections(task), class_=page.CLASS, style=page.STYLE)


def _headline(task: TaskView) -> str:
    how = look.TASK[task.status]
    first = f"{how.symbol} {safe.one_line(task.id, 80)}"
    return " · ".join([first, how.label, *_facts(task)])


def _head(task: TaskView) -> Markup:
    how = look.TASK[task.status]
    state = element(
        "span", f"{how.symbol} {how.label}", style=styles.chip(how.fill, how.accent)
    )
    name = element("b", page.identified(task.id))
    facts = "".join(f" · {fact}" for fact in _facts(task))
    return element("div", state, " ", name, facts, style=styles.SECTION)


def _facts(task: TaskView) -> Iterator[str]:
    # Who did it, as in the picture; and whose task it is, by the plan.
    taken_over = "" if task.by is None else f"{safe.one_line(task.by, 40)} for "
    yield f"{taken_over}{safe.one_line(task.agent, 40)}"
    if task.said:
        yield safe.one_line(task.said)
    if (took := task.duration_seconds) is not None:
        yield summary.duration(took)
    yield from summary.spent(task.tokens, task.cost)


def _texts(task: TaskView) -> Iterator[tuple[str, Words]]:
    if task.inputs:
        shown = [f"{id}: {summary.preview(v)}" for id, v in task.inputs.items()]
        yield "inputs", Words("\n".join(shown))
    if task.prompt is not None:
        yield "prompt", Words(task.prompt)
    if called := tool_calls.of(task.attempts):
        yield tool_calls.title(called), Words(tool_calls.lines(called))
    if _returned(task):
        yield _title(task), values.as_text(task.result)
    if task.error is not None:
        yield "error", Words(task.error.traceback or str(task.error))
    if again := _again(task):
        yield look.TASK[task.status].label, Words(again)
    if task.reason:
        yield look.TASK[task.status].label, Words(task.reason)
    if task.attempts:
        yield "attempts", Words(attempts.lines(task.attempts))


def _again(task: TaskView) -> str:
    return summary.waiting(task.not_before, task.attempts, time.time())


def _sections(task: TaskView) -> Iterator[Markup]:
    if again := _again(task):
        yield element("div", again)
    if task.reason:
        why = f"{look.TASK[task.status].label}: {safe.one_line(task.reason)}"
        yield element("div", why)
    if task.inputs:
        yield _section("inputs", *_inputs(task.inputs))
    if calls := [call for each in task.attempts for call in each.calls]:
        yield _prompt(calls[-1].messages)
    if called := tool_calls.of(task.attempts):
        listed = tool_calls.blocks(called)
        yield _section(tool_calls.title(called), *listed, open=False)
    if _returned(task):
        yield _section(_result(task), rendering.rendered(task.result, _MOST_PICTURED))
    if task.error is not None:
        yield _section("error", attempts.failure(task.error, open=True))
    if (last := programs.last(task)) is not None:
        shown = rendering.rendered(last, _MOST_PICTURED)
        yield _section("the last program", shown)
    if task.attempts:
        count = summary.plural(len(task.attempts), "attempt")
        shown = attempts.table(task.attempts)
        # One attempt says little that the first line has not said.
        yield _section(count, shown, open=len(task.attempts) > 1)


def _returned(task: TaskView) -> bool:
    return task.status is TaskStatus.COMPLETED or task.result is not None


def _title(task: TaskView) -> str:
    stale = ["stale"] if task.status is TaskStatus.STALE else []
    return " · ".join(["result", *stale, *(["edited by hand"] if task.edited else [])])


def _result(task: TaskView) -> str:
    value = task.result
    # Of a text there is nothing to say that is not seen.
    kind = "" if issubclass(type(value), str) else f" · {values.name(value)[1:-1]}"
    return f"{_title(task)}{kind}"


def _section(title: Child, *children: Child, open: bool = True) -> Markup:  # noqa: A002
    head = element("summary", title, style=styles.SUMMARY)
    return element("details", head, *children, open=open, style=styles.SECTION)


def _inputs(inputs: Mapping[str, Any]) -> Iterator[Markup]:
    room = _MOST_OF_INPUTS
    for id, value in list(inputs.items())[:_MOST_INPUTS]:
        pictured = max(room - _MOST_OF_INPUTS + _MOST_PICTURED_IN, 0)
        shown = rendering.rendered(value, pictured) if room > 0 else None
        entry = _input(id, value, shown)
        room -= len(entry)
        yield entry
    if (more := len(inputs) - _MOST_INPUTS) > 0:
        yield element("div", f"… and {more:,} more", style=styles.ENTRY)


def _input(id: str, value: Any, shown: Markup | None) -> Markup:
    is_short = shown is not None and _is_short(shown)
    hint = "" if is_short else f" · {summary.preview(value)}"
    head = element("summary", page.identified(id), hint, style="cursor:pointer")
    body = shown or element("div", "not shown: the inputs before it fill the page")
    return element("details", head, body, open=is_short, style=styles.ENTRY)


def _is_short(shown: Markup) -> bool:
    return len(shown) <= _MOST_OPEN and shown.count("\n") < _MOST_OPEN_LINES


def _prompt(messages: Any) -> Markup:
    texts = [(str(each.get("role")), _content(each)) for each in messages]
    size = sum(len(text) for _, text in texts)
    count = f"{summary.plural(len(texts), 'message')}, {size:,} characters"
    shown = [_message(*each) for each in texts[-_MOST_MESSAGES:]]
    if (more := len(texts) - _MOST_MESSAGES) > 0:
        shown.insert(0, element("div", f"… and {more:,} earlier", style=styles.ENTRY))
    return _section(f"prompt · {count}", *shown, open=False)


def _message(role: str, text: str) -> Markup:
    head = element("b", safe.one_line(role, most=40))
    return element("div", head, rendering.block(Words(text)), style=styles.ENTRY)


def _content(message: Mapping[str, Any]) -> str:
    """Return a message as it was sent: its text, and what else is in it as JSON."""
    content = message.get("content")
    rest = {key: each for key, each in message.items() if key != "role"}
    if isinstance(content, str):
        del rest["content"]
        return content if not rest else f"{content}\n{values.as_json(rest).text}"
    return values.as_json(rest).text
