"""Tasks done once for each item of a list, by a run within that of the task."""

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nbagents import Agent, Each, Limits, Orchestrator, Plan, Retry, Run, Task

FILES = ["a.csv", "b.csv", "c.csv"]
PLAN = Plan(
    [
        Task("files", "list them", "lister"),
        Task("year", "which year", "clock"),
        Task("sum", "Sum it up", "adder", ["files", "year"], each="files"),
        Task("all", "all of it", "joiner", ["sum"]),
    ]
)


class Office:
    """Agents that count for which items they worked."""

    def __init__(self, files: Any = FILES, **options: Any) -> None:
        self.files = files
        self.done: Counter[str] = Counter()
        self.broken: set[str] = set()
        options.setdefault("journal", None)
        self.team = Orchestrator(
            [
                Agent("lister", "Lists", lambda task, context: self.files),
                Agent("clock", "Tells", lambda task, context: "2026"),
                self.adder(),
                Agent("joiner", "Joins", lambda task, context: context["sum"]),
            ],
            **options,
        )

    def adder(self, word: str = "sum of") -> Agent:
        def add(task: str, context: Mapping[str, Any]) -> str:
            item = context["files"]
            self.done[str(item)] += 1
            if str(item) in self.broken:
                raise ValueError(f"cannot read {item}")
            return f"{word} {item} in {context['year']}"

        return Agent("adder", "Adds", add)


def inner(run: Run) -> Run:
    return run.inner("sum")[-1]


def test_it_is_done_once_for_each_item_and_gives_a_list() -> None:
    run = Office().team.run(PLAN)
    assert run.result == [f"sum of {name} in 2026" for name in FILES]
    assert [task.id for task in inner(run).tasks] == FILES


def test_the_agent_is_asked_what_the_plan_says() -> None:
    seen: list[str] = []

    def add(task: str, context: Mapping[str, Any]) -> None:
        seen.append(f"{task} {sorted(context)}")

    office = Office()
    run = office.team.debug(PLAN)
    run.replace(Agent("adder", "Adds", add)).resume()
    assert set(seen) == {"Sum it up ['files', 'year']"}


@pytest.mark.parametrize(
    "given, count",
    [
        ([], 0),
        ((1, 2), 2),
        ("[1, 2, 3]", 3),
        ('```json\n["x"]\n```', 1),
        ([{"name": "x"}, {"name": "x"}, None, 3.5, "", "  "], 6),
        (["same"] * 3, 3),
        (["long " * 100, "long " * 101], 2),
        ([["nested"], ["nested"]], 2),
    ],
)
def test_lists_are_taken_as_they_come(given: Any, count: int) -> None:
    run = Office(given).team.run(PLAN)
    assert run.success
    assert len(run.result) == count


@pytest.mark.parametrize("given", ["two words", {"a": 1}, None, 3, '{"a": 1}'])
def test_what_is_no_list_is_told_with_what_to_do(given: Any) -> None:
    run = Office(given).team.run(PLAN)
    error = run["sum"].error
    assert "'files' is no list but" in str(error)
    assert error is not None
    assert error.exception is not None
    assert "Try: run.edit('files', result=[...])" in error.exception.__notes__
    run.edit("files", result=["x"]).resume()
    assert run.result == ["sum of x in 2026"]


def test_a_list_inside_a_result_is_named_by_its_field() -> None:
    plan = PLAN.change("sum", each=Each("files", field="names"))
    run = Office({"names": ["x", "y"]}).team.run(plan)
    assert run.result == ["sum of x in 2026", "sum of y in 2026"]


def test_no_more_are_at_work_than_its_width() -> None:
    now, most, lock = 0, 0, threading.Lock()
    pair = threading.Barrier(2, timeout=10)

    def add(task: str, context: Mapping[str, Any]) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        pair.wait()
        with lock:
            now -= 1
        return 1

    run = Office(list(range(8))).team.debug(
        PLAN.change("sum", each=Each("files", width=2))
    )
    run.replace(Agent("adder", "Adds", add)).resume()
    assert run.result == [1] * 8
    assert most == 2


def test_another_list_costs_what_is_new_in_it() -> None:
    office = Office()
    run = office.team.run(PLAN)
    office.done.clear()
    run.edit("files", result=["new.csv", *FILES[1:]]).resume()
    assert office.done == {"new.csv": 1}
    assert run.result[0] == "sum of new.csv in 2026"
    assert len(run.result) == 3
    assert len(run.inner("sum")) == 1


def test_an_item_that_changed_is_done_again() -> None:
    rows = [{"name": "a", "value": 1}, {"name": "b", "value": 1}]
    office = Office(rows)
    run = office.team.run(PLAN)
    office.done.clear()
    run.edit("files", result=[rows[0], {"name": "b", "value": 2}]).resume()
    assert office.done == {"{'name': 'b', 'value': 2}": 1}


