"""One box of a picture, as SVG.

The classes and the `data-` attributes are what the live view takes hold of. Text is cut
by measuring; where a font is wider than thought, the box clips it.
"""

from collections import Counter
from collections.abc import Iterator
from math import isfinite

from nbagents.display import look, safe, summary
from nbagents.display.layout import Point
from nbagents.display.markup import Markup, element, joined
from nbagents.display.outline import (
    BOX_HEIGHT,
    CAPTION_SIZE,
    HEADING_SIZE,
    ICON,
    PADDING,
    Box,
)
from nbagents.display.source import View, cost, tokens
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState

INK, MUTED = "#1b1f24", "#57606a"
_LINE, _STUB = "#8b929c", "#eceef1"
_SHARE_HEIGHT = 4
_RING = 9.6  # radius of what goes around the icon while a task runs
_GAP = 8  # between agent and time

Size = tuple[float, float]


def drawn(
    view: View,
    box: Box,
    number: int,
    size: Size,
    centre: Point,
    looks: look.Look | None = None,
) -> Markup:
    """Return `box`, number `number` of its picture, where `centre` says.

    It looks as its state does, or as `looks` says.
    """
    width, height = size
    counts = Counter(view.task(id).status for id in box.tasks)
    status = look.loudest(counts)
    how = looks or look.TASK[status]
    stub = box.kind == "stub"
    left, top = centre[0] - width / 2, centre[1] - height / 2
    return element(
        "g",
        element("title", f"{box.title}\n{summary.counted(counts)}".strip()),
        _more_behind(size, how) if box.many else None,
        _ground(size, _STUB if stub else how.fill, _LINE if stub else how.accent),
        None if stub else _icon(how),
        _ring(view, box) if box.kind == "task" else None,
        _clipped(size, *_lines(view, box, counts, size)),
        class_="nb-stub" if stub else f"nb-node nb-{status}",
        data_node=None if stub else str(number),
        data_stub=str(number) if stub else None,
        data_open=None if box.opens is None else str(box.opens),
        transform=f"translate({left:.1f} {top:.1f})",
    )


def placeholder(words: str, width: float) -> Markup:
    """Return the box of a picture without tasks."""
    how = look.TASK[TaskStatus.PENDING]
    return joined(
        _ground((width, BOX_HEIGHT), how.fill, how.accent),
        _text(words, "heading", width / 2, 28, HEADING_SIZE, MUTED, anchor="middle"),
    )


def _lines(
    view: View, box: Box, counts: Counter[TaskStatus], size: Size
) -> Iterator[Markup]:
    if box.kind == "stub":
        middle = size[1] / 2 + 4
        yield _text(box.heading, "caption", PADDING, middle, CAPTION_SIZE, MUTED)
        return
    x = PADDING + ICON + 5
    yield _text(box.heading, "heading", x, 19, HEADING_SIZE, INK, weight="600")
    yield from (_task if box.kind == "task" else _group)(view, box, counts, size)


def _task(view: View, box: Box, _: Counter[TaskStatus], size: Size) -> Iterator[Markup]:
    state, room = view.task(box.tasks[0]), size[0] - 2 * PADDING
    time = _time(state, view.now)
    taken = safe.measure(time, CAPTION_SIZE) + _GAP if time else 0
    agent = state.by or view.plan[box.tasks[0]].agent
    agent = safe.fit(agent, CAPTION_SIZE, room - taken)
    yield _text(agent, "caption", PADDING, 36, CAPTION_SIZE, MUTED)
    end = size[0] - PADDING
    yield _text(time, "time", end, 36, CAPTION_SIZE, MUTED, anchor="end")
    if size[1] > BOX_HEIGHT:
        note = _note(view, box.tasks[0], room) or safe.fit(box.said, CAPTION_SIZE, room)
        line = _text(note, "note", PADDING, 52, CAPTION_SIZE, MUTED, said=box.said)
        yield line


def _time(state: TaskState, now: float) -> str:
    """Return how often a task was tried, where not once, and how long at last."""
    tries = len(state.attempts)
    often = f"×{tries}" if tries > 1 else ""
    return " ".join(filter(None, (often, summary.task_time(state, now))))


