"""Pay only for what a change touches: executions are counted, on large graphs too."""

import random
from collections import Counter
from hashlib import sha256
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Run, Task, agent
from nbagents.engine.fold import replay
from teams import layered, plan_of


class Work:
    """An agent that counts what it does."""

    def __init__(self, *, blunt: bool = False) -> None:
        self.counts = Counter[str]()
        self._blunt = blunt

    def __call__(self, task: str, context: Any) -> str:
        self.counts[context.task] += 1
        if self._blunt:
            return f"result of {context.task}"
        made_from = f"{context.task} {task} {sorted(context.items())!r}"
        return sha256(made_from.encode()).hexdigest()

    def since(self) -> Counter[str]:
        counts, self.counts = self.counts, Counter[str]()
        return counts


def finished(plan: Plan, work: Work) -> Run:
    run = Orchestrator([Agent("x", "Works", work)]).run(plan)
    assert work.since() == dict.fromkeys(plan.dependencies, 1)
    return run


@pytest.mark.parametrize("edited", ["t0_0", "t3_4", "t5_9", "t8_2", "t9_9"])
def test_after_an_edit_a_hundred_tasks_run_the_affected_ones_once(edited: str) -> None:
    plan, work = layered(10, 10), Work()
    run = finished(plan, work)
    affected = plan.downstream(edited) | {edited}
    run.edit(edited, description="do it otherwise")
    assert run.stale == affected
    assert set(run.estimate().tasks) == affected
    run.resume()
    assert work.since() == dict.fromkeys(affected, 1)
    assert run.status == "completed"


@pytest.mark.parametrize("edited", ["t0_0", "t4_4", "t9_9"])
def test_an_edit_that_leaves_the_output_equal_costs_one_execution(edited: str) -> None:
    plan, work = layered(10, 10), Work(blunt=True)
    run = finished(plan, work)
    run.edit(edited, description="do it otherwise")
    assert run.stale == plan.downstream(edited) | {edited}
    run.resume()
    assert work.since() == {edited: 1}
    assert run.stale == frozenset()
    assert run.status == "completed"


def test_a_corrected_result_costs_what_follows_it_and_not_itself() -> None:
    plan, work = layered(10, 10), Work()
    run = finished(plan, work)
    run.edit("t4_4", result="by hand")
    run.resume()
    assert work.since() == dict.fromkeys(plan.downstream("t4_4"), 1)
    assert run["t4_4"].result == "by hand"
    assert run["t4_4"].edited


def test_an_edit_that_is_taken_back_costs_nothing() -> None:
    plan, work = layered(10, 10), Work()
    run = finished(plan, work)
    before = run["t2_2"].result
    run.edit("t2_2", result="by hand")
    run.edit("t5_5", description="otherwise")
    run.edit("t5_5", description=plan["t5_5"].description)
    run.edit("t2_2", result=before)
    run.resume()
    assert not work.since()
    assert run.status == "completed"


def test_each_of_twenty_tasks_is_edited_in_turn_three_times() -> None:
    plan, work = layered(5, 4), Work()
    run = Orchestrator([Agent("x", "Works", work)]).debug(plan)
    for round_ in range(3):
        for id in plan.order():
            needed = plan.upstream(id) | {id}
            done = {task.id for task in run.tasks if task.status == "completed"}
            if id not in done:
                run.resume(until=id)
                assert work.since() == dict.fromkeys(needed - done, 1)
            run.edit(id, result=f"by hand {round_} {id}")
            # In the first round, what comes after it has not run yet.
            tried = {task.id for task in run.tasks if task.attempts}
            assert run.stale == plan.downstream(id) & tried
            waiting = set(run.estimate().tasks)
            run.resume()
            assert work.since() == dict.fromkeys(waiting, 1)
            assert run.status == "completed"
    assert replay(run.history) == run.state


