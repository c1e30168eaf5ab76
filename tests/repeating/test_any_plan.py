"""Any plan with maps, loops and conditions comes to what a plain reading says."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nbagents import Agent, Each, Orchestrator, Plan, Task, Until, When

ACCEPTS = "OK"


def text(value: Any) -> str:
    return str(value)


class Reading:
    """What a plan comes to: each task after what it depends on, by plain Python."""

    def __init__(self, plan: Plan, given: Mapping[str, Any]) -> None:
        self.plan = plan
        self.given = given
        self.results: dict[str, Any] = {}

    def all(self) -> dict[str, Any]:
        for id in self.plan.order():
            if self.needed(id):
                self.results[id] = self.given.get(id, self.result(id))
        return self.results

    def needed(self, id: str) -> bool:
        task, when = self.plan[id], self.plan[id].when
        left = not task.dependencies or any(
            n in self.results for n in task.dependencies
        )
        if when is None:
            return left
        decides = self.results.get(when.task)
        return left and when.task in self.results and when.holds(decides)

    def result(self, id: str) -> Any:
        task = self.plan[id]
        context = {n: self.results[n] for n in task.dependencies if n in self.results}
        if task.each is not None:
            items = context.get(task.each.task)
            if task.each.task not in context:
                return []
            if not isinstance(items, list):
                raise AssertionError(items)
            return [
                lister(task.description, {**context, task.each.task: i}) for i in items
            ]
        if task.until is None:
            return lister(task.description, context)
        made = lister(task.description, context)
        for _ in range(1, task.until.most):
            if ACCEPTS in judged(made):
                break
            made = [*made, "again"]
        return made


def lister(task: str, context: Mapping[str, Any]) -> list[str]:
    """Return a list that tells of all that was given, but for the rounds before."""
    rounds = [v for id, v in context.items() if "-" in id and isinstance(v, list)]
    if rounds:
        return [*rounds[-1], "again"]
    said = task.split("\n", maxsplit=1)[0]
    given = sorted(f"{id}={text(value)}" for id, value in context.items())
    return [said, *given][:3]


def judged(made: Any) -> str:
    return ACCEPTS if len(made) % 3 == 0 else "no"


def critic(task: str, context: Mapping[str, Any]) -> str:
    """Judge the one draft that it is shown."""
    return judged(next(v for id, v in context.items() if "-" in id))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    tasks = []
    for number in range(draw(st.integers(1, 6))):
        before = [f"t{n}" for n in range(number)]
        needs = (
            draw(st.lists(st.sampled_from(before), unique=True, max_size=3))
            if before
            else []
        )
        kind = draw(st.sampled_from(["plain", "each", "until"]))
        extras: dict[str, Any] = {}
        if needs and kind == "each":
            extras["each"] = Each(draw(st.sampled_from(needs)), draw(st.integers(1, 3)))
        if kind == "until":
            extras["until"] = Until(
                "critic", contains=ACCEPTS, most=draw(st.integers(1, 3))
            )
        if needs and draw(st.booleans()):
            said = draw(st.sampled_from(["a", "b", "zzz"]))
            negate = draw(st.booleans())
            place = draw(st.sampled_from(needs))
            extras["when"] = When(place, contains=said, negate=negate)
        words = draw(st.sampled_from(["a", "b", "c"]))
        tasks.append(Task(f"t{number}", words, "lister", needs, **extras))
    return Plan(tasks)


RESULTS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)


@settings(max_examples=60, deadline=None)
@given(plans(), st.data())
def test_a_run_comes_to_what_the_plan_says_and_after_changes_too(
    plan: Plan, data: st.DataObject
) -> None:
    agents = [Agent("lister", "Lists", lister), Agent("critic", "Judges", critic)]
    run = Orchestrator(agents, journal=None).run(plan)
    assert run.success, run.state.tasks
    assert run.partial_results == Reading(plan, {}).all()
    id = data.draw(st.sampled_from(sorted(run.partial_results)))
    value = data.draw(RESULTS)
    run.edit(id, result=value).resume()
    assert run.success
    assert run.partial_results == Reading(plan, {id: value}).all()
    other = data.draw(st.sampled_from(sorted(plan.dependencies)))
    changed = plan.describe(other, "b")
    if other != id:
        run.adopt(changed).resume()
        below = id in changed.downstream(other)
        again = run.partial_results == Reading(changed, {}).all()
        by_hand = run.partial_results == Reading(changed, {id: value}).all()
        assert by_hand or (below and again)