def _note(view: View, id: str, room: float) -> str:
    """Return what is most worth knowing of a task, in `room` pixels."""
    state = view.task(id)
    used = tokens(state)
    if state.status is TaskStatus.COMPLETED and used:
        paid = summary.money(cost(state), unknown="$?")
        whole = " · ".join(filter(None, (f"{used:,} tokens", paid)))
        if safe.measure(whole, CAPTION_SIZE) > room:
            whole = " · ".join(filter(None, (f"{summary.compact(used)} tok", paid)))
        return safe.fit(whole, CAPTION_SIZE, room)
    said = summary.asking(view, id)
    said = said or summary.remark(state, view.progress.get(id), view.now)
    return safe.fit(said, CAPTION_SIZE, room)


def _group(
    _: View, box: Box, counts: Counter[TaskStatus], size: Size
) -> Iterator[Markup]:
    room, x = size[0] - 2 * PADDING, float(PADDING)
    words = safe.fit(summary.brief(counts), CAPTION_SIZE, room)
    yield _text(words, "caption", PADDING, 33, CAPTION_SIZE, MUTED)
    # From the left like any progress bar: what is done, and what is still to do last.
    for status in (TaskStatus.COMPLETED, *look.LOUDNESS[:-1]):
        share = room * counts[status] / len(box.tasks)
        yield element(
            "rect",
            class_=f"nb-share nb-{status}",
            x=x,
            y=size[1] - _SHARE_HEIGHT - 3,
            width=share,
            height=_SHARE_HEIGHT,
            fill=look.TASK[status].accent,
            fill_opacity=0.25 if status is TaskStatus.PENDING else None,
        )
        x += share


def _clipped(size: Size, *lines: Markup) -> Markup:
    # A picture of its own clips without an id, which two of a page would share.
    return element(
        "svg",
        *lines,
        class_="nb-words",
        width=size[0] - 3,
        height=size[1],
        overflow="hidden",
    )


def _ground(size: Size, fill: str, line: str) -> Markup:
    return element(
        "rect",
        class_="nb-ground",
        width=size[0],
        height=size[1],
        rx=9,
        fill=fill,
        stroke=line,
        stroke_width=1.3,
    )


def _more_behind(size: Size, how: look.Look) -> Markup:
    """Return the edges of a second box, behind the one of a task done many times."""
    width, height = size
    return element(
        "path",
        class_="nb-more",
        d=f"M10 -4H{width - 5:.1f}Q{width + 4:.1f} -4 {width + 4:.1f} 5V{height - 10}",
        fill="none",
        stroke=how.accent,
        stroke_width=1.3,
    )


def _icon(how: look.Look) -> Markup:
    return element(
        "path",
        class_="nb-icon",
        d=how.icon,
        fill=how.accent,
        fill_rule="evenodd",
        transform=f"translate({PADDING - 1} 6)",
    )


def _ring(view: View, box: Box) -> Markup | None:
    """Return how much is done of a running task, as an arc around its icon."""
    said = view.progress.get(box.tasks[0])
    running = view.task(box.tasks[0]).status is TaskStatus.RUNNING
    if not running or said is None or said.fraction is None:
        return None
    done = said.fraction if isfinite(said.fraction) else 0
    return element(
        "circle",
        class_="nb-ring",
        cx=PADDING - 1 + ICON / 2,
        cy=6 + ICON / 2,
        r=_RING,
        fill="none",
        stroke=look.TASK[TaskStatus.RUNNING].accent,
        stroke_width=2,
        pathLength=1,
        stroke_dasharray=f"{min(max(done, 0), 1):.3f} 1",
        transform=f"rotate(-90 {PADDING - 1 + ICON // 2} {6 + ICON // 2})",
    )


def _text(
    words: str,
    kind: str,
    x: float,
    y: float,
    size: float,
    colour: str,
    *,
    anchor: str | None = None,
    weight: str | None = None,
    said: str | None = None,
) -> Markup:
    return element(
        "text",
        words,
        class_=f"nb-{kind}",
        x=x,
        y=y,
        font_size=size,
        fill=colour,
        text_anchor=anchor,
        font_weight=weight,
        data_said=said or None,
    )
