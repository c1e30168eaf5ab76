"""The rows of the pattern that a plan says itself, by a scripted model over openai."""

import json
from typing import Any

import pytest

from nbagents import (
    Each,
    Orchestrator,
    Plan,
    ScriptedModel,
    ScriptedRequest,
    Task,
    Until,
    When,
)
from patterns.rows import CHAIN, Server, broken, llm


def test_a_task_is_done_for_each_item_that_a_model_lists() -> None:
    def answer(request: ScriptedRequest) -> Any:
        if request.system.startswith("I am lister"):
            return ["north", "south"]
        return f"{request.results['list']} is up"

    plan = Plan(
        [
            Task("list", "List the regions", "lister"),
            Task("look", "Look at it", "finder", ["list"], each=Each("list", width=1)),
        ]
    )
    team = Orchestrator([llm("lister"), llm("finder")], ScriptedModel(answer))
    run = team.run(plan)
    assert run.result == ["north is up", "south is up"]
    assert len(run.inner("look")[-1].tasks) == 2
    assert sum(each["tokens"] for each in run.trace) == run.metrics["total_tokens"] > 0


@pytest.mark.parametrize(
    "verdict, status, result",
    [
        ("REJECT: no figures", "completed", "by writer"),
        ("fine", "skipped", "by writer"),
    ],
)
def test_a_task_is_done_only_where_a_model_says_that_it_is_needed(
    verdict: str, status: str, result: str
) -> None:
    plan = Plan(
        [
            Task("review", "Review", "critic"),
            Task(
                "mend",
                "Mend",
                "writer",
                ["review"],
                when=When("review", contains="REJ"),
            ),
            Task("tell", "Tell", "writer", ["review", "mend"]),
        ]
    )
    server = Server(verdict)
    run = Orchestrator([llm("critic"), llm("writer")], server.model).run(plan)
    assert (run["mend"].status, run.result) == (status, result)
    assert run.success
    assert len(server.asked) == (3 if status == "completed" else 2)


def test_a_task_is_done_again_until_a_model_accepts_it() -> None:
    server = Server("a draft", "Too dry.", "a better draft", "ACCEPT")
    until = Until("critic", contains="ACCEPT", most=3)
    plan = Plan([Task("intro", "Write", "writer", until=until)])
    run = Orchestrator([llm("writer"), llm("critic")], server.model).run(plan)
    assert run.result == "a better draft"
    assert len(server.asked) == 4
    assert "Too dry." in json.dumps(server.asked[2].results)


def test_a_model_plans_anew_in_the_middle_of_a_run() -> None:
    def answer(request: ScriptedRequest) -> Any:
        return CHAIN if request.schema else "found in the archive"

    first = Plan(
        [Task("find", "Find", "finder"), Task("count", "Count", "broken", ["find"])]
    )
    team = Orchestrator(
        [llm("finder"), broken, llm("writer")], ScriptedModel(answer), max_parallel=1
    )
    run = team.run(first)
    assert (run.status, run["count"].status) == ("failed", "failed")
    other = team.replan(run, "Do without the figures")
    assert [task.id for task in run.tasks] == ["find", "count"]  # Nothing has changed.
    run.adopt(other).resume()
    assert run.success
    assert [task.id for task in run.tasks] == ["find", "tell"]
    assert len(run["find"].attempts) == 1
