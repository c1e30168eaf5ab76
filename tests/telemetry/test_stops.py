"""Spans of runs that stop and go on: none is left open, each stretch has its own."""

import asyncio
import threading

from opentelemetry.trace import StatusCode

from nbagents import Agent, Orchestrator, Plan, Retry, Task
from nbagents.engine import background
from teams import agent_of, plan_of
from telemetry.traced import about, told

PLAN = plan_of(a=[], b=["a"], c=["b"])


def works(task, context):
    return "done"


class Waiting:
    """An agent that is at work until it is taken away."""

    def __init__(self):
        self.at_work = threading.Event()

    async def execute(self, task, context):
        self.at_work.set()
        await asyncio.Event().wait()


def waiting():
    agent = Waiting()
    run = Orchestrator([agent_of(agent.execute)]).start(PLAN)
    assert agent.at_work.wait(20)
    return run


def test_a_cancelled_run_leaves_none_open(traces):
    waiting().cancel()
    assert about(traces.one("invoke_workflow"))["nbagents.run.status"] == "cancelled"
    assert about(traces.one("invoke_agent"))["nbagents.attempt.status"] == "cancelled"
    assert about(traces.one("task"))["nbagents.task.status"] == "cancelled"
    whole = traces.one("invoke_workflow")
    assert told(whole) == [("nbagents.task.cancelled", id) for id in ("b", "c")]
    assert whole.status.status_code is StatusCode.UNSET


def test_an_interrupted_run_leaves_none_open(traces):
    run = waiting()
    background.ask(run._engine.interrupt, "you interrupted it")
    assert run.status == "paused"
    assert about(traces.one("invoke_workflow"))["nbagents.run.status"] == "paused"
    assert about(traces.one("invoke_agent"))["nbagents.attempt.status"] == "interrupted"
    assert about(traces.one("task"))["nbagents.task.status"] == "interrupted"
    run.cancel()


def test_each_stretch_of_a_run_is_a_span_that_is_linked_to_the_one_before(traces):
    run = Orchestrator([agent_of(works)]).debug(PLAN)
    assert traces.spans == []
    run.step()
    run.step()
    run.resume()
    first, second, third = traces.named("invoke_workflow")
    assert [about(each)["nbagents.run.id"] for each in (first, third)] == [run.id] * 2
    assert not first.links
    assert [link.context for link in second.links] == [first.context]
    assert [link.context for link in third.links] == [second.context]
    assert about(second)["nbagents.run.status"] == "paused"
    assert about(third)["nbagents.run.status"] == "completed"
    assert len(traces.named("task")) == 3


def test_a_run_that_is_edited_and_goes_on_leaves_none_open(traces):
    run = Orchestrator([agent_of(works)]).run(PLAN)
    run.edit("b", description="other").resume()
    assert run.success
    first, second = traces.named("invoke_workflow")
    within = [s.name for s in traces.spans if s.parent == second.context]
    assert within == ["task b"]  # It came out the same, so what follows counts again.
    assert about(first)["nbagents.run.status"] == "completed"


def test_a_fork_has_spans_of_its_own_and_says_what_it_is_of(traces):
    run = Orchestrator([agent_of(works)]).debug(PLAN)
    run.step()
    other = run.fork()
    other.resume()
    mine = [each for each in traces.named("invoke_workflow") if not each.links]
    [whole] = [each for each in mine if about(each)["nbagents.run.id"] == other.id]
    assert about(whole)["nbagents.run.parent"] == run.id


def test_a_task_that_waits_for_its_next_try_is_ended_with_the_run(traces):
    failed = threading.Event()

    def breaks(task, context):
        failed.set()
        raise ConnectionError

    run = Orchestrator([breaks], retry=Retry(attempts=3, first=600)).start(
        plan_of("breaks", a=[])
    )
    assert failed.wait(20)
    run.pause()
    assert about(traces.one("task a"))["nbagents.task.status"] == "pending"
    run.skip("a")


def test_a_run_of_a_team_that_is_tried_again_is_within_the_attempt_that_goes_on(traces):
    broken = [True]

    def leaf(task, context):
        if broken.pop() if broken else False:
            raise ConnectionError
        return "leaf"

    plan = Plan([Task("leaf", "leaf", "leaf")])
    inner = Orchestrator([leaf], name="inner", description="Does", plan=plan)
    team = Orchestrator([inner], retry=2, name="outer")
    run = team.run(Plan([Task("a", "a", "inner")]))
    assert run.success
    first, second = traces.named("invoke_workflow inner")
    tries = traces.named("invoke_agent inner")
    assert [first.parent, second.parent] == [each.context for each in tries]
    assert [link.context for link in second.links] == [first.context]


def test_a_paused_team_of_a_team_leaves_none_open(traces):
    agent = Waiting()
    plan = Plan([Task("leaf", "leaf", "x"), Task("next", "next", "x", ["leaf"])])
    inner = Orchestrator([agent_of(agent.execute)], name="inner", plan=plan)
    run = Orchestrator([inner], name="outer").start(Plan([Task("a", "a", "inner")]))
    assert agent.at_work.wait(20)
    run.cancel()
    inside = run.inner("a")[-1]
    inside.wait()
    statuses = [about(each)["nbagents.run.status"] for each in traces.named("invoke_w")]
    assert sorted(statuses) == ["cancelled", "paused"]


def test_an_agent_that_is_given_up_on_ends_its_span(traces):
    async def slow(task, context):
        await asyncio.Event().wait()

    team = Orchestrator([Agent("slow", "", slow)], task_timeout=0.01)
    team.run(plan_of("slow", a=[]))
    assert about(traces.one("invoke_agent"))["error.type"] == "TaskTimeout"