def test_what_all_of_them_are_given_has_all_done_again() -> None:
    office = Office()
    run = office.team.run(PLAN)
    office.done.clear()
    run.edit("year", result="2027").resume()
    assert office.done == dict.fromkeys(FILES, 1)
    assert run.result[0] == "sum of a.csv in 2027"


def test_a_better_agent_does_all_again_and_the_same_one_none() -> None:
    office = Office()
    run = office.team.run(PLAN)
    office.done.clear()
    run.replace(office.team.agents["adder"]).resume()
    assert office.done == {}
    run.replace(office.adder("total of")).resume()
    assert run.result[0] == "total of a.csv in 2026"


def test_one_that_fails_is_mended_alone() -> None:
    office = Office()
    office.broken.add("b.csv")
    run = office.team.run(PLAN)
    assert run.status == "failed"
    assert "task 'b.csv' failed (ValueError: cannot read b.csv)" in str(
        run["sum"].error
    )
    office.done.clear()
    office.broken.clear()
    run.retry("sum")
    assert office.done == {"b.csv": 1}
    run.resume()
    assert run.result == [f"sum of {name} in 2026" for name in FILES]


def test_one_that_fails_is_given_by_hand() -> None:
    office = Office()
    office.broken.add("b.csv")
    run = office.team.run(PLAN)
    office.done.clear()
    inner(run).edit("b.csv", result="nothing in it")
    run.retry("sum").resume()
    assert office.done == {}
    assert run.result[1] == "nothing in it"


def test_each_item_is_tried_as_often_as_the_team_says() -> None:
    office = Office(retry=Retry(attempts=3, first=0))
    office.broken.add("b.csv")
    run = office.team.run(PLAN)
    assert office.done == {"a.csv": 1, "b.csv": 3, "c.csv": 1}
    assert len(run["sum"].attempts) == 1


def test_another_agent_takes_over_for_the_item_only() -> None:
    office = Office(
        fallbacks={"adder": [Agent("backup", "Adds", lambda task, context: "backup")]}
    )
    office.broken.add("b.csv")
    run = office.team.run(PLAN)
    assert run.result == ["sum of a.csv in 2026", "backup", "sum of c.csv in 2026"]
    assert inner(run)["b.csv"].attempts[-1].agent == "backup"


def test_it_is_stepped_into() -> None:
    run = Office().team.debug(PLAN)
    run.step("files")
    run.step("year")
    run.step("sum", into=True)
    assert inner(run).status == "planned"
    inner(run).step("b.csv")
    assert inner(run)["b.csv"].result == "sum of b.csv in 2026"
    inner(run).resume()
    run.wait()
    assert run["sum"].status == "completed"


def test_it_is_stepped_inline() -> None:
    run = Office().team.debug(PLAN)
    for id in ("files", "year", "sum"):
        run.step(id, inline=True)
    assert run["sum"].result[0] == "sum of a.csv in 2026"


def test_a_process_of_its_own_finds_its_item() -> None:
    def shout(task: str, context: Mapping[str, Any]) -> str:
        return f"{task} {context['files'].upper()}"

    run = Office(["a", "b"]).team.debug(PLAN)
    run.replace(Agent("adder", "Adds", shout, isolate="process")).resume()
    assert run.result == ["Sum it up A", "Sum it up B"]


def test_another_kernel_does_only_what_is_new(tmp_path: Path) -> None:
    journal = tmp_path / "runs.sqlite"
    first = Office(journal=journal)
    run = first.team.run(PLAN)
    text = repr(run)
    del run
    office = Office(journal=journal)
    again = office.team.load_run()
    assert again.success, text
    again.edit("files", result=["b.csv", "new.csv"]).resume()
    assert again.result == ["sum of b.csv in 2026", "sum of new.csv in 2026"]
    assert office.done["new.csv"] + first.done["new.csv"] == 1
    assert office.done["b.csv"] + first.done["b.csv"] == 1


def test_a_limit_on_tasks_is_a_wall_inside_too() -> None:
    run = Office(list(range(50)), limits=Limits(tasks=10)).team.run(PLAN)
    assert run.status == "failed"
    assert len(inner(run).trace) == 10


def test_where_there_is_no_list_there_is_nothing_to_do() -> None:
    from nbagents import When

    plan = Plan(
        [
            Task("year", "which", "clock"),
            Task("files", "list", "lister", ["year"], when=When("year", equals="1")),
            Task("sum", "Sum", "adder", ["files", "year"], each="files"),
        ]
    )
    run = Office().team.run(plan)
    assert run.success
    assert run.result == []
