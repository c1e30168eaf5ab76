"""Comparing two runs: what `comparison` is a record of.

Each run is read once, so a comparison stays as it is while they go on.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nbagents.engine import contents
from nbagents.engine.comparison import (
    FIGURES,
    Change,
    Comparison,
    Side,
    TaskComparison,
)
from nbagents.engine.events import TaskEvent
from nbagents.engine.moment import ENDS, Moment
from nbagents.engine.record import TaskState
from nbagents.engine.run_view import RunView
from nbagents.graph import Plan, Task, dag

_PENDING = TaskState()


def compare(a: RunView, b: RunView) -> Comparison:
    """Return two runs side by side, of one plan or of two, finished or not.

    Tasks are aligned by their ids. Results are compared by what they hold, tables and
    arrays too.

    Args:
        a: A run, or a moment of one: `run.at("id")`.
        b: What to compare it with; differences are counted from `a` to `b`.

    Raises:
        TypeError: One of them is not a run.

    Example:
        >>> other = run.fork().edit("trends", result="...")  # doctest: +SKIP
        >>> compare(run, other.resume()).first_divergence  # doctest: +SKIP
        'trends'
    """
    for each in (a, b):
        _require_run(each)
    plans = a.plan, b.plan
    first, second = _sides(a, plans[0]), _sides(b, plans[1])
    return Comparison(
        a=_label(a),
        b=_label(b),
        tasks=tuple(_task(x, first.get(x), second.get(x)) for x in _order(*plans)),
        **_differences(_totals(first.values()), _totals(second.values())),
    )


def _require_run(value: Any) -> None:
    if not isinstance(value, RunView):
        raise TypeError(
            f"compare() takes two runs, and a {type(value).__name__} is none: give it "
            "runs or moments of them, such as compare(run, run.fork()) or "
            'compare(run.at("id"), run)'
        )


def _label(run: RunView) -> str:
    if not isinstance(run, Moment):
        return run.state.run
    event = run.event
    # What `run.at` was given, as far as a name can say it.
    name = () if isinstance(event, ENDS) else (type(event).__name__,)
    task = (event.task,) if isinstance(event, TaskEvent) else ()
    return " ".join((run.id, "at", *name, *task))


def _sides(run: RunView, plan: Plan) -> dict[str, Side]:
    # A copy, which the engine's thread cannot change while it is read. It may lack
    # the tasks of a plan that has only just been made.
    tasks = dict(run.state.tasks)
    return {task.id: _side(task, tasks.get(task.id, _PENDING)) for task in plan}


def _side(task: Task, state: TaskState) -> Side:
    return Side(
        description=task.description,
        agent=task.agent if state.last is None else state.last.agent,
        dependencies=task.dependencies,
        status=state.status,
        result=state.result,
        error=state.error,
        attempts=len(state.attempts),
        **{name: figure(state) for name, figure in FIGURES.items()},
    )


def _task(id: str, a: Side | None, b: Side | None) -> TaskComparison:
    figures = _differences(_figures(a), _figures(b))
    return TaskComparison(id=id, changed=tuple(_changed(a, b)), a=a, b=b, **figures)


def _changed(a: Side | None, b: Side | None) -> Iterator[Change]:
    if a is None or b is None:
        yield "added" if a is None else "removed"
        return
    if a.description != b.description:
        yield "description"
    if a.agent != b.agent:
        yield "agent"
    if set(a.dependencies) != set(b.dependencies):
        yield "dependencies"
    if a.status != b.status:
        yield "status"
    if not _came_to_the_same(a, b):
        yield "result"


def _came_to_the_same(a: Side, b: Side) -> bool:
    # Two errors are two objects with two tracebacks: what they say is compared.
    if (a.error and str(a.error)) != (b.error and str(b.error)):
        return False
    return contents.equal(a.result, b.result)


def _figures(side: Side | None) -> Mapping[str, Any]:
    return {name: getattr(side, name, None) for name in FIGURES}


def _totals(sides: Collection[Side]) -> Mapping[str, Any]:
    return {name: _total([getattr(s, name) for s in sides]) for name in FIGURES}


def _total(values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if None in (a[name], b[name]) else b[name] - a[name]
        for name in FIGURES
    }


def _order(a: Plan, b: Plan) -> list[str]:
    """Return the ids of both plans, each after all that it depends on in either."""
    ids = _merged([task.id for task in a], [task.id for task in b])
    # The order of the union: an order of one plan, with the rest put in, may break
    # that of the other.
    needs = {
        id: tuple({**dict.fromkeys(_needs(a, id)), **dict.fromkeys(_needs(b, id))})
        for id in ids
    }
    ordered = [id for level in dag.levels(needs) for id in level]
    # Where one plan has turned a dependency round, there is no order for both.
    left = set(ids).difference(ordered)
    return [*ordered, *(id for id in _merged(a.order(), b.order()) if id in left)]


def _needs(plan: Plan, id: str) -> tuple[str, ...]:
    return plan.dependencies.get(id, ())


def _merged(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return `first` with each id that only `second` has after the one it follows."""
    known = set(first)
    following: dict[str | None, list[str]] = {None: []}
    last: str | None = None
    for id in second:
        if id in known:
            last = id
        else:
            following.setdefault(last, []).append(id)
    merged = following[None]
    for id in first:
        merged += [id, *following.get(id, ())]
    return merged