def test_random_edits_of_random_graphs_run_what_they_touch() -> None:
    rng = random.Random(7)
    for _ in range(20):
        ids = [f"t{n}" for n in range(30)]
        tasks = [
            Task(id, "work", "x", rng.sample(ids[:n], min(n, rng.randrange(4))))
            for n, id in enumerate(ids)
        ]
        plan, work = Plan(tasks), Work()
        run = finished(plan, work)
        edited = set(rng.sample(ids, 3))
        for id in edited:
            run.edit(id, description=f"otherwise {rng.random()}")
        affected = edited.union(*(plan.downstream(id) for id in edited))
        assert run.stale == affected
        run.resume()
        assert work.since() == dict.fromkeys(affected, 1)


def test_a_replaced_agent_costs_its_tasks_and_what_follows_them() -> None:
    work = Work()
    plan = plan_of(a=[], b=["a"], c=["b"], d=["a"]).reassign("b", "y")
    run = Orchestrator([Agent("x", "Works", work), Agent("y", "", work)]).run(plan)
    work.since()

    def better(task: str, context: Any) -> str:
        return "better"

    run.replace(Agent("y", "Is better", better))
    assert run.stale == {"b", "c"}
    run.resume()
    assert work.since() == {"c": 1}
    assert run["b"].result == "better"


def writer_that_says(word: str, ran: list[str]) -> Agent:
    """Return what a cell defines each time it is run."""

    @agent(name="writer")
    def writer(task: str, context: Any) -> str:
        """Writes."""
        ran.append(word)
        return word

    return writer


def test_defining_an_agent_again_as_it_was_costs_nothing() -> None:
    ran: list[str] = []
    run = Orchestrator([writer_that_says("a", ran)]).run(plan_of("writer", one=[]))
    run.replace(writer_that_says("a", ran))
    assert run.stale == {"one"}
    assert run.estimate().tasks == ()
    run.resume()
    assert ran == ["a"]
    run.replace(writer_that_says("b", ran)).resume()
    assert ran == ["a", "b"]
    assert run.result == "b"


def test_going_back_to_an_agent_finds_its_results_again() -> None:
    ran: list[str] = []
    plan = plan_of("writer", one=[], two=["one"])
    run = Orchestrator([writer_that_says("a", ran)]).run(plan)
    run.replace(writer_that_says("b", ran)).replace(writer_that_says("a", ran)).resume()
    assert ran == ["a", "a"]
    assert run.status == "completed"


def test_a_result_changed_in_place_and_given_back_is_a_change() -> None:
    seen: list[Any] = []

    def execute(task: str, context: Any) -> Any:
        if context.task == "make":
            return {"rows": [1, 2, 3]}
        seen.append(list(context["make"]["rows"]))
        return len(seen)

    run = Orchestrator([Agent("x", "", execute)]).run(plan_of(make=[], use=["make"]))
    table = run["make"].result
    table["rows"].append(4)
    run.edit("make", result=table).resume()
    assert seen == [[1, 2, 3], [1, 2, 3, 4]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"b": [1, 2.5, None], "a": {"x": True}},
        lambda: {"b", "a"},
        lambda: float("nan"),
        lambda: b"bytes",
        lambda: __import__("pandas").DataFrame({"a": [1, 2], "b": ["x", None]}),
        lambda: __import__("numpy").arange(6).reshape(2, 3),
    ],
    ids=["json", "set", "nan", "bytes", "table", "array"],
)
def test_equal_content_of_any_common_type_stops_a_recomputation(make: Any) -> None:
    ran = Counter[str]()

    def execute(task: str, context: Any) -> Any:
        ran[context.task] += 1
        return make()

    run = Orchestrator([Agent("x", "", execute)]).run(plan_of(a=[], b=["a"], c=["b"]))
    run.edit("a", description="otherwise").resume()
    assert ran == {"a": 2, "b": 1, "c": 1}


def test_what_has_no_content_to_compare_counts_as_changed() -> None:
    ran = Counter[str]()

    def execute(task: str, context: Any) -> Any:
        ran[context.task] += 1
        return object()

    run = Orchestrator([Agent("x", "", execute)]).run(plan_of(a=[], b=["a"]))
    run.edit("b", description="otherwise").edit("b", description="do b").resume()
    assert ran == {"a": 1, "b": 1}
    run.retry("a").resume()
    assert ran == {"a": 2, "b": 2}
