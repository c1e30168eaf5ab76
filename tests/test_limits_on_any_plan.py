"""On any plan, a run that was stopped by walls comes to what it would have come to."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents import Agent, Limits, Orchestrator, Plan, Run, Task
from nbagents.engine.fold import replay
from nbagents.reporting import current
from teams import check_starts

SPENT = ("tasks", "calls")
MOST_STOPS = 200

plans = st.lists(
    st.tuples(st.integers(0, 3), st.sets(st.integers(0, 7))), min_size=1, max_size=8
).map(
    lambda drafts: Plan(
        Task(f"t{n}", f"{calls}", "x", [f"t{need}" for need in needs if need < n])
        for n, (calls, needs) in enumerate(drafts)
    )
)
numbers = st.none() | st.integers(0, 6)


async def execute(task: str, context: Any) -> Any:
    """Ask as often as the task says, and count what is below."""
    reporter = current.get()
    for turn in range(int(task)):
        reporter.asked("m", [{"n": turn}], simulated=False)
        reporter.answered("m", 1, 1, 0.0, cost=0.0)
    return int(task) + sum(context.values())


def team(**limits: Any) -> Orchestrator:
    return Orchestrator([Agent("x", "Adds", execute)], limits=Limits(**limits))


def check(run: Run) -> None:
    """Check that no more was used than may, and that the events say the same."""
    for name in SPENT:
        most = getattr(run.limits, name)
        assert most is None or getattr(run.state.spent, name) <= most
    assert replay(run.history) == run.state
    check_starts(run.history)


@settings(max_examples=60, deadline=None)
@given(plan=plans, tasks=numbers, calls=numbers)
def test_walls_change_nothing_but_when(
    plan: Plan, tasks: int | None, calls: int | None
) -> None:
    expected = team().run(plan)
    run = team(tasks=tasks, calls=calls).run(plan)
    check(run)
    for _ in range(MOST_STOPS):
        if run.status != "paused":
            break
        assert "reached the limit on " in run.reason
        # What the run says to type is enough to get there.
        eval(run.reason.partition("Try: ")[2], {"run": run})
        check(run)
    assert run.status == "completed"
    assert run.result == expected.result
