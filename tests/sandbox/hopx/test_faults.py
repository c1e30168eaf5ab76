"""Whatever goes wrong at HopX: no sandbox is left, and nothing is run twice."""

import re
import signal
import threading
from typing import Any

import pytest

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx import HopxSandbox
from sandbox.hopx.fake_hopx import FakeHopx
from sandbox.hopx.opened import COUNTED, OWNER, hopx, hurried, opened, times_run

CREATE = "POST /v1/sandboxes$"
LIMIT = {"error": "20 sandboxes per minute", "code": "RATE", "retry_after": 30}

# Refused while it is opened: what HopX does, what is said, whether it is worth a try.
REFUSED = {
    "401": ({"status": 401}, "did not accept the key .HTTP 401.: out of order", False),
    "402": ({"status": 402}, "has no credit left", False),
    "403": ({"status": 403}, "the key may not do this", False),
    "404": ({"status": 404}, "has no such template", False),
    "429": ({"status": 429, "body": LIMIT}, "too many requests.*per minute", True),
}
# Nobody knows whether a sandbox was made. `done`: one was.
UNCLEAR: dict[str, tuple[dict[str, Any], str]] = {
    "500": ({"status": 500}, "failed on its side"),
    "500, and made": ({"status": 500, "done": True}, "failed on its side"),
    "503, and made": ({"status": 503, "done": True}, "failed on its side"),
    "dropped": ({"drop": True}, "could not be reached"),
    "dropped, and made": ({"drop": True, "done": True}, "could not be reached"),
    "no JSON, and made": (
        {"status": 200, "body": "<html>", "done": True},
        "sent something that HopX does not send",
    ),
    "no id, and made": (
        {"status": 200, "body": {}, "done": True},
        "sent something that HopX does not send",
    ),
    "a list, and made": (
        {"status": 200, "body": [], "done": True},
        "sent something that HopX does not send",
    ),
    "silent": ({"hang": True}, "did not answer in time"),
    "silent, and made": ({"hang": True, "done": True}, "did not answer in time"),
}


