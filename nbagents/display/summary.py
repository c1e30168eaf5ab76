"""A plan or a run in words: a headline, and a row for each task.

The text, the page and the picture say the same things; they are worded here.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nbagents import redaction
from nbagents.coded import CodeResult
from nbagents.display import look, safe
from nbagents.display.source import View, cost, seconds, tokens
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import Attempt, TaskState
from nbagents.graph import Task

_MINUTE = 60
_HOUR = 3600
_TEN = 10
_THOUSAND = 1000
_LEAST = 0.00001  # US dollars; less than that is the same to everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is said of one task; a field is empty where there is nothing to say."""

    status: TaskStatus
    id: str
    agent: str
    time: str
    tokens: str
    cost: str
    note: str


def headline(view: View) -> list[str]:
    """Return the plan or the run as a few short phrases, most important first."""
    if view.run is None:
        return _of_plan(view)
    said = [look.RUN[view.status].label]
    said.append("planning…" if view.planning else _done(view))
    if view.elapsed is not None:
        said.append(duration(view.elapsed))
    if used := view.tokens:
        said += spent(used, view.cost)
    return [*said, *view.limits, *_model(view)]


def counted(counts: Counter[TaskStatus]) -> str:
    """Return how many tasks are in each state, the loudest first."""
    return ", ".join(
        f"{counts[each]:,} {look.TASK[each].label}"
        for each in look.LOUDNESS
        if counts[each]
    )


def brief(counts: Counter[TaskStatus]) -> str:
    """Return how far a group of tasks is, in a few words."""
    said = [f"{counts[TaskStatus.COMPLETED]:,} completed"]
    loud = (TaskStatus.FAILED, TaskStatus.RUNNING)
    said += [f"{counts[s]:,} {look.TASK[s].label}" for s in loud if counts[s]]
    return ", ".join(said)


def rows(view: View, most: int) -> Iterator[Row]:
    """Yield a row for each task in the order of the plan, for `most` of them.

    Where that is not all, those come first in which most is going on.
    """
    tasks = list(view.plan)
    if len(tasks) > most:
        tasks.sort(key=lambda task: look.LOUDNESS.index(view.task(task.id).status))
    for task in tasks[:most]:
        state = view.task(task.id)
        used = tokens(state)
        yield Row(
            status=state.status,
            id=task.id,
            agent=state.attempts[-1].agent if state.attempts else task.agent,
            time=task_time(state, view.now),
            tokens=f"{used:,}" if used else "",
            cost=money(cost(state), unknown="$?") if used else "",
            note=note(view, task, state),
        )


def note(view: View, task: Task, state: TaskState) -> str:
    """Return what is most worth knowing of a task, on one line."""
    again = waiting(state.not_before, state.attempts, view.now)
    if who := asking(view, task.id) or again:
        return who
    if state.status is TaskStatus.PENDING and (task.dependencies or task.said):
        after = ", ".join(task.dependencies[:_TEN])
        said = (f"after {after}" if after else "", task.said)
        return safe.one_line(", ".join(filter(None, said)))
    return remark(state, view.progress.get(task.id))


def asking(view: View, id: str) -> str:
    """Return that a person has to approve task `id`; nothing where nobody has to."""
    if id not in view.awaiting:
        return ""
    call = view.task(id).awaits
    return safe.one_line(f"waits for you{f': {call}' if call else ''}")


def waiting(not_before: float | None, attempts: Sequence[Attempt], now: float) -> str:
    """Return when a task is tried again, and after what; nothing where it is not."""
    if not_before is None:
        return ""
    left = not_before - now
    when = f"in {duration(left)}" if left > 0 else "now"
    why = attempts[-1].error if attempts else None
    return safe.one_line(f"tries again {when} after {why}")


def remark(state: TaskState, progress: Any = None, now: float = 0.0) -> str:
    """Return the error, the reason, the last message or the result, on one line.

    Of a task that waits for its next try, how long it does from `now` on.
    """
    if again := waiting(state.not_before, state.attempts, now):
        return again
    if state.error is not None:
        return safe.one_line(str(state.error))
    if state.status is TaskStatus.RUNNING and progress is not None:
        return safe.one_line(progress.message)
    if state.status is TaskStatus.COMPLETED:
        by_hand = "by hand: " if state.edited else ""
        return by_hand + preview(state.result)
    return safe.one_line(state.reason)


# Marks of Markdown that a line of plain words reads better without.
_MARKS = re.compile(r"^#{1,6} +|\*\*", re.MULTILINE)
_MOST_READ = 2000  # characters of a result, to fill one line


