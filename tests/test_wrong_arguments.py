"""Nonsense given to any verb: refused in words, and nothing is changed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nbagents import (
    Agent,
    NbagentsError,
    Orchestrator,
    Run,
    Task,
    UnknownTaskError,
    compare,
)
from teams import agent_of, plan_of

NONSENSE = [3, 1.5, "", "nothing", b"x", [], ["x"], {}, {"a": 1}, ..., object]
NONSENSE += [Task("q", "", "x"), Agent("q", "", lambda task, context: task), print]
NONSENSE += [[["a"]], [["a"], None], {("a",)}, np.array(["a", "b"]), float("nan")]


class Raising:
    def __getattr__(self, name: str) -> Any:
        message = f"no {name} here"
        raise RuntimeError(message)


NONSENSE.append(Raising())

VERBS: dict[str, Callable[[Run, Any], object]] = {
    "edit": lambda run, x: run.edit(x, result=1),
    "edit dependencies": lambda run, x: run.edit("b", dependencies=x),
    "edit description": lambda run, x: run.edit("b", description=x),
    "retry": lambda run, x: run.retry(x),
    "retry agent": lambda run, x: run.retry("a", agent=x),
    "retry description": lambda run, x: run.retry("a", description=x),
    "skip": lambda run, x: run.skip(x),
    "remove": lambda run, x: run.remove(x),
    "add": lambda run, x: run.add(x),
    "rewind": lambda run, x: run.rewind(x),
    "at": lambda run, x: run.at(x),
    "replace": lambda run, x: run.replace(x),
    "replace by": lambda run, x: run.replace("y", x),
    "replace whom": lambda run, x: run.replace(x, "y"),
    "step": lambda run, x: run.step(x),
    "resume": lambda run, x: run.resume(until=x),
    "break_at": lambda run, x: run.break_at(x),
    "break_at when": lambda run, x: run.break_at("a", when=x),
    "break_at hold": lambda run, x: run.break_at("a", hold=x),
    "break_on_failure": lambda run, x: run.break_on_failure(hold=x),
    "subscribe": lambda run, x: run.subscribe(x),
    "wait": lambda run, x: run.wait(x),
    "tasks": lambda run, x: run.tasks[x],
    "break_when": lambda run, x: run.break_when(x),
    "limit": lambda run, x: run.limit(cost=x, calls=x),
    "clear": lambda run, x: run.clear(x),
    "compare": compare,
    "look": lambda run, x: run[x],
}
# What a person would read as a fault of ours.
RAW = ("unhashable", "Value after *", "has no attribute", "object is not", "NoneType")
RAW += ("ambiguous", "out of range", "not supported between")


@pytest.mark.parametrize("verb", VERBS)
def test_nonsense_is_refused_in_words_and_changes_nothing(verb: str) -> None:
    plan = plan_of(a=[], b=["a"]).reassign("b", "y")
    team = Orchestrator([agent_of(lambda t, c: t), agent_of(lambda t, c: t, "y")])
    for value in NONSENSE:
        run = team.run(plan)
        state, history = run.state.copy(), run.history
        refusal = None
        try:
            VERBS[verb](run, value)
        except (NbagentsError, TypeError, ValueError, LookupError) as error:
            refusal = error
        if refusal is not None:
            assert not any(words in str(refusal) for words in RAW), (value, refusal)
            assert run.history == history
            assert run.state == state
        assert repr(run)
        assert "text/html" in run._repr_mimebundle_()
        assert run.estimate().tasks == tuple(run.estimate().tasks)


def test_clearing_a_breakpoint_that_cannot_be_there_says_so() -> None:
    run = Orchestrator([agent_of(lambda t, c: t)]).debug(plan_of(left=[], right=[]))
    run.break_at("left")
    kept = run.break_at("left", when="after")
    only = run.break_at("x", when="failure")
    run.clear("right")
    with pytest.raises(UnknownTaskError, match="Did you mean 'left'"):
        run.clear("lfet")
    run.clear(only)
    assert kept in run.breakpoints
    assert only not in run.breakpoints
    run.clear("left")
    assert run.breakpoints == ()


def test_what_is_no_function_cannot_listen() -> None:
    run = Orchestrator([agent_of(lambda t, c: t)]).debug(plan_of(a=[]))
    with pytest.raises(TypeError, match="a listener is a function of an event, not 3"):
        run.subscribe(3)  # type: ignore[arg-type]
    run.resume()
    assert run.success


def test_dependencies_in_another_order_are_the_same_dependencies() -> None:
    run = Orchestrator([agent_of(lambda t, c: t)]).run(
        plan_of(a=[], b=[], c=["a", "b"])
    )
    run.edit("c", dependencies=["b", "a"])
    assert not run.stale
    assert run["c"].dependencies == ("a", "b")
