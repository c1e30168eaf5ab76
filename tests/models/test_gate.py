"""Requests to one server stand in line: in order, together, and free to leave."""

import asyncio
import threading
from typing import Any

import pytest

from holding import held, left_after
from models.fake_server import Say, completion, serving
from models.quota import Quota, run_against
from nbagents import Agent, ModelError, Orchestrator, Retry
from nbagents.engine.events import Progress
from nbagents.models import resolve
from nbagents.models.gate import Gate, gate_of
from teams import plan_of

HELLO = [{"role": "user", "content": "hello"}]
PATIENCE = 20


def busy(seconds: str) -> Say:
    error = {"message": "slow down", "type": "requests", "code": "rate_limit"}
    return Say(status=429, body={"error": error}, headers={"retry-after": seconds})


def test_twenty_tasks_at_once_are_answered_with_few_requests_more() -> None:
    quota = Quota(40, "bucket", "milliseconds")
    for _ in range(2):
        run = run_against(quota, 20)
        assert run.success
        assert all(len(view.attempts) == 1 for view in run.tasks)
    assert quota.asked <= 1.3 * 40


async def test_who_comes_first_is_let_go_first_and_keeps_the_place_when_refused():
    gate, order = Gate(), list[str]()

    async def go(name: str, ticket: int) -> None:
        await gate.turn(ticket)
        order.append(name)

    tickets = [gate.ticket() for _ in range(4)]
    gate.refused(await gate.turn(tickets[0]), 0.03)
    names = {"third": 3, "second": 2, "again": 0}
    await asyncio.gather(*(go(name, tickets[n]) for name, n in names.items()))
    assert order == ["again", "second", "third"]


async def test_who_is_cancelled_leaves_the_line_at_once_and_no_timer_is_left():
    gate = Gate()
    gate.refused(await gate.turn(gate.ticket()), 100)
    waiting = [asyncio.ensure_future(gate.turn(gate.ticket())) for _ in range(3)]
    await asyncio.sleep(0)
    assert gate._timer is not None
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    assert gate._line == []
    assert gate._timer is None


async def test_a_turn_that_nobody_takes_any_more_goes_to_the_next():
    gate = Gate()
    gate.refused(await gate.turn(gate.ticket()), 0.01)
    first, second = [asyncio.ensure_future(gate.turn(gate.ticket())) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(PATIENCE):
        await second


async def test_a_line_is_that_of_a_server_and_a_key():
    def lane(key: str, url: str) -> Any:
        model = resolve("m", api_key=key, base_url=url)
        assert model is not None
        return model._server.lane

    here, there = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"
    assert gate_of(lane("a", here)) is gate_of(lane("a", here))
    others = {id(gate_of(lane(*each))) for each in [("b", here), ("a", there)]}
    assert len(others | {id(gate_of(lane("a", here)))}) == 3
    assert "abcdef" not in str(lane("abcdef", here))


def test_a_task_says_that_it_waits_for_the_server() -> None:
    told: list[str] = []
    with serving(busy("1"), Say(body=completion())) as server:
        team = Orchestrator(
            [Agent.llm("x", "")], "fake", api_key="k", base_url=server.url
        )
        run = team.debug(plan_of(a=[]))
        run.subscribe(
            lambda e: told.append(e.message) if isinstance(e, Progress) else None
        )
        assert run.resume().success
    assert told == ["waits 1 s for the server", ""]


def test_cancelling_a_run_in_line_leaves_nothing_behind() -> None:
    asked = threading.Event()

    def answer(request: dict[str, Any]) -> Say:
        asked.set()
        return busy("100")

    with serving(answer) as server:
        team = Orchestrator(
            [Agent.llm("x", "")], "fake", api_key="k", base_url=server.url
        )
        team.start(plan_of(a=[])).cancel()  # What is imported once counts for nobody.
        before = held()
        run = team.start(plan_of(a=[], b=[]))
        run.cancel()
        assert run.status == "cancelled"
    assert left_after(before) == {}


async def test_a_server_that_always_says_no_is_not_asked_for_ever():
    with serving(busy("0.001")) as server:
        model = resolve("m", api_key="k", base_url=server.url)
        assert model is not None
        with pytest.raises(ModelError, match="too many requests") as caught:
            await model.chat(HELLO)
    assert caught.value.retryable
    assert len(server.requests) == 6


async def test_an_account_without_credit_is_asked_once():
    error = {"message": "quota", "type": "x", "code": "insufficient_quota"}
    with serving(Say(status=429, body={"error": error})) as server:
        model = resolve("m", api_key="k", base_url=server.url)
        assert model is not None
        with pytest.raises(ModelError, match="no credit") as caught:
            await model.chat(HELLO)
    assert not caught.value.retryable
    assert len(server.requests) == 1


def test_a_time_that_is_too_long_for_a_call_is_waited_for_by_the_task() -> None:
    with serving(busy("600"), Say(body=completion())) as server:
        team = Orchestrator(
            [Agent.llm("x", "")],
            "fake",
            api_key="k",
            base_url=server.url,
            retry=Retry(attempts=2, first=0.01),
        )
        run = team.debug(plan_of(a=[])).step("a")
        assert run["a"].attempts[0].wait == 600
        assert run.step("a").success
    assert len(server.requests) == 2
