"""Any message at all to the desk of a run: one reply each, and nothing else."""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostile import TEXTS
from nbagents import Orchestrator, Plan, Task
from nbagents.display.desk import Desk
from nbagents.display.pictures import Pictures

VERBS = [
    *("resume", "pause", "step", "stop", "retry", "skip", "edit", "break", "replace"),
    *("look", "timeline", "draw"),
]
FIELDS = [
    *("task", "version", "number", "agent", "by", "on", "when", "kind", "result"),
    *("description", "around", "open", "ask", "__proto__"),
]
WORDS = st.sampled_from([*TEXTS, *VERBS, *FIELDS, "a", "before", "json", "x" * 100_001])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.sampled_from([2**53, -(2**64), 10**400])
    | st.floats()
    | WORDS
    | st.text(max_size=9)
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=8,
)
FILLED = st.dictionaries(st.sampled_from(FIELDS), LEAVES | ANYTHING, max_size=5)


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"task": [value]}
    return value


HUGE = [nested(5000), {"ask": nested(900)}, {"ask": "look", "task": nested(5000)}]
HUGE += [{"ask": "edit", "task": 0, "kind": "json", "result": "[" * 99_000}]
HUGE += [{"ask": "edit", "task": 0, "kind": "json", "result": "9" * 99_000}]
HUGE += [{"ask": "look", "number": "n" * 10**6}, {"ask": "x" * 10**6}, b"look", "look"]


def asked() -> st.SearchStrategy[Any]:
    """Return messages that are nearly right, and some that are not at all."""
    verb = st.sampled_from(VERBS) | WORDS
    near = st.builds(lambda ask, more: {"ask": ask, **more}, verb, FILLED)
    return near | ANYTHING | st.sampled_from(HUGE)


class Told:
    """A desk whose replies are kept."""

    def __init__(self, run: Any, perform: Callable[[Any], None] | None = None) -> None:
        self.run, self.pictures = run, Pictures(run)
        self.pictures.draw()
        self.replies: list[dict[str, Any]] = []
        self.came = threading.Condition()
        perform = perform or (lambda work: work())
        self.desk = Desk(run, self.pictures, self.send, perform)

    def send(self, reply: dict[str, Any]) -> None:
        json.dumps(reply, allow_nan=False).encode()
        with self.came:
            self.replies.append(reply)
            self.came.notify_all()

    def all(self, count: int) -> list[dict[str, Any]]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.replies) >= count, 20)
        return self.replies


def plan() -> Plan:
    return Plan([Task("a", "do a", "work"), Task("b", "do b", "work", ["a"])])


def work(task: str, context: Any) -> str:
    return task


def check(reply: dict[str, Any]) -> None:
    number = reply["reply"]
    assert number is None or type(number) in {str, int}
    if reply.get("ok") is not True:
        assert set(reply) == {"reply", "error", "notes"}
        assert isinstance(reply["error"], str)
        assert len(reply["error"]) <= 1000
        assert all(isinstance(note, str) for note in reply["notes"])


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(messages=st.lists(asked(), min_size=1, max_size=6))
def test_every_message_gets_one_reply_and_nothing_is_printed(
    messages: list[Any], capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    capfd.readouterr()
    caplog.clear()
    run = Orchestrator([work], journal=None).debug(plan())
    told = Told(run)
    for message in messages:
        told.desk.take(message)
    replies = told.all(len(messages))
    assert len(replies) == len(messages)
    for reply in replies:
        check(reply)
    run.cancel()
    assert capfd.readouterr() == ("", "")
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


@settings(max_examples=150, deadline=None)
@given(place=ANYTHING, version=st.integers(-2, 3) | LEAVES, verb=st.sampled_from(VERBS))
def test_a_place_or_version_that_is_none_changes_nothing(
    place: Any, version: Any, verb: str
) -> None:
    run = Orchestrator([work], journal=None).debug(plan())
    told = Told(run)
    good = type(place) is int and 0 <= place < 2 and type(version) is int
    if good and version == told.pictures.version:
        return
    before = run.state
    more = {"kind": "text", "result": "new", "on": True, "when": "before"}
    if verb in {"resume", "pause", "step", "stop", "replace", "timeline", "draw"}:
        verb = "edit"
    told.desk.take({"ask": verb, "task": place, "version": version, **more})
    assert "error" in told.all(1)[0]
    assert run.state is before
    assert not run.breakpoints


def test_ten_thousand_messages_at_once_are_all_answered_by_a_few_threads() -> None:
    run = Orchestrator([work], journal=None).debug(plan())
    go = threading.Event()

    def perform(work: Any) -> None:
        go.wait(20)
        work()

    told = Told(run, perform)
    before = threading.active_count()
    for number in range(10_000):
        ask = VERBS[number % 2 * 9]  # resume, look
        told.desk.take({"ask": ask, "number": number, "task": 0, "version": 1})
    assert threading.active_count() <= before + 2
    go.set()
    replies = told.all(10_000)
    assert sorted(reply["reply"] for reply in replies) == list(range(10_000))
    assert sum("too much" in reply.get("error", "") for reply in replies) > 9000
    run.wait(timeout=20)
    assert run["a"].status == "completed"
