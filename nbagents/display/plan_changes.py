"""What another plan would change, in words and as one picture of both plans.

What is gone is drawn with what it needed: nothing of the new plan needs it.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

from nbagents.display import drawing, look, page, safe, summary
from nbagents.display.grid import place
from nbagents.display.look import Look
from nbagents.display.markup import Markup, element
from nbagents.display.outline import NOTED_HEIGHT, PAGE_WIDTH, Outline, outline
from nbagents.display.source import look_at
from nbagents.graph import Plan, PlanChanges, Task

_MOST_LISTED = 40


def lines(changes: PlanChanges) -> str:
    """Return the changes as plain text."""
    rows = [*_rows(changes)]
    widths = [max(map(safe.columns, column)) for column in zip(*rows, strict=True)]
    padded = (
        "  ".join(safe.pad(c, w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows[:_MOST_LISTED]
    )
    return "\n".join([headline(changes), *padded, *_more(len(rows))])


def bundle(changes: PlanChanges) -> dict[str, str]:
    """Return the changes as HTML with their picture, and as plain text."""
    return {"text/plain": lines(changes), "text/html": html(changes)}


def html(changes: PlanChanges) -> Markup:
    """Return the changes as a piece of HTML that stands on its own."""
    rows = [*_rows(changes)]
    listed = (_row(row) for row in rows[:_MOST_LISTED])
    table = element("table", element("tbody", *listed)) if rows else None
    return element(
        "div",
        element("div", element("b", headline(changes))),
        _picture(changes) if rows else None,
        table,
        *(element("div", each) for each in _more(len(rows))),
        class_=page.CLASS,
        style=page.STYLE,
    )


def headline(changes: PlanChanges) -> str:
    """Return how much would change, in one line."""
    if not changes:
        return "the plans are the same"
    said = [
        f"{len(ids):,} {word}"
        for word, ids in (
            ("new", changes.added),
            ("changed", changes.changed),
            ("gone", changes.removed),
        )
        if ids
    ]
    if same := len(changes.kept):
        said.append(f"{same:,} as {'it was' if same == 1 else 'they were'}")
    return f"plan changes · {', '.join(said)}"


def svg(changes: PlanChanges) -> str:
    """Return both plans as one picture, with what is new, changed and gone."""
    both = _both(changes)
    looks = {id: look.CHANGES[word] for id, (word, _) in _words(changes).items()}
    planned = _told(outline(both, NOTED_HEIGHT), changes)
    where = place(planned.graph, PAGE_WIDTH)
    return drawing.drawn(look_at(both), planned, where, looks).svg


def _both(changes: PlanChanges) -> Plan:
    """Return the new plan with the tasks that are gone; nothing of it needs those."""
    gone = [changes.before[id] for id in changes.removed]
    return Plan([*changes.after.tasks, *gone], changes.after.goal)


def _told(planned: Outline, changes: PlanChanges) -> Outline:
    words = {id: said for id, (_, said) in _words(changes).items()}
    boxes = (
        box
        if box.kind != "task"
        else replace(box, said=safe.one_line(words.get(box.tasks[0], ""), 40))
        for box in planned.boxes
    )
    return replace(planned, boxes=tuple(boxes))


def _words(changes: PlanChanges) -> dict[str, tuple[str, str]]:
    """Return, for each task that is not as it was, what it is, and in how far."""
    return {
        **dict.fromkeys(changes.added, ("new", "new")),
        **{
            id: ("changed", f"other {' and '.join(names)}")
            for id, names in changes.changed.items()
        },
        **dict.fromkeys(changes.removed, ("gone", "gone")),
    }


def _rows(changes: PlanChanges) -> Iterator[tuple[str, str, str, str]]:
    for id, (word, said) in _words(changes).items():
        plan = changes.before if word == "gone" else changes.after
        yield _symbol(look.CHANGES[word]), safe.one_line(id, 40), *_task(plan[id], said)


def _task(task: Task, said: str) -> tuple[str, str]:
    about = said if said not in ("new", "gone") else task.description
    return safe.one_line(task.agent, 30), safe.one_line(about, 90)


def _symbol(how: Look) -> str:
    return f"{how.symbol} {how.label}"


def _row(row: tuple[str, ...]) -> Markup:
    symbol, id, agent, note = row
    cells = (symbol, page.identified(id), agent, note)
    return element("tr", *(element("td", each, style=page.CELL) for each in cells))


def _more(count: int) -> list[str]:
    more = count - _MOST_LISTED
    return [f"… and {summary.plural(more, 'more change')}"] if more > 0 else []


def _picture(changes: PlanChanges) -> Markup | None:
    try:
        data = b64encode(svg(changes).encode()).decode()
    except Exception:  # noqa: BLE001 - the words below it tell the same
        return None
    image = element(
        "img",
        src=f"data:image/svg+xml;base64,{data}",
        alt=headline(changes),
        style="max-width:100%",
    )
    return element("div", image, style="overflow:auto;max-height:640px;margin:6px 0")
