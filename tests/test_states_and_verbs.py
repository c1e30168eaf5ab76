"""The full table of (state, verb): what each does, or that it is refused."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, RunStateError, ScriptedModel, Task
from nbagents.engine import background
from teams import agent_of, plan_of

PATIENCE = 20
REFUSED = RunStateError


class Gate:
    """Holds the tasks that are described as held, until it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.entered = asyncio.Event()
        self.broken = True

    async def execute(self, task: str, context: Any) -> str:
        if "broken" in task and self.broken:
            raise ValueError(task)
        if "held" in task:
            self.entered.set()
            await self.open.wait()
        return f"{task} {sorted(context)}"


# `a` is done, `b` is where the run stands, `c` comes after it, `d` is on its own.
def plan_with(b: str) -> Plan:
    return Plan(
        [
            Task("a", "do a", "x"),
            Task("b", b, "x", ["a"]),
            Task("c", "do c", "x", ["b"]),
            Task("d", "do d", "x"),
        ]
    )


@contextmanager
def standing(state: str) -> Iterator[tuple[Run, Gate]]:
    """Yield a run in `state`, and its gate; what it holds is let go afterwards."""
    gate = Gate()
    described = {"running": "held", "failed": "broken"}.get(state, "do b")
    team = Orchestrator([agent_of(gate.execute)], ScriptedModel({"": "wait"}, delay=60))
    if state == "planning":
        run = team.start("a goal that takes long to plan")
        wait_for(lambda: run.status == "running")
    else:
        run = team.debug(plan_with(described))
    if state in {"running", "paused", "cancelled"}:
        run.step("a")
    if state == "running":
        run.resume(wait=False)
        wait_for(lambda: run["d"].status == "completed")
    elif state in {"completed", "failed"}:
        run.resume()
    elif state == "cancelled":
        run.cancel()
    gate.broken = False
    assert run.status == ("running" if state == "planning" else state)
    try:
        yield run, gate
    finally:
        background.post(gate.open.set)
        run.cancel()


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when `condition` holds; events of the run make it hold."""
    for _ in range(PATIENCE * 1000):
        if condition():
            return
        asyncio.run(asyncio.sleep(0.001))
    pytest.fail("it never came to be")


def better(task: str, context: Any) -> str:
    return "better"


VERBS: dict[str, Callable[[Run], object]] = {
    "step": lambda run: run.step(),
    "step b": lambda run: run.step("b"),
    "step inline": lambda run: run.step("b", inline=True),
    "resume": lambda run: run.resume(),
    "resume until b": lambda run: run.resume(until="b"),
    "cancel": lambda run: run.cancel(),
    "edit result of a": lambda run: run.edit("a", result="by hand"),
    "edit result of b": lambda run: run.edit("b", result="by hand"),
    "edit result of d": lambda run: run.edit("d", result="by hand"),
    "edit description of b": lambda run: run.edit("b", description="do it well"),
    "edit dependencies of b": lambda run: run.edit("b", dependencies=["d"]),
    "replace": lambda run: run.replace(Agent("x", "Is better", better)),
    "retry a": lambda run: run.retry("a"),
    "retry b": lambda run: run.retry("b"),
    "retry c": lambda run: run.retry("c"),
    "retry d": lambda run: run.retry("d"),
    "skip b": lambda run: run.skip("b"),
    "skip c": lambda run: run.skip("c"),
    "add": lambda run: run.add(Task("e", "do e", "x", ["c"])),
    "remove c": lambda run: run.remove("c"),
    "adopt another b": lambda run: run.adopt(run.plan.describe("b", "do it well")),
    "adopt without c": lambda run: run.adopt(run.plan.without("c")),
    "rewind to a": lambda run: run.rewind("a"),
    "rewind to the start": lambda run: run.rewind(run.history[0]),
    "fork": lambda run: run.fork(),
    "break at c": lambda run: run.break_at("c"),
    "estimate": lambda run: run.estimate(),
    "stop_recording": lambda run: run.stop_recording(),
    "limit": lambda run: run.limit(cost=5),
}

STATES = ["planned", "running", "paused", "completed", "failed", "cancelled"]

# For each verb, the state it leads to from each of STATES.
R = REFUSED
TABLE: dict[str, list[Any]] = {
    "step": ["paused", R, "paused", R, R, "paused"],
    "step b": [R, R, "paused", R, R, "paused"],
    "step inline": [R, R, "paused", R, R, "paused"],
    "resume": ["completed", R, "completed", "completed", R, "completed"],
    "resume until b": ["paused", R, "paused", R, R, "paused"],
    "cancel": ["cancelled"] * 3 + ["completed", "failed", "cancelled"],
    "edit result of a": ["planned", R, "paused", "paused", "paused", "paused"],
    "edit result of b": ["planned", R, "paused", "paused", "paused", "paused"],
    "edit result of d": [
        *("planned", "running", "paused", "completed", "failed", "paused")
    ],
    "edit description of b": ["planned", R, "paused", "paused", "paused", "paused"],
    "edit dependencies of b": ["planned", R, "paused", "paused", "paused", "paused"],
    "replace": ["planned", R, "paused", "paused", "paused", "paused"],
    "retry a": ["paused", R, "paused", "completed", "paused", "paused"],
    "retry b": [R, R, "paused", "completed", "paused", "paused"],
    "retry c": [R, "running", R, "completed", R, R],
    "retry d": ["paused", "running", "paused", "completed", "failed", "paused"],
    "skip b": ["planned", R, "paused", R, "completed", "paused"],
    "skip c": ["planned", "running", "paused", R, "failed", "paused"],
    "add": ["planned", "running", "paused", "paused", "failed", "paused"],
    "remove c": ["planned", "running", "paused", "completed", "failed", "paused"],
    "adopt another b": ["planned", R, "paused", "paused", "paused", "paused"],
    "adopt without c": [
        "planned",
        "running",
        "paused",
        "completed",
        "failed",
        "paused",
    ],
    "rewind to a": [R, R, "paused", "paused", "paused", "paused"],
    "rewind to the start": ["planned", R, "paused", "paused", "paused", "paused"],
    "fork": STATES,
    "break at c": STATES,
    "estimate": STATES,
    "stop_recording": STATES,
    "limit": STATES,
}
CASES = [
    (state, verb, expected)
    for verb, row in TABLE.items()
    for state, expected in zip(STATES, row, strict=True)
]


@pytest.mark.parametrize(
    "state, verb, expected", CASES, ids=[f"{s}-{v}" for s, v, _ in CASES]
)
def test_a_verb_does_what_it_says_or_is_refused(
    state: str, verb: str, expected: Any
) -> None:
    with standing(state) as (run, _):
        before, history = run.state.copy(), run.history
        if expected is REFUSED:
            with pytest.raises(RunStateError) as caught:
                VERBS[verb](run)
            assert caught.value.verb
            assert caught.value.status
            assert run.history == history
            assert run.state == before
        else:
            VERBS[verb](run)
            assert run.status == expected


@pytest.mark.parametrize(
    "state, verb",
    [(s, v) for s, v, e in CASES if e is not REFUSED and v != "cancel"],
)
def test_after_any_verb_the_run_can_be_continued_to_its_end(
    state: str, verb: str
) -> None:
    with standing(state) as (run, gate):
        VERBS[verb](run)
        background.post(gate.open.set)
        run.wait(PATIENCE)
        if run.status == "failed":
            run.retry("b")
        while run.status in {"paused", "planned", "cancelled"}:
            run.resume()
        assert run.status == "completed"


@pytest.mark.parametrize("verb", [v for v in VERBS if v != "cancel"])
def test_while_the_goal_is_planned_only_stopping_is_possible(verb: str) -> None:
    with standing("planning") as (run, _):
        if verb in {"estimate", "stop_recording"}:
            assert VERBS[verb](run) in (None, run.estimate())
            return
        if verb == "limit":
            assert run.limit(cost=5).limits.cost == 5
            return
        with pytest.raises((RunStateError, KeyError)):
            VERBS[verb](run)
        assert run.status == "running"
        assert run.cancel().status == "cancelled"


@pytest.mark.parametrize("state", STATES)
def test_pausing_takes_a_run_that_runs(state: str) -> None:
    with standing(state) as (run, gate):
        if state == "running":
            # What is at work finishes after the pause was asked for.
            loop = background.loop()
            background.post(loop.call_later, 0.2, gate.open.set)
            assert run.pause().status == "paused"
            assert run["b"].status == "completed"
        else:
            with pytest.raises(RunStateError, match=f"a run that is {state} cannot"):
                run.pause()


def test_every_verb_of_a_run_is_in_the_table() -> None:
    verbs = {name for name in dir(Run) if not name.startswith("_")}
    assert plan_of(a=[])  # the helper is what the other tests use
    reading = {
        *[
            "agents",
            "at",
            "begin",
            "breakpoints",
            "degraded",
            "goal",
            "history",
            "id",
            "inner",
            "is_done_by",
            "limits",
            "max_parallel",
            "metadata",
            "metrics",
            "partial_results",
            "plan",
            "possible",
            "progress",
            "reason",
            "result",
            "save",
            "show",
            "show_in_cell",
            "stale",
            "state",
            "status",
            "subscribe",
            "success",
            "summary",
            "tasks",
            "to_dataframe",
            "to_dot",
            "to_svg",
            "trace",
            "wait",
        ]
    }
    others = {"approve", "break_when", "break_on_failure", "clear", "pause", "refuse"}
    tested = {verb.split()[0] for verb in VERBS} - {"break"} | {"break_at"}
    assert verbs - reading - others == tested
