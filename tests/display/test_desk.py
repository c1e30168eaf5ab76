"""What a browser asks for: done, and answered exactly once, whatever it is."""

import json
import queue
import threading

import pytest

from display.runs import HOSTILE
from holding import until
from nbagents import (
    Agent,
    Orchestrator,
    Plan,
    ScriptedModel,
    ScriptedReply,
    Task,
    tool,
)
from nbagents.display import desk as desks
from nbagents.display import timeline
from nbagents.display.desk import Desk
from nbagents.display.pictures import Pictures


class Browser:
    """Asks the desk of a run, and has the replies."""

    def __init__(self, run) -> None:
        self.run = run
        self.pictures = Pictures(run)
        self.pictures.draw()
        self.replies: queue.Queue[dict] = queue.Queue()
        self.desk = Desk(run, self.pictures, self.send, lambda work: work())
        self.asked = 0

    def send(self, reply: dict) -> None:
        json.dumps(reply, allow_nan=False).encode()
        self.replies.put(reply)

    def ask(self, verb: str, **more: object) -> dict:
        self.asked += 1
        number = f"view-{self.asked}"
        said = {"ask": verb, "number": number, "version": self.pictures.version}
        self.desk.take(said | more)
        reply = self.replies.get(timeout=20)
        assert reply["reply"] == number
        return reply

    def done(self, verb: str, **more: object) -> None:
        assert self.ask(verb, **more) == {"reply": f"view-{self.asked}", "ok": True}


def shout(task, context):
    return "".join([*context.values(), task]).upper()


TEAM = {"shout": shout, "other": lambda task, context: f"other {task}"}


def diamond() -> Plan:
    edges = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    return Plan(Task(id, id, "shout", needs) for id, needs in edges.items())


@pytest.fixture
def browser():
    browser = Browser(Orchestrator(TEAM).debug(diamond()))
    yield browser
    browser.run.cancel()


def test_the_run_is_stepped_resumed_paused_and_stopped(browser):
    run = browser.run
    browser.done("step")
    run.wait()
    assert run["a"].status == "completed"
    browser.done("resume")
    run.wait()
    assert run.result == "ABACD"
    assert "cannot pause" in browser.ask("pause")["error"]

    def wait(task, context):
        go.wait(20)

    go = threading.Event()
    other = Browser(Orchestrator([wait]).start(Plan([Task("a", "", "wait")])))
    other.done("pause")
    other.done("stop")
    go.set()
    assert other.run.wait().status == "cancelled"


def test_a_verb_does_not_wait_for_what_it_starts():
    go = threading.Event()

    def wait(task, context):
        go.wait(20)
        return "done"

    browser = Browser(Orchestrator([wait]).debug(Plan([Task("a", "", "wait")])))
    browser.done("resume")
    browser.done("pause")
    assert browser.run.status == "running"
    go.set()
    browser.run.wait()


def test_what_waits_for_an_approval_is_approved_alone_or_with_all_others():
    browser = Browser(Orchestrator(TEAM, approve={"b", "c"}).debug(diamond()))
    run = browser.run.resume()
    assert (run.status, run["b"].status) == ("paused", "pending")
    assert browser.ask("look", task=1)["can"]["approve"] == ""
    assert "needs no approval" in browser.ask("approve", task=0)["error"]
    browser.done("approve", task=1)
    run.wait()
    assert (run["b"].status, run["c"].status) == ("completed", "pending")
    browser.done("approve")
    run.wait()
    assert run.result == "ABACD"


def test_a_call_of_a_tool_is_refused_with_words_for_the_model():
    @tool(approve=True)
    def send(to: str) -> str:
        """Sends."""
        return to

    def model(request):
        return (request.returned or [ScriptedReply(calls=[("send", {"to": "A"})])])[-1]

    writer = Agent.llm("writer", "Writes", tools=[send])
    team = Orchestrator([writer], ScriptedModel(model))
    browser = Browser(
        team.debug(Plan([Task("a", "", "writer"), Task("b", "", "writer")]))
    )
    run = browser.run.step("a")
    assert browser.ask("look", task=0)["can"]["refuse"] == ""
    assert "no approval of a tool" in browser.ask("look", task=1)["can"]["refuse"]
    assert "why must be a text" in browser.ask("refuse", task=0)["error"]
    browser.done("refuse", task=0, why="not before Monday")
    run.resume()
    assert "not before Monday" in run["a"].result


def test_a_simulated_model_and_a_process_of_its_own_are_labelled():
    writer = Agent.llm("writer", "Writes")
    apart = Agent("apart", "Works apart", shout, isolate="process")
    team = Orchestrator([writer, apart], ScriptedModel(lambda _: "words"))
    tasks = [Task("a", "", "writer"), Task("b", "", "apart"), Task("c", "", "writer")]
    browser = Browser(team.debug(Plan(tasks)))
    browser.run.step("a")
    labels = [browser.ask("look", task=place)["labels"] for place in range(3)]
    assert labels == [["simulated model"], ["a process of its own, no sandbox"], []]


