"""Runs as spans: what is within what, its names, its times and its figures."""

from itertools import pairwise

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from nbagents import Agent, Orchestrator, Plan, Retry, ScriptedModel, Task
from nbagents.engine import events as e
from teams import agent_of, plan_of
from telemetry.traced import Traces, about, told

MODEL = ScriptedModel({".": "an answer"} | {"": "an answer"}, price=(1.0, 2.0))


def works(task, context):
    return "done"


async def breaks(task, context):
    raise LookupError("no such page")


def flaky(times):
    tries = iter(range(times))

    def execute(task, context):
        if (left := next(tries, None)) is not None:
            raise ConnectionError(f"{left} was not reached")
        return "reached"

    return execute


def research():
    plan = Plan([Task("find", "find", "works"), Task("say", "say", "w", ["find"])])
    writer = Agent.llm("w", "Writes")
    return Orchestrator([works, writer], MODEL, name="research", plan=plan)


def boss(**options):
    agents = [
        agent_of(flaky(1), "flaky"),
        breaks,
        works,
        Agent.llm("writer", "Writes"),
        research(),
    ]
    retry = Retry(attempts=2, first=0.001, jitter=0)
    more = {"retry": retry, "fallbacks": {"breaks": ["works"]}, **options}
    return Orchestrator(agents, MODEL, name="boss", **more)


PLAN = Plan(
    [
        Task("a", "a", "flaky"),
        Task("b", "b", "breaks", ["a"]),
        Task("c", "c", "research", ["b"]),
        Task("d", "d", "writer", ["c"]),
    ]
)


def test_model_calls_are_in_attempts_attempts_in_tasks_and_tasks_in_the_run(traces):
    assert boss().run(PLAN).success
    assert traces.tree() == [
        "invoke_workflow boss",
        "  task a",
        "    invoke_agent flaky",
        "    invoke_agent flaky",
        "  task b",
        "    invoke_agent breaks",
        "    invoke_agent breaks",
        "    invoke_agent works",
        "  task c",
        "    invoke_agent research",
        "      invoke_workflow research",
        "        task find",
        "          invoke_agent works",
        "        task say",
        "          invoke_agent w",
        "            chat scripted (simulated)",
        "  task d",
        "    invoke_agent writer",
        "      chat scripted (simulated)",
    ]


def test_tokens_and_cost_of_the_calls_add_up_to_the_runs(traces):
    run = boss().run(PLAN)
    calls = [about(span) for span in traces.named("chat")]
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    assert sum(call[name] for call in calls for name in names) > 0
    told = sum(call[name] for call in calls for name in names)
    assert told == run.metrics["total_tokens"]
    cost = sum(call["nbagents.cost"] for call in calls)
    assert cost == pytest.approx(run.metrics["total_cost"])
    whole = about(traces.one("invoke_workflow boss"))
    assert whole["nbagents.run.tokens"] == told
    assert whole["nbagents.run.cost"] == pytest.approx(cost)


def test_the_attributes_are_those_of_the_conventions(traces):
    run = boss().run(PLAN)
    whole = about(traces.one("invoke_workflow boss"))
    assert whole["gen_ai.operation.name"] == "invoke_workflow"
    assert whole["gen_ai.workflow.name"] == "boss"
    assert whole["nbagents.run.id"] == run.id
    assert whole["nbagents.run.status"] == "completed"
    inner = about(traces.one("invoke_workflow research"))
    assert inner["nbagents.run.within"] == run.id
    attempt = about(traces.one("invoke_agent writer"))
    assert attempt["gen_ai.operation.name"] == "invoke_agent"
    assert attempt["gen_ai.agent.name"] == "writer"
    assert attempt["nbagents.task.id"] == "d"
    assert attempt["nbagents.attempt"] == 1
    call = traces.named("chat")[0]
    assert call.kind is SpanKind.CLIENT
    assert about(call)["gen_ai.operation.name"] == "chat"
    assert about(call)["gen_ai.request.model"] == "scripted (simulated)"
    assert about(call)["gen_ai.provider.name"]


