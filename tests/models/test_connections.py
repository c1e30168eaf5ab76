"""A run that is over, however it ended, holds no connection to its model's server."""

import threading
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from holding import cancel_an_await, held, left_after, until
from models.fake_server import FakeServer, Say, completion, failure, serving
from nbagents import Agent, Orchestrator
from teams import plan_of

PATIENCE = 20


def team_at(server: FakeServer, **more: Any) -> Orchestrator:
    writer = Agent.llm("x", "Writes")
    key = {"api_key": "k", "base_url": server.url}
    return Orchestrator([writer], "fake", **key, **more)


def connections(server: FakeServer) -> list[Any]:
    """Return the ends of the client that are open, in whatever state."""
    port = urlsplit(server.url).port
    every = psutil.Process().net_connections("tcp")
    return [each for each in every if each.raddr and each.raddr.port == port]


@pytest.fixture(autouse=True)
def warm() -> None:
    """What is imported and started once a process counts for nobody."""
    with serving(Say(body=completion())) as server:
        team_at(server).run(plan_of(a=[]))


@pytest.mark.parametrize(
    "say, status",
    [
        (Say(body=completion()), "completed"),
        (failure(400, "no"), "failed"),
        (Say(then="drop", headers={"x-should-retry": "false"}), "failed"),
    ],
)
def test_when_it_has_ended(say: Say, status: str) -> None:
    with serving(say) as server:
        before = held()
        run = team_at(server).run(plan_of(a=[], b=[], c=["a", "b"]))
        assert run.status == status
        assert until(lambda: not connections(server))
    assert left_after(before) == {}


def test_between_two_steps() -> None:
    with serving(Say(body=completion())) as server:
        run = team_at(server).debug(plan_of(a=[], b=["a"])).step()
        assert until(lambda: not connections(server))
        assert run.step().success
        assert until(lambda: not connections(server))


@pytest.mark.parametrize("then", ["hang", "dribble"])
@pytest.mark.parametrize("verb", ["cancel", "interrupt", "timeout"])
def test_when_it_was_stopped_in_the_middle_of_an_answer(verb: str, then: Any) -> None:
    asked = threading.Barrier(3)

    def answer(request: dict[str, Any]) -> Say:
        asked.wait(PATIENCE)
        return Say(body=completion(), then=then)

    timeout = 1 if verb == "timeout" else None
    with serving(answer) as server:
        run = team_at(server, task_timeout=timeout).start(plan_of(a=[], b=[]))
        asked.wait(PATIENCE)
        assert len(connections(server)) == 2
        {
            "cancel": run.cancel,
            "interrupt": lambda: cancel_an_await(run),
            "timeout": run.wait,
        }[verb]()
        assert run.status in {"cancelled", "paused", "failed"}
        assert until(lambda: not connections(server))


def test_while_others_go_on_a_cancelled_run_lets_go_of_its_own() -> None:
    def answer(request: dict[str, Any]) -> Say:
        return Say(then="hang")

    with serving(answer) as server:
        team = team_at(server)
        first, second = team.start(plan_of(a=[])), team.start(plan_of(a=[]))
        assert until(lambda: len(server.requests) == 2)
        first.cancel()
        assert until(lambda: len(connections(server)) == 1)
        second.cancel()
        assert until(lambda: not connections(server))
