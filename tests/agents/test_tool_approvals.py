"""A tool that a person approves: the run pauses before the call, and goes on after."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nbagents import (
    Agent,
    Orchestrator,
    Plan,
    RunStateError,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
    load_run,
    tool,
)
from nbagents.engine.fold import replay
from nbagents.models import resolve

PLAN = Plan([Task("t", "Do it", "a")])
SEND = ("send_mail", {"to": "Ada"})


class Mail:
    """A team whose model looks something up, sends a mail and says what came of it."""

    def __init__(self, *turns: list[Any], **options: Any) -> None:
        self.sent: list[str] = []
        self.looked = 0
        self.asked = 0

        def look_up() -> str:
            self.looked += 1
            return "Ada"

        @tool(approve=True)
        def send_mail(to: str) -> str:
            """Sends a mail."""
            self.sent.append(to)
            return f"sent to {to}"

        def model(request: ScriptedRequest) -> Any:
            self.asked += 1
            made = len([x for x in request.messages if x.get("role") == "assistant"])
            if made < len(turns):
                return ScriptedReply(calls=turns[made])
            return " | ".join(request.returned)

        self.agent = Agent.llm("a", "Writes", tools=[look_up, send_mail])
        self.model = ScriptedModel(model)
        options = {"journal": None, **options}
        self.team = Orchestrator([self.agent], model=self.model, **options)


def test_the_run_pauses_before_the_call_and_says_which():
    mail = Mail([("look_up", {})], [SEND])
    run = mail.team.run(PLAN)
    assert run.status == "paused"
    assert run.reason.startswith("task 't' waits for your approval: run.approve('t')")
    assert "run.refuse('t', why)" in run.reason
    assert "send_mail" in run.reason
    assert "Ada" in run.reason
    assert mail.sent == []
    assert run["t"].status == "pending"


def test_an_approval_goes_on_from_there_and_does_nothing_twice():
    mail = Mail([("look_up", {})], [SEND])
    run = mail.team.run(PLAN)
    run.approve("t")
    assert run.status == "completed"
    assert run["t"].result == "Ada | sent to Ada"
    assert (mail.sent, mail.looked, mail.asked) == (["Ada"], 1, 3)


def test_a_refusal_is_told_to_the_model():
    mail = Mail([SEND])
    run = mail.team.run(PLAN)
    run.refuse("t", "not on a Sunday")
    assert run.status == "completed"
    assert "a person refused this call: not on a Sunday" in run["t"].result
    assert mail.sent == []


def test_each_call_takes_an_approval_of_its_own():
    mail = Mail([SEND, ("send_mail", {"to": "Bob"})], [SEND])
    run = mail.team.run(PLAN)
    run.approve()
    assert (run.status, mail.sent) == ("paused", ["Ada"])
    assert "Bob" in run.reason
    run.refuse("t")
    assert (run.status, mail.sent) == ("paused", ["Ada"])
    run.approve("t")
    assert (run.status, mail.sent) == ("completed", ["Ada", "Ada"])


def test_resuming_without_a_decision_calls_nothing():
    mail = Mail([SEND])
    run = mail.team.run(PLAN)
    run.resume()
    assert (run.status, mail.sent) == ("paused", [])
    with pytest.raises(RunStateError, match="waits for your approval"):
        run.step("t")
    run.cancel()
    assert (run.status, mail.sent) == ("cancelled", [])


def test_arguments_that_are_wrong_ask_nobody():
    mail = Mail([("send_mail", {"whom": "Ada"})])
    run = mail.team.run(PLAN)
    assert run.status == "completed"
    assert "to: Field required" in run["t"].result


def test_there_is_nothing_to_refuse_where_nothing_waits():
    run = Mail().team.run(PLAN)
    with pytest.raises(RunStateError, match="waits for no approval of a tool"):
        run.refuse("t")


def test_a_task_that_was_changed_begins_anew_and_asks_again():
    mail = Mail([("look_up", {})], [SEND])
    run = mail.team.run(PLAN)
    run.edit("t", description="Do it otherwise")
    run.resume()
    assert (run.status, mail.looked, mail.sent) == ("paused", 2, [])
    run.approve("t")
    assert (run.status, mail.looked, mail.sent) == ("completed", 2, ["Ada"])


def test_a_task_stepped_in_the_cells_own_thread_waits_too():
    mail = Mail([SEND])
    run = mail.team.run(PLAN)
    run.edit("t", description="Do it otherwise")
    run.step("t", inline=True)
    assert (run.status, run["t"].status, mail.sent) == ("paused", "pending", [])
    run.approve("t")
    run.resume()
    assert (run.status, mail.sent) == ("completed", ["Ada"])


def test_other_tasks_go_on_meanwhile():
    mail = Mail([SEND])
    other = Agent("b", "Is quick", lambda task, context: "done")
    team = Orchestrator(
        [mail.agent, other], model=mail.model, journal=None, max_parallel=1
    )
    run = team.run(Plan([*PLAN, Task("o", "Other", "b")]))
    assert run["o"].result == "done"
    assert run.status == "paused"
    run.approve()
    assert run.status == "completed"


def test_the_wait_replays_and_is_in_the_journal(tmp_path: Path):
    file = tmp_path / "runs.sqlite"
    mail = Mail([("look_up", {})], [SEND], journal=file)
    run = mail.team.run(PLAN)
    assert "send_mail" in replay(run.history).tasks["t"].awaits
    stored = load_run(run.id, journal=file)
    assert stored.reason == run.reason
    assert replay(stored.history) is not None
    run.approve("t")
    assert replay(run.history).tasks["t"].awaits == ""


def test_where_the_conversation_is_lost_it_begins_anew_and_asks_again():
    mail = Mail([("look_up", {})], [SEND])
    fork = mail.team.run(PLAN).fork()
    fork.approve("t")
    assert fork.status == "completed"
    assert (mail.looked, mail.sent) == (2, ["Ada"])


def test_outside_of_a_run_nobody_can_approve():
    mail = Mail([SEND])
    agent = mail.agent.bind(resolve(mail.model))
    said = asyncio.run(agent("Do it"))
    assert "there is nobody to approve it" in said
    assert mail.sent == []


def test_the_buttons_know_what_may_be_approved():
    run = Mail([SEND]).team.run(PLAN)
    assert run.possible()["approve"] == ""
    assert run.possible("t")["approve"] == ""
    run.approve("t")
    assert run.possible()["approve"]