def test_tries_and_who_takes_over_are_seen_with_their_reasons(traces):
    boss().run(PLAN)
    first, second, other = map(
        about,
        [*traces.named("invoke_agent breaks"), traces.named("invoke_agent works")[0]],
    )
    assert first["error.type"] == second["error.type"] == "LookupError"
    assert first["nbagents.attempt.status"] == "failed"
    assert first["nbagents.retry.wait"] > 0
    assert "nbagents.retry.by" not in first
    assert second["nbagents.retry.by"] == "works"
    assert other["nbagents.attempt"] == 3
    assert other["nbagents.attempt.status"] == "completed"
    [span, _] = traces.named("invoke_agent breaks")
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "LookupError: no such page"
    assert traces.one("task b").status.status_code is StatusCode.UNSET


def test_times_are_those_of_the_events_and_in_order(traces):
    run = boss().run(PLAN)
    started = next(at.at for at in run.history if isinstance(at, e.RunStarted))
    ended = next(at.at for at in run.history if isinstance(at, e.RunEnded))
    whole = traces.one("invoke_workflow boss")
    assert (whole.start_time, whole.end_time) == (int(started * 1e9), int(ended * 1e9))
    for span in traces.spans:
        assert span.start_time <= span.end_time
        over = traces.above(span)
        if over is not None:
            assert over.start_time <= span.start_time
            assert span.end_time <= over.end_time
    tries = traces.named("invoke_agent breaks")
    assert all(one.end_time <= two.start_time for one, two in pairwise(tries))


def test_a_failure_is_one_of_its_attempt_task_and_run_and_skips_are_told(traces):
    plan = plan_of("breaks", a=[], b=["a"], c=["b"])
    run = Orchestrator([breaks]).run(plan)
    assert not run.success
    whole = traces.one("invoke_workflow")
    for span in (whole, traces.one("task"), traces.one("invoke_agent")):
        assert span.status.status_code is StatusCode.ERROR
    assert about(traces.one("task"))["error.type"] == "LookupError"
    assert about(whole)["error.type"] == "run_failed"
    assert about(whole)["nbagents.tasks.skipped"] == 2
    skipped = [("nbagents.task.skipped", id) for id in ("b", "c")]
    assert told(whole) == skipped
    assert "no such page" in whole.events[0].attributes["nbagents.task.reason"]


def test_the_planning_of_a_goal_is_a_span(traces):
    plan = {"tasks": [{"id": "a", "description": "a", "agent": "works"}]}
    model = ScriptedModel(lambda request: plan if "plan" in str(request) else "sum")
    run = Orchestrator([works], model).run("Reach it")
    assert traces.path(traces.one("plan")) == ["invoke_workflow team", "plan"]
    assert about(traces.one("plan"))["nbagents.tasks.total"] == len(run.tasks)


def test_a_run_is_within_the_span_of_whoever_began_it(traces):
    with trace.get_tracer("mine").start_as_current_span("my job"):
        Orchestrator([works]).run(plan_of("works", a=[]))
    assert traces.path(traces.one("task a"))[:2] == ["my job", "invoke_workflow team"]


def traced_inside(task, context):
    with trace.get_tracer("theirs").start_as_current_span("GET /page"):
        return "done"


async def traced_beside(task, context):
    return traced_inside(task, context)


@pytest.mark.parametrize("execute", [traced_inside, traced_beside])
def test_what_an_agents_libraries_trace_is_within_its_attempt(traces, execute):
    run = Orchestrator([agent_of(execute)]).debug(plan_of(a=[], b=["a"]))
    run.step(inline=True)
    run.resume()
    first, second = traces.named("GET /page")
    assert traces.path(first)[-3:] == ["task a", "invoke_agent x", "GET /page"]
    assert traces.path(second)[-3:] == ["task b", "invoke_agent x", "GET /page"]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_one_without_prompts_still_tells_its_tokens(traces: Traces):
    from nbagents import reporting

    def counts(task, context):
        reporting.current.get().answered("claude-x", 7, 3, 0.5)

    Orchestrator([counts]).run(plan_of("counts", a=[]))
    call = traces.one("chat claude-x")
    assert about(call)["gen_ai.usage.input_tokens"] == 7
    assert about(call)["gen_ai.provider.name"] == "anthropic"
    assert call.end_time - call.start_time == pytest.approx(5e8, rel=0.01)
