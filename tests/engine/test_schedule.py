"""What may start, and in which order."""

from hypothesis import given
from hypothesis import strategies as st

from nbagents import Plan, Task
from nbagents.engine import events as e
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import TaskState
from nbagents.engine.schedule import Frontier
from nbagents.engine.state import RunState


def plan_of(**needs: list[str]) -> Plan:
    return Plan([Task(id, "", "x", each) for id, each in needs.items()])


def state_of(plan: Plan, done: frozenset[str] = frozenset()) -> RunState:
    state = RunState(e.RunCreated(0.0, "r", plan))
    for id in done:
        state.tasks[id] = TaskState(TaskStatus.COMPLETED)
    return state


@st.composite
def half_done(draw: st.DrawFn) -> tuple[Plan, frozenset[str]]:
    """A random plan, and a part of it that is closed under dependencies."""
    ids = [f"t{number}" for number in range(draw(st.integers(1, 12)))]
    tasks, done = [], set[str]()
    for position, id in enumerate(ids):
        earlier = ids[:position]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        tasks.append(Task(id, "", "x", needs))
        if done.issuperset(needs) and draw(st.booleans()):
            done.add(id)
    return Plan(tasks), frozenset(done)


def test_the_longest_remaining_path_goes_first() -> None:
    plan = plan_of(short=[], long=[], middle=["long"], end=["middle"])
    frontier = Frontier(state_of(plan))
    assert [frontier.pop(), frontier.pop()] == ["long", "short"]
    assert not frontier


def test_among_equals_the_order_of_the_plan_holds() -> None:
    frontier = Frontier(state_of(plan_of(c=[], a=[], b=[])))
    assert [frontier.pop() for _ in range(3)] == ["c", "a", "b"]


@given(half_done())
def test_a_run_taken_up_anywhere_starts_what_is_left_after_its_needs(
    case: tuple[Plan, frozenset[str]],
) -> None:
    plan, done = case
    frontier = Frontier(state_of(plan, done))
    finished = set(done)
    while frontier:
        id = frontier.pop()
        assert id not in finished
        assert finished.issuperset(plan[id].dependencies)
        finished.add(id)
        frontier.completed(id)
    assert finished == set(plan.order())


def test_a_failure_takes_everything_below_it_once() -> None:
    plan = plan_of(a=[], b=["a"], c=["b"], d=[], e=["d", "c"])
    frontier = Frontier(state_of(plan, frozenset("a")))
    assert frontier.failed("b") == ["c", "e"]
    assert frontier.failed("d") == []
    frontier.completed("d")
    assert [frontier.pop(), frontier.pop()] == ["b", "d"]
    assert not frontier
