"""The public API as a user writes it: type-checked, never run."""

from collections.abc import Mapping
from typing import Any, assert_type

from nbagents import (
    Agent,
    CodeResult,
    Comparison,
    Defect,
    Design,
    Designs,
    DynamicTeam,
    Limits,
    Orchestrator,
    Pipeline,
    Plan,
    PlanError,
    Retry,
    Router,
    Run,
    ScriptedModel,
    ScriptedRequest,
    Task,
    agent,
    compare,
    report,
)


@agent
def analyst(task: str, context: dict[str, Any]) -> str:
    """Finds patterns."""
    report("half way", 0.5)
    return f"{task}: {sorted(context)}"


@agent(name="critic", description="Finds fault.", retry=2)
async def criticise(task: str, context: dict[str, Any]) -> str:
    """Is described elsewhere."""
    return task


def answer(request: ScriptedRequest) -> str:
    """Say it again."""
    return request.prompt


assert_type(analyst, Agent)
assert_type(criticise, Agent)
writer = Agent.llm("writer", "Writes", system="You write.", temperature=0)
reader = Agent("reader", "Reads", lambda task, context: task)
team = Orchestrator(
    [analyst, criticise, writer],
    model=ScriptedModel(answer),
    max_parallel=3,
    task_timeout=None,
    retry=Retry(attempts=4, on=(ConnectionError, TimeoutError)),
    journal=None,
    limits=Limits(cost=1, calls=20, seconds=60.0),
)
Orchestrator({"a": analyst, "b": lambda task, context: task}, "gpt-4o")

plan = team.plan("a goal")
assert_type(plan, Plan)
plan = (
    plan.add(Task("a", "Do it", "analyst"), Task("b", "Then", "writer", ["a"]))
    .reassign("a", "critic")
    .describe("b", "Then this")
    .depend("b", "a")
    .without("b")
)
assert_type(plan.order(), list[str])
assert_type(plan.levels(), list[list[str]])
assert_type(plan.upstream("a"), frozenset[str])
assert_type(plan["a"].dependencies, tuple[str, ...])
assert_type(Plan.from_dict({"tasks": []}, agents=["x"]).to_dict(), dict[str, Any])

run = team.run("a goal")
run.break_at("a", when="after", hold="run")
run.break_when(lambda task: task.tokens > 1000)
run.break_when(lambda task: task.cost is None or task.cost > 0.05)
run.clear("a")
stepped = team.debug(plan).step(inline=True).step("a", wait=False).resume(until="b")
run.break_at("writer", when="failure")
run.break_on_failure(hold="run")
edited = (
    stepped.edit("a", result={"any": "value"})
    .edit("a", description="Do it well", dependencies=["b"])
    .replace(analyst)
    .replace("writer", criticise)
    .retry("a", agent="critic", description="Once more", wait=False)
    .skip("a")
    .add(Task("c", "More", "writer", ["a"]))
    .remove("c")
    .rewind("a")
    .rewind(stepped.at("a"))
)
same: Run = edited
forked: Run = run.fork()
assert_type(run.limit(cost=2, tasks=None).limits, Limits)
assert_type(sorted(run.stale), list[str])
assert_type(run.estimate().cost, float | None)
assert_type(run.estimate().tasks, tuple[str, ...])
assert_type(compare(run, run.at("a")), Comparison)
assert_type(compare(run, edited).first_divergence, str | None)
runs: list[Run] = [run, team.start(plan).wait(timeout=3), stepped]
assert_type(run.success, bool)
assert_type(run.at("a")["b"].tokens, int)
assert_type(run.summary(), dict[str, Any])
assert_type(run.partial_results, dict[str, Any])
assert_type(run["a"].tokens, int)
assert_type(run["a"].cost, float | None)
assert_type(run["a"].attempts[0].cost, float | None)
ScriptedModel(answer, price=(2.5, 10))
assert_type([view.id for view in run.tasks], list[str])
assert_type(run.tasks["a"].prompt, str | None)

assert_type(Agent.wrap(answer, name="a", description="b", retry=2), Agent)
assert_type(Agent.coder(sandbox="hopx", repairs=1, seconds=9.5, temperature=0), Agent)
coded = CodeResult(code="print(1)", files={"a.csv": b""}, figures=())
assert_type(coded.files, Mapping[str, bytes])
assert_type(coded.exit_code, int | None)
pipeline = Pipeline([analyst, criticise], model="gpt-4o", retry=2)
assert_type(pipeline.plan("a text"), Plan)
router = Router([analyst, writer], ScriptedModel(answer), default="analyst")
routed: list[Run] = [router.debug("a task"), router.start("a task")]
staged: Run = pipeline.run("a text").replace(pipeline.as_stage(analyst))


async def in_async_code() -> Run:
    """Wait for a run."""
    return await team.start("a goal")


try:
    Plan([Task("a", "Do it", "x", ["a"])])
except PlanError as error:
    assert_type(error.defects, tuple[Defect, ...])

dynamic = DynamicTeam(model="gpt-4o", cache_size=8, limits=Limits(cost=1))
designs = dynamic.design("a goal")
assert_type(designs, Designs)
assert_type(designs.without("a").edit("b", system="Be brief.", model=None), Designs)
assert_type(designs["b"], Design)
_ = assert_type(dynamic.run(designs), Run)
assert_type(dynamic.plan("a goal"), Plan)