def test_tasks_are_stepped_run_up_to_retried_and_skipped(browser):
    run = browser.run
    browser.done("step", task=0)
    run.wait()
    browser.done("resume", task=1)
    run.wait()
    assert [t.status for t in run.tasks] == [
        "completed",
        "completed",
        "pending",
        "pending",
    ]
    browser.done("retry", task=1, agent="other")
    run.wait()
    assert run["b"].result == "other b"
    browser.done("retry", task=1)
    run.wait()
    assert run["b"].result == "AB"
    browser.done("skip", task=3)
    assert run["d"].status == "skipped"


def test_what_the_run_refuses_is_said_in_its_own_words_with_its_hint(browser):
    reply = browser.ask("step", task=3)
    assert reply["error"] == "task 'd' still needs 'b', 'c'"
    assert reply["notes"] == ["Try: run.resume(until='d')"]


def test_descriptions_and_results_are_edited(browser):
    run = browser.run
    browser.done("edit", task=0, description="hello\n<b>")
    assert run["a"].description == "hello\n<b>"
    browser.pictures.draw()
    browser.done("edit", task=0, result='{"a": [1, 2.5, null]}', kind="json")
    assert run["a"].result == {"a": [1, 2.5, None]}
    browser.done("edit", task=0, result="[not json]", kind="text")
    assert run["a"].result == "[not json]"


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"a": 1,\n "b" 2}', "line 2, column 6"),
        ("", "line 1, column 1"),
        ("NaN", "JSON has no NaN"),
        ('{"a": 1, "a": 2}', "the key 'a' stands in it twice"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("1" * 5000, "cannot be read as JSON"),
    ],
)
def test_what_is_no_json_is_refused_and_nothing_changes(browser, text, words):
    reply = browser.ask("edit", task=0, result=text, kind="json")
    assert words in reply["error"]
    assert browser.run["a"].status == "pending"


def test_an_agent_is_replaced_by_another_of_the_run(browser):
    browser.done("replace", agent="shout", by="other")
    assert {task.agent for task in browser.run.plan} == {"other"}
    reply = browser.ask("replace", agent="other", by="nobody")
    assert "nobody" in reply["error"]


def test_breakpoints_are_set_once_and_removed(browser):
    run = browser.run
    for _ in range(2):
        browser.done("break", task=1, on=True, when="before")
    browser.done("break", task=1, on=True, when="failure")
    assert [str(p) for p in run.breakpoints] == [
        "before 'b'",
        "failure of 'b' (holds the run)",
    ]
    browser.done("break", task=1, on=False, when="before")
    browser.done("break", task=1, on=False, when="after")
    assert [p.when for p in run.breakpoints] == ["failure"]


def test_a_breakpoint_at_an_agent_is_not_removed_at_one_of_its_tasks(browser):
    browser.run.break_at("shout")
    browser.done("break", task=1, on=True, when="before")
    reply = browser.ask("break", task=1, on=False, when="before")
    assert "at agent 'shout', for all its tasks" in reply["error"]
    assert reply["notes"] == ["Try: run.clear('shout')"]
    assert len(browser.run.breakpoints) == 1


MALFORMED = [
    None, 3, "pause", [], {}, {"ask": None}, {"ask": ["pause"]}, {"ask": {}},
    {"ask": "__class__"}, {"ask": "x" * 10_000}, {"ask": "edit"}, {"ask": "look"},
    {"ask": "step", "task": "a"}, {"ask": "step", "task": 0},
    {"ask": "step", "task": 0, "version": 0},
    {"ask": "step", "task": 0, "version": True},
    {"ask": "step", "task": True, "version": 1},
    {"ask": "step", "task": -1, "version": 1},
    {"ask": "step", "task": 99, "version": 1},
    {"ask": "step", "task": 1e9, "version": 1},
    {"ask": "edit", "task": 0, "version": 1},
    {"ask": "edit", "task": 0, "version": 1, "description": 3},
    {"ask": "edit", "task": 0, "version": 1, "description": "x" * 100_001},
    {"ask": "edit", "task": 0, "version": 1, "result": "x"},
    {"ask": "edit", "task": 0, "version": 1, "result": "x", "kind": "pickle"},
    {"ask": "break", "task": 0, "version": 1, "on": 1, "when": "before"},
    {"ask": "break", "task": 0, "version": 1, "on": True, "when": "never"},
    {"ask": "break", "task": 0, "version": 1, "on": True, "when": []},
    {"ask": "retry", "task": 0, "version": 1, "agent": 5},
    {"ask": "replace", "agent": {}, "by": "other"},
    {"ask": "replace", "agent": "x" * 5000, "by": "other"},
    {"ask": "draw", "open": "a", "version": 1}, {"ask": "look", "version": "x"},
    *[{"ask": text} for text in HOSTILE],
    *[{"ask": "replace", "agent": text, "by": text} for text in HOSTILE],
]  # fmt: skip