def preview(result: Any) -> str:
    """Return `result` on one short line, without running code of its class."""
    if issubclass(type(result), str):  # `isinstance` would ask the result itself
        words = redaction.head(str.__str__(result), _MOST_READ)
        return safe.one_line(_MARKS.sub("", words), most=100)
    if type(result) is CodeResult:
        return preview(str(result))
    if type(result) in {bool, int, float}:
        return repr(result) if abs(result) < 10**15 else "a large number"
    if type(result) in _GLANCED:
        return safe.one_line("".join(_glance(result, [_MOST_GLANCED])), most=100)
    return "" if result is None else type(result).__name__


_GLANCED: dict[type, str] = {dict: "{}", list: "[]", tuple: "()", set: "{}"}
_MOST_GLANCED = 60  # parts of a result that are looked at, to fill one line


def _glance(value: Any, left: list[int]) -> Iterator[str]:
    """Yield the beginning of a value of built-in types; of others, what they are."""
    left[0] -= 1
    brackets = _GLANCED.get(type(value))
    if left[0] < 0:
        yield safe.ELLIPSIS
    elif type(value) is str:
        yield repr(redaction.head(value, 100))
    elif brackets is None:
        plain = value is None or type(value) in {bool, int, float}
        yield preview(value) if plain and value is not None else _name(value)
    else:
        yield brackets[0]
        yield from _glance_inside(value, left)
        yield brackets[1]


def _glance_inside(value: Any, left: list[int]) -> Iterator[str]:
    pairs = type(value) is dict
    # At once, and no further than needed: its agent may be at work on it again.
    parts = list(islice(value.items() if pairs else value, max(left[0], 0) + 1))
    for n, part in enumerate(parts):
        if n:
            yield ", "
        if pairs:
            yield from _glance(part[0], left)
            yield ": "
        yield from _glance(part[1] if pairs else part, left)
        if left[0] < 0:
            return


def _name(value: Any) -> str:
    return "None" if value is None else f"<{type(value).__name__}>"


def answer(view: View) -> str | None:
    """Return the text that the plan came to; `None` when it came to something else."""
    sinks = view.plan.sinks
    last = view.task(sinks[0]) if len(sinks) == 1 else None
    done = last is not None and last.status is TaskStatus.COMPLETED
    result = last.result if last is not None and done else None
    return str.__str__(result) if issubclass(type(result), str) else None


def task_time(state: TaskState, now: float) -> str:
    """Return how long the last attempt took, or nothing when there was none."""
    took = seconds(state, now)
    return "" if took is None else duration(took)


def duration(span: float) -> str:
    """Return a number of seconds as a person would write it."""
    if round(span, 1) < _TEN:
        return f"{max(span, 0):.1f} s"
    whole = round(span)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}:{whole % _MINUTE:02} min"
    return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02} h"


def spent(used: int, cost: float | None) -> list[str]:
    """Return tokens and US dollars as phrases; none where there is nothing to say."""
    if not used:
        return []
    return list(filter(None, (f"{used:,} tokens", money(cost))))


def compact(number: int) -> str:
    """Return a number in few characters: `1.2k` for 1,204."""
    for unit, sign in ((_THOUSAND**2, "M"), (_THOUSAND, "k")):
        parts = number / unit
        if round(parts, 3) >= 1:
            few = round(parts, 1) < _TEN
            return f"{parts:.1f}{sign}" if few else f"{parts:.0f}{sign}"
    return str(number)


def money(cost: float | None, *, unknown: str = "cost unknown") -> str:
    """Return US dollars as a person would write them; nothing where it was free.

    Two digits of what is less than a cent, so that it does not look like nothing.
    """
    if cost is None:
        return unknown
    if cost < _LEAST:
        return f"<${_LEAST:.5f}" if cost else ""
    if cost >= 1:
        return f"${cost:,.2f}"
    decimals = max(4, 1 - math.floor(math.log10(cost)))
    whole, _, digits = f"{cost:.{decimals}f}".partition(".")
    return f"${whole}.{digits.rstrip('0'):0<2}"


def plural(count: int, word: str) -> str:
    """Return `count` and `word`, with an s where there is not just one."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _of_plan(view: View) -> list[str]:
    plan = view.plan
    said = ["plan", plural(len(plan), "task")]
    if agents := {task.agent for task in plan}:
        said.append(plural(len(agents), "agent"))
    if plan.made_by:
        said.append(f"made by {safe.one_line(plan.made_by, most=60)}")
    return said


def _done(view: View) -> str:
    counts = Counter(task.status for task in view.tasks.values())
    done = counts.pop(TaskStatus.COMPLETED, 0)
    for quiet in (TaskStatus.PENDING, TaskStatus.RUNNING):
        counts.pop(quiet, 0)
    said = f"{done:,} of {plural(len(view.plan), 'task')}"
    return ", ".join(filter(None, (said, counted(counts))))


def _model(view: View) -> list[str]:
    if view.simulated:
        return ["simulated model"]
    return [safe.one_line(view.model, most=60)] if view.model else []
