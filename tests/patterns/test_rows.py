"""Every row of the orchestrator pattern, by a scripted model over the openai client.

What one of them does in detail is tested elsewhere; here each does once, from end to
end, what a reader of docs/patterns.md expects of it.
"""

import asyncio
import logging
from typing import Any

import pytest

from nbagents import (
    Agent,
    DynamicTeam,
    Hierarchy,
    Limits,
    Orchestrator,
    Pipeline,
    Plan,
    Retry,
    Router,
    RoutingError,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
)
from patterns.rows import CHAIN, SOON, WITH_A_GAP, Server, broken, busy, failing, llm


def test_orchestrator_decomposes_routes_runs_in_parallel_and_synthesizes() -> None:
    both: list[str] = []
    meet = asyncio.Event()

    async def together(request: ScriptedRequest) -> Any:
        if request.prompt.startswith("Your task:\nLook"):
            both.append(request.prompt)
            if len(both) == 2:
                meet.set()
            await meet.wait()  # Neither goes on before the other has begun.
        return await server(request)

    looks = [
        Task("north", "Look north", "finder"),
        Task("south", "Look south", "guide"),
    ]
    server = Server(plan=Plan(looks))
    team = Orchestrator([llm("finder"), llm("guide")], ScriptedModel(together))
    run = team.run("Where is it?")
    assert run.summary()["success"] is True
    assert run.summary()["result"] == "answer from north, south"
    assert run.summary()["tasks_completed"] == 3
    assert (run["north"].result, run["south"].result) == ("by finder", "by guide")


def test_a_pipeline_gives_each_agent_the_output_of_the_one_before() -> None:
    server = Server("a draft")
    run = Pipeline([llm("drafter"), llm("editor")], model=server.model).run("a letter")
    assert run.result == "by editor"
    assert [each.results for each in server.asked] == [{}, {"drafter": "a draft"}]


@pytest.mark.parametrize(
    "answers, by, asked",
    [
        ([{"agent": "poet"}], "poet", 1),
        ([{"agent": "nobody"}, {"agent": "poet"}], "poet", 2),
        ([{"agent": "nobody"}, "I cannot say"], "critic", 2),
    ],
)
def test_a_router_takes_a_known_name_asks_once_more_and_then_takes_the_default(
    answers: list[Any], by: str, asked: int
) -> None:
    server = Server(*answers)
    agents = [llm("poet"), llm("critic")]
    run = Router(agents, model=server.model, default="critic").run("Verse")
    assert (run["route"].result, run.result) == (by, f"by {by}")
    assert len(server.asked) == asked + 1
    names = server.asked[0].schema["properties"]["agent"]["enum"]  # type: ignore[index]
    assert names == ["poet", "critic"]


def test_a_router_without_a_default_fails_with_the_names() -> None:
    model = Server("nobody", "nobody").model
    run = Router([llm("poet"), llm("critic")], model=model).run("Verse")
    assert isinstance(run["route"].error.exception, RoutingError)  # type: ignore[union-attr]
    assert "'poet', 'critic'" in run.summary()["failed"]["route"]


def test_a_hierarchy_has_teams_that_do_tasks_by_runs_of_their_own() -> None:
    server = Server()
    research = Orchestrator([llm("finder"), llm("writer")], server.model, plan=CHAIN)
    teams = {"research": research, "editor": llm("editor")}
    top = Plan(
        [Task("look", "Look", "research"), Task("cut", "Cut", "editor", ["look"])]
    )
    run = Hierarchy(teams, server.model).team.run(top)
    assert run.result == "by editor"
    assert [task.id for task in run.inner("look")[-1].tasks] == ["find", "tell"]
    assert run["look"].result == "by writer"
    assert run.metrics["total_tokens"] > run["cut"].attempts[0].tokens > 0


def test_a_dynamic_team_works_with_the_agents_that_a_model_designed() -> None:
    def answer(request: ScriptedRequest) -> Any:
        if "agents" in (request.schema or {}).get("properties", {}):
            return {"agents": [design("poet"), design("critic")]}
        if request.schema:
            return Plan([Task("verse", "A poem", "poet")])
        return request.system.splitlines()[0]

    def design(name: str) -> dict[str, Any]:
        about = {"role": f"Is a {name}", "capabilities": [], "system": f"I am {name}."}
        return {"name": name, **about}

    run = DynamicTeam(model=ScriptedModel(answer)).run("A poem")
    assert run["verse"].result == "I am poet."


def test_what_fails_is_tried_three_times_with_waits_that_double() -> None:
    team = Orchestrator([llm("finder"), llm("writer")], failing(busy, 2), retry=SOON)
    run = team.run(CHAIN)
    assert run.success
    tries = run["find"].attempts
    assert [str(each.status) for each in tries] == ["failed", "failed", "completed"]
    assert [each.wait for each in tries] == [0.001, 0.002, None]
    assert Retry.of(3) == Retry(attempts=3)


def test_a_fallback_does_it_and_the_attempts_say_so() -> None:
    backup = Agent.llm("backup", "Writes too", model=Server("by backup").model)
    team = Orchestrator(
        [llm("finder"), Agent("writer", "Is broken", broken)],
        Server().model,
        fallbacks={"writer": [backup]},
    )
    run = team.run(CHAIN)
    assert run.result == "by backup"
    who = [(each.agent, str(each.status)) for each in run["tell"].attempts]
    assert who == [("writer", "failed"), ("backup", "completed")]


