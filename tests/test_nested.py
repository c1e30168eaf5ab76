"""Runs that an agent of another run begins."""

import asyncio

import pytest

from nbagents import Agent, Orchestrator, Plan, Task, load_run
from nbagents.engine.fold import replay

INNER = Plan([Task("dig", "dig", "digger"), Task("sift", "sift", "digger", ["dig"])])
OUTER = Plan([Task("search", "search", "team"), Task("tell", "tell", "teller")])


def digger(task, context):
    return f"did {task}"


async def asynchronous(task, context):
    run = Orchestrator([digger]).start(INNER)
    return (await run).result


def plain(task, context):
    return Orchestrator([digger]).run(INNER).result


def outer(execute):
    return Orchestrator([Agent("team", "Digs", execute), Agent("teller", "", digger)])


@pytest.mark.parametrize("execute", [asynchronous, plain])
def test_the_attempt_knows_the_run_its_agent_began(execute, notebook_folder):
    run = outer(execute).run(OUTER)
    assert run["search"].result == "did sift"
    [inner] = run["search"].attempts[-1].runs
    assert load_run(inner).state.within == run.id
    assert run.state.within is None
    assert run["tell"].attempts[-1].runs == ()


def test_the_newest_run_of_a_notebook_is_one_that_a_person_began(notebook_folder):
    run = outer(plain).run(OUTER)
    assert load_run().id == run.id


def test_the_run_of_an_agent_is_replayed_and_recorded(notebook_folder):
    run = outer(plain).run(OUTER)
    assert replay(run.history) == run.state
    assert load_run(run.id).state == run.state


def test_a_fork_that_a_person_makes_is_the_persons_own(notebook_folder):
    began = []

    def team(task, context):
        began.append(Orchestrator([digger]).run(INNER))

    outer(team).run(OUTER)
    assert began[0].state.within is not None
    assert began[0].fork().state.within is None


async def test_what_is_begun_after_an_agent_returned_is_nobodys(notebook_folder):
    kept = []

    async def late(task, context):
        async def later():
            await asyncio.sleep(0)
            kept.append(Orchestrator([digger]).start(INNER))

        await later()
        return "done"

    run = await outer(late).start(OUTER)
    await kept[0]
    assert run["search"].attempts[-1].runs == (kept[0].id,)