@pytest.mark.parametrize("said", MALFORMED, ids=range(len(MALFORMED)))
def test_whatever_is_asked_gets_one_reply_in_words_and_changes_nothing(
    browser, said, capfd
):
    before = browser.run.state.copy()
    browser.desk.take(said)
    reply = browser.replies.get(timeout=20)
    assert reply["reply"] is None
    assert reply["error"]
    assert len(json.dumps(reply)) < 20_000
    assert "\n" not in reply["error"]
    assert browser.replies.empty()
    assert browser.run.state == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", ["\ud83d", "x" * 5000, 1.5, 2**60, [], True, "\n"])
def test_a_number_that_cannot_be_sent_back_is_not(browser, number):
    browser.desk.take({"ask": "pause", "number": number})
    assert browser.replies.get(timeout=20)["reply"] is None


def test_places_of_a_plan_that_has_changed_since_are_refused(browser):
    old = browser.pictures.version
    browser.run.add(Task("e", "e", "shout"))
    assert "the plan has changed" in browser.ask("step", task=0)["error"]
    browser.pictures.draw()
    assert "the plan has changed" in browser.ask("step", task=0, version=old)["error"]
    browser.done("step", task=0)


class Hostile(BaseException):
    def __str__(self) -> str:
        raise ValueError("not even this")


@pytest.mark.parametrize(
    "error", [Hostile(), KeyboardInterrupt(), SystemExit(), MemoryError(), KeyError()]
)
def test_whatever_a_verb_raises_is_a_reply(browser, monkeypatch, error, capfd):
    def fail(**_):
        raise error

    monkeypatch.setattr(browser.run, "pause", fail)
    assert browser.ask("pause")["error"] == type(error).__name__
    assert "cannot pause" not in capfd.readouterr().err
    browser.done("step")


def test_a_key_in_an_error_is_not_sent(browser, monkeypatch):
    key = "sk-proj-" + "a1B2" * 12

    def fail(**_):
        error = ValueError(f"no\n{key}\u202e")
        error.add_note(f"Try: {key}")
        error.__notes__.append(3)
        raise error

    monkeypatch.setattr(browser.run, "pause", fail)
    reply = browser.ask("pause")
    assert key not in json.dumps(reply)
    assert "\u202e" not in reply["error"]
    assert len(reply["notes"]) == 1


def test_a_question_that_takes_long_holds_up_no_verb(browser, monkeypatch):
    go, began = threading.Event(), threading.Event()

    def slow(*_):
        began.set()
        go.wait(20)
        return {}

    monkeypatch.setitem(desks.questions.QUESTIONS, "look", slow)
    browser.desk.take({"ask": "look", "number": 1})
    assert began.wait(20)
    browser.desk.take({"ask": "stop", "number": 2})
    assert browser.replies.get(timeout=20) == {"reply": 2, "ok": True}
    go.set()
    assert browser.replies.get(timeout=20) == {"reply": 1, "ok": True}


def test_a_flood_of_messages_gets_a_reply_each(browser, monkeypatch):
    go = threading.Event()
    monkeypatch.setitem(
        desks.questions.QUESTIONS, "look", lambda *_: go.wait(20) and {}
    )
    for number in range(1000):
        browser.desk.take({"ask": "look", "number": number})
    go.set()
    replies = [browser.replies.get(timeout=20) for _ in range(1000)]
    assert sorted(reply["reply"] for reply in replies) == list(range(1000))
    assert sum("ok" in reply for reply in replies) >= desks.MOST_WAITING


def test_a_reply_that_cannot_be_sent_is_one_that_says_so(browser):
    sent = []

    def send(reply):
        if "ok" in reply:
            raise ValueError("too much")
        sent.append(reply)

    browser.desk._send = send
    browser.desk.take({"ask": "step", "number": 1})
    assert until(lambda: sent)
    assert sent == [{"reply": 1, "error": "too much", "notes": []}]


def test_no_thread_is_left_when_all_is_done(browser):
    browser.done("step")
    browser.ask("look", task=0)
    assert until(lambda: "nbagents-view" not in {t.name for t in threading.enumerate()})


def test_parts_are_drawn_around_a_task_or_as_a_whole(browser):
    whole = browser.ask("draw")["picture"]
    around = browser.ask("draw", around=2)["picture"]
    drawn = [id for id, _, box in around["tasks"] if box >= 0]
    assert "c" in drawn
    assert (whole["version"], around["version"]) == (1, 1)
    assert "<svg" in whole["svg"]
    assert "a whole number" in browser.ask("draw", open="7")["error"]
    assert "box" in browser.ask("draw", open=70)["error"]
    assert "no task at that place" in browser.ask("draw", around=9)["error"]


def test_the_run_in_time_is_told(browser):
    reply = browser.ask("timeline")
    assert reply["ok"] is True
    assert reply["slots"] == browser.run.max_parallel
    assert "the plan has changed" in browser.ask("timeline", version=7)["error"]


def test_an_answer_that_cannot_be_made_is_an_error_in_words(browser, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("no clock")

    monkeypatch.setattr(timeline, "timeline", broken)
    assert browser.ask("timeline")["error"] == "no clock"