@pytest.mark.parametrize("fault, said, retryable", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_said_at_once(
    fake: FakeHopx, fault: dict[str, Any], said: str, retryable: bool
) -> None:
    fake.fail(CREATE, **fault)
    with pytest.raises(SandboxError, match=said) as caught:
        opened(fake)
    assert caught.value.retryable is retryable
    assert caught.value.__notes__
    assert fake.requests == ["POST /v1/sandboxes"]


def test_how_long_to_wait_is_told(fake: FakeHopx) -> None:
    fake.fail(CREATE, status=429, body=LIMIT)
    with pytest.raises(SandboxError) as caught:
        opened(fake)
    assert caught.value.retry_after == 30


@pytest.mark.parametrize("fault, said", UNCLEAR.values(), ids=UNCLEAR)
def test_what_came_of_a_failed_request_is_found_and_killed(
    fake: FakeHopx, fault: dict[str, Any], said: str
) -> None:
    fake.fail(CREATE, **fault)
    with pytest.raises(SandboxError, match=said) as caught:
        opened(fake, deadline=1.5 if fault.get("hang") else 30)
    assert caught.value.retryable
    assert fake.count(CREATE) == 1
    assert len(fake.boxes) == bool(fault.get("done"))
    assert fake.alive == []


def test_nobody_at_all_is_there() -> None:
    nowhere = HopxSandbox(api_key="hopx_x", base_url="http://127.0.0.1:9")
    with pytest.raises(SandboxError, match="could not be reached") as caught:
        nowhere.open(OWNER)
    assert "may have been made" in str(caught.value.__notes__)


# Whom it happens to while a sandbox is being opened.
PREPARING = {
    "no address": ({"pattern": "GET /v1/sandboxes/box1"}, 30),
    "an agent that fails": ({"pattern": "commands/run", "times": 3}, 30),
    "a dead agent": ({"pattern": "/agent/", "hang": True}, 1.5),
    "an agent that is not well": ({"pattern": "health"}, 1.5),
    "an agent that drops": ({"pattern": "files/write", "drop": True}, 30),
    "an agent that forgets us": ({"pattern": "files/write", "status": 401}, 30),
    "a full disk": ({"pattern": "files/write", "status": 507}, 30),
}


@pytest.mark.parametrize("fault, deadline", PREPARING.values(), ids=PREPARING)
def test_a_sandbox_that_is_not_ready_is_killed(
    fake: FakeHopx, fault: dict[str, Any], deadline: float
) -> None:
    fake.fail(**fault)
    if "v1" in fault["pattern"]:
        fake._faults[0][1].times = 1
    with pytest.raises(SandboxError, match="opening a sandbox"):
        opened(fake, deadline=deadline)
    assert len(fake.boxes) == 1
    assert fake.alive == []


# The library sends these again, and what was asked for is done already.
LOST = {
    "the order": {"pattern": "files/write", "done": True},
    "the program": {"pattern": "execute", "done": True},
    "the program, still running": {"pattern": "execute", "meanwhile": True},
    "the program, by a server between": {
        "pattern": "execute",
        "meanwhile": True,
        "status": 504,
    },
    "what came of it": {"pattern": "files/read", "done": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_lost_answer_makes_nothing_run_twice(
    fake: FakeHopx, fault: dict[str, Any]
) -> None:
    session = opened(fake)
    fake.fail(**fault, times=1)
    slow = "import time; time.sleep(1.5)\n"
    outcome = session.run((slow if "meanwhile" in fault else "") + COUNTED)
    session.close()
    assert outcome.ok
    assert outcome.stdout == "done\n"
    assert fake.count(fault["pattern"]) >= 2
    assert times_run(fake) == 1


def test_a_token_that_is_over_is_made_new(fake: FakeHopx) -> None:
    session = opened(fake)
    fake.fail("execute", status=401, times=1)
    assert session.run(COUNTED).ok
    session.close()
    assert times_run(fake) == 1
    assert fake.count("token/refresh") >= 1


# It is given up, and how the program stands nobody knows. Has it been run once?
GIVEN_UP: dict[str, tuple[dict[str, Any], set[int], str]] = {
    "it is refused": ({"pattern": "execute", "status": 403}, {0}, "may not do this"),
    "it drops": ({"pattern": "execute", "drop": True}, {0}, "could not be reached"),
    "it drops afterwards": (
        {"pattern": "execute", "drop": True, "done": True},
        {1},
        "could not be reached",
    ),
    "it is silent": ({"pattern": "execute", "hang": True}, {0}, "no answer within"),
    "it is silent afterwards": (
        {"pattern": "execute", "hang": True, "done": True},
        {0, 1},
        "no answer within",
    ),
    "it says something else": (
        {"pattern": "execute", "status": 200, "body": {"stdout": "Traceback"}},
        {0},
        "Traceback",
    ),
    "the outcome is gone": ({"pattern": "files/read", "status": 404}, {1}, "gone"),
    "the outcome is none": (
        {"pattern": "files/read", "status": 200, "body": {"content": "[]"}},
        {1},
        "not what was asked for",
    ),
}


@pytest.mark.parametrize("fault, runs, said", GIVEN_UP.values(), ids=GIVEN_UP)
def test_a_program_of_which_nothing_is_known_costs_the_sandbox(
    fake: FakeHopx, fault: dict[str, Any], runs: set[int], said: str
) -> None:
    session = opened(fake)
    fake.fail(**fault)
    with pytest.raises(SandboxError, match=said):
        (hurried(session) if "hang" in fault else session).run(COUNTED)
    assert fake.alive == []
    assert times_run(fake) in runs
    with pytest.raises(SandboxError, match="closed"):
        session.run(COUNTED)
    assert times_run(fake) in runs


def test_a_sandbox_whose_lifetime_is_over_is_said_to_be_gone(fake: FakeHopx) -> None:
    session = opened(fake)
    fake.boxes[session.name].end()
    with pytest.raises(SandboxError, match="the sandbox is gone") as caught:
        session.run(COUNTED)
    assert caught.value.retryable
    assert times_run(fake) == 0


def test_an_agent_that_dies_at_work_ends_with_its_program(fake: FakeHopx) -> None:
    session = hurried(opened(fake))
    fake.fail("execute", hang=True, meanwhile=True)
    with pytest.raises(SandboxError, match="no answer within"):
        session.run(COUNTED + "\nwhile True: pass")
    assert fake.alive == []
    assert fake.processes(session.name) == []
    assert times_run(fake) <= 1


def test_a_program_that_nobody_ends_is_given_up(fake: FakeHopx) -> None:
    session = opened(fake)
    session._terms.deadline = 2
    stop_the_watch = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\n"
    with pytest.raises(SandboxError, match="does not end a program in time"):
        session.run(stop_the_watch + COUNTED, seconds=0.1)
    assert fake.alive == []
    assert fake.processes(session.name) == []


# How killing fails, how long it is tried, and whether the sandbox is gone in the end.
KILLING = {
    "once": ({"status": 500, "times": 1}, 20, True),
    "but it worked": ({"status": 500, "done": True}, 20, True),
    "with nothing to say": ({"status": 204, "body": "", "done": True}, 20, True),
    "by silence, and it worked": ({"hang": True, "done": True}, 2, True),
    "always": ({"status": 500}, 0.5, False),
    "by refusal": ({"status": 401}, 20, False),
    "by silence": ({"hang": True}, 0.5, False),
    "by pretence": ({"status": 200, "body": {}}, 0.5, False),
}


@pytest.mark.parametrize("fault, seconds, gone", KILLING.values(), ids=KILLING)
def test_what_cannot_be_killed_is_named_with_its_end(
    fake: FakeHopx, fault: dict[str, Any], seconds: float, gone: bool
) -> None:
    session = opened(fake)
    session._terms.deadline = seconds
    fake.fail("DELETE", **fault)
    if gone:
        session.close()
        assert fake.alive == []
        return
    ends = fake.boxes["box1"].ends
    with pytest.raises(SandboxError, match="box1 could not be killed") as caught:
        session.close()
    assert f"its lifetime ends it at {ends:%H:%M:%S} UTC" in str(caught.value)
    fake.heal()
    session._terms.deadline = 20
    session.close()
    assert fake.alive == []


def test_what_is_left_of_a_program_that_failed_is_in_the_note(fake: FakeHopx) -> None:
    session = opened(fake)
    fake.fail("DELETE", status=403)
    fake.fail("execute", status=403)
    with pytest.raises(SandboxError, match="running a program") as caught:
        session.run(COUNTED)
    assert re.search("box1 could not be killed", "".join(caught.value.__notes__))


def test_strangers_have_no_sandbox_killed(fake: FakeHopx) -> None:
    order = {"template_name": "code-interpreter", "timeout_seconds": 600}
    fake.add(order)
    fake.fail(CREATE, status=500, done=True)
    with pytest.raises(SandboxError):
        hopx(fake).open(OWNER)
    assert fake.alive == ["box1"]


def interrupt_when(fake: FakeHopx, request: str) -> None:
    """Interrupt the main thread as a person does, once a request has come."""

    def wait() -> None:
        fake.wait_for(request)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=wait).start()


@pytest.mark.parametrize("request_", [CREATE, "/agent/box1/commands"])
def test_an_interrupt_while_it_is_opened_leaves_none(
    fake: FakeHopx, request_: str
) -> None:
    go_on = threading.Event()
    fake.fail(request_, hold=go_on)
    interrupt_when(fake, request_)
    with pytest.raises(KeyboardInterrupt):
        opened(fake)
    go_on.set()
    fake.wait_for("DELETE /v1/sandboxes/box1")
    fake.wait_until_none_is_alive()


def test_an_interrupt_of_a_program_ends_its_sandbox(fake: FakeHopx) -> None:
    session = opened(fake)
    interrupt_when(fake, "execute")
    with pytest.raises(KeyboardInterrupt):
        session.run(COUNTED + "\nwhile True: pass")
    assert fake.alive == []
    assert fake.processes(session.name) == []
    assert times_run(fake) <= 1