@pytest.mark.parametrize(
    "word, status, made",
    [
        ("continue", "failed", None),
        ("stop", "failed", None),
        ("ask", "paused", None),
        (
            "partial",
            "failed",
            "by You word the partial answer of a team whose work has",
        ),
    ],
)
def test_a_failure_does_what_the_team_says(word: Any, status: str, made: Any) -> None:
    team = [llm("finder"), broken, llm("writer")]
    run = Orchestrator(team, Server().model, on_failure=word, max_parallel=1).run(
        WITH_A_GAP
    )
    summary = run.summary()
    assert (run.status, summary["success"]) == (status, False)
    assert summary["failed"] == {"count": "ValueError: no figures"}
    assert summary["partial_results"]["find"] == "by finder"
    assert summary.get("result", "").startswith(made) if made else not run.result


async def test_a_team_in_production_is_awaited_limited_measured_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    agents = [llm("finder"), llm("writer")]
    Orchestrator(agents, Server().model).run(CHAIN)  # The client is loaded by now.
    caplog.set_level(logging.INFO, "nbagents")
    team = Orchestrator(
        agents,
        Server(...).model,
        max_parallel=2,
        task_timeout=0.5,
        retry=SOON,
        limits=Limits(calls=10),
        metadata={"customer": "ACME"},
    )
    run = team.start(CHAIN)
    await run
    assert run.success
    late, done = run["find"].attempts
    assert (late.error.kind, done.error) == ("TaskTimeout", None)  # type: ignore[union-attr]
    figures = run.metrics
    assert (figures["tasks_total"], figures["success_rate"]) == (2, 1.0)
    assert figures["duration_seconds"] > 0
    assert figures["total_tokens"] == sum(each["tokens"] for each in run.trace) > 0
    assert run.summary()["metadata"] == {"customer": "ACME"}
    assert run.summary()["limits"]["calls"] == {"used": 3, "most": 10}
    assert [each.levelname for each in caplog.records] == ["INFO", "WARNING", "INFO"]


def test_a_team_that_is_not_monitored_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "nbagents")
    agents = [llm("finder"), llm("writer")]
    assert Orchestrator(agents, Server().model, monitoring=False).run(CHAIN).success
    assert caplog.records == []


def test_whatever_executes_a_task_is_an_agent() -> None:
    class Thing:
        def execute(self, task: str, context: dict[str, Any]) -> str:
            return f"thing {task}"

    async def coroutine(task: str, context: dict[str, Any]) -> str:
        return f"coroutine {task}"

    def function(task: str, context: dict[str, Any]) -> str:
        return f"function {task}"

    agents = {"thing": Thing(), "coroutine": coroutine, "function": function}
    whole = {**agents, "llm": llm("writer"), "wrapped": Agent.wrap(Thing(), name="w")}
    plan = Plan([Task(name, "it", name) for name in whole])
    run = Orchestrator(whole, Server().model).run(plan)
    said = {**{name: f"{name} it" for name in agents}, "wrapped": "thing it"}
    assert run.partial_results == {**said, "llm": "by writer"}


def test_each_attempt_is_a_row() -> None:
    team = Orchestrator([llm("finder"), llm("writer")], failing(busy, 1), retry=SOON)
    table = team.run(CHAIN).to_dataframe()
    assert list(table.task) == ["find", "find", "tell"]
    assert list(table.agent) == ["finder", "finder", "writer"]
    assert list(table.success) == [False, True, True]
    assert (table.seconds >= 0).all()
    assert list(table.result_size.dropna()) == [len("by finder"), len("by writer")]
    assert "the server is busy" in table.error[0]


def test_a_goal_is_reached_by_something_simpler_when_its_plan_has_failed() -> None:
    agents, server = [llm("finder"), broken, llm("writer")], Server(plan=WITH_A_GAP)
    run = Orchestrator(agents, server.model, degrade=["single"]).run("How many?")
    assert run.success
    (step,) = run.degraded
    assert step.to == "single"
    assert "no figures" in step.because
    assert run.summary()["degraded"][0]["to"] == "single"


def test_a_person_edits_the_plan_approves_and_decides() -> None:
    server = Server(plan=WITH_A_GAP)
    agents = [llm("finder"), broken, llm("writer")]
    team = Orchestrator(agents, server.model, approve={"writer"}, on_failure="ask")
    plan = team.plan("How many?").describe("tell", "Tell it in one line")
    run = team.run(plan)
    assert "run.edit('count', result=...)" in run.reason
    run.edit("count", result=7).resume()
    assert (run.status, run["tell"].status) == ("paused", "pending")
    assert run["tell"].inputs == {"find": "by finder", "count": 7}
    run.approve("tell")
    assert run.result == "answer from tell"
    assert "Tell it in one line" in [e.prompt for e in server.asked][-2]


def test_a_plan_that_its_model_has_looked_at_again_is_repaired() -> None:
    def answer(request: ScriptedRequest) -> Any:
        if request.prompt.startswith("Plan this goal"):
            return Plan([Task("find", "Find", "finder")])
        if request.prompt.startswith("Review a plan"):
            return {"problems": ["nobody tells"]}
        return CHAIN if request.schema else ScriptedReply(text="told")

    agents = [llm("finder"), llm("writer")]
    team = Orchestrator(agents, ScriptedModel(answer), review=True)
    plan = team.plan("Find it and tell")
    assert plan.review.problems == ("nobody tells",)  # type: ignore[union-attr]
    assert [task.id for task in plan] == ["find", "tell"]
    assert team.run(plan).success
