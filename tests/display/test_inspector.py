"""One task, looked into."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from display.inert import Page, read
from display.runs import HOSTILE
from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, Task
from nbagents.display import safe
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import Attempt, ModelCall
from nbagents.engine.view import TaskView


def breaks(task: str, context: dict[str, Any]) -> None:
    message = "no column 'price'"
    raise ValueError(message)


def run() -> Run:
    team = Orchestrator(
        {
            "load": lambda task, context: {"rows": [1, 2], "kind": {3}},
            "write": Agent.llm("write", "Writes"),
            "break": breaks,
        },
        model=ScriptedModel(lambda request: "line\n" * 2000),
    )
    tasks = [
        Task("data", "Load it", "load"),
        Task("text", "Write it", "write", ["data"]),
        Task("chart", "Draw it", "break", ["data"]),
        Task("page", "Print it", "load", ["chart"]),
    ]
    return team.run(Plan(tasks))


def test_a_task_shows_inputs_prompt_result_and_attempts() -> None:
    text = repr(run()["text"])
    first, description, *_ = text.splitlines()
    assert first.startswith("✓ text · completed · write · ")
    assert "tokens" in first
    assert description == "Write it"
    for title in ("inputs", "prompt", "result", "attempts"):
        assert f"\n{title}\n" in text
    assert "  data: {'rows': [1, 2], 'kind': {3}}" in text
    assert "(the first 1,200 of 10,000 characters)" in text
    assert "1. write · completed" in text
    assert "scripted (simulated)" in text


def test_a_failed_and_a_skipped_task_say_why() -> None:
    done = run()
    failed = repr(done["chart"])
    assert "ValueError: no column 'price'" in failed
    assert "in breaks" in failed
    assert "skipped\n  needs 'chart', which failed" in repr(done["page"])


def test_json_is_indented_and_what_it_cannot_hold_is_shown_as_it_is() -> None:
    assert '"rows": [\n      1,\n      2\n    ]' in repr(run()["data"])
    assert '"kind": "{3}"' in repr(run()["data"])


def page(view: TaskView) -> Page:
    return read(view._repr_mimebundle_()["text/html"])


def result_of(value: Any) -> TaskView:
    plan = Plan([Task("task", "Do it", "do")])
    return Orchestrator({"do": lambda task, context: value}).run(plan)["task"]


def failure(message: str) -> Failure:
    try:
        raise ValueError(message)
    except ValueError as error:
        return Failure.of(error)


@pytest.mark.parametrize(
    "value, tag",
    [
        ("# Title\n\n- one\n- two", "h1"),
        ({"rows": 3}, "pre"),
        (pd.DataFrame({"n": [1]}), "table"),
        (pd.Series([1]), "table"),
    ],
    ids=["Markdown", "JSON", "table", "series"],
)
def test_a_result_is_shown_by_its_type_and_stays_text_in_plain_text(
    value: Any, tag: str
) -> None:
    view = result_of(value)
    assert page(view).all(tag)
    assert "<" not in repr(view)


def test_a_task_that_returned_nothing_says_so() -> None:
    assert "\nresult\n  None" in repr(result_of(None))
    assert "result · NoneType" in page(result_of(None)).text


def test_a_result_that_lies_and_raises_costs_no_view() -> None:
    class Liar:
        @property
        def __class__(self) -> type:  # type: ignore[override]
            raise SystemExit

        def __repr__(self) -> str:
            raise SystemExit

    view = replace(result_of(1), result=Liar(), inputs={"liar": Liar()})
    assert "<Liar>" in page(view).text
    assert "<Liar>" in repr(view)


def test_short_inputs_are_open_and_long_ones_are_folded() -> None:
    view = replace(result_of(1), inputs={"short": "few words", "long": "word " * 900})
    short, long = [
        each
        for each in page(view).all("details")
        if "margin:4px" in each.get("style", "")
    ]
    assert "open" in short
    assert "open" not in long
    assert "long · word word" in page(view).text


def test_a_thousand_inputs_are_counted_and_large_ones_are_named() -> None:
    many = {f"t{n}": "word" for n in range(1000)}
    assert "… and 970 more" in page(replace(result_of(1), inputs=many)).text

    class Picture:
        def _repr_png_(self) -> bytes:
            return bytes(3_500_000)

    large = {f"p{n}": Picture() for n in range(5)}
    view = replace(result_of(1), inputs=large)
    assert len(page(view).all("img")) == 1
    assert page(view).text.count("not shown") == 4


def test_a_prompt_is_shown_as_it_was_sent_message_by_message() -> None:
    messages = [
        {"role": "system", "content": "You are **terse**."},
        {"role": "user", "content": "# Task\n\n- <one>\n- two"},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "load"}]},
        {"role": "user", "content": [{"type": "text", "text": "Look"}]},
    ]
    call = ModelCall("gpt", messages)
    view = replace(result_of(1), attempts=(Attempt(1, "a", 0.0, 1.0, calls=(call,)),))
    found = page(view)
    assert "prompt · 4 messages" in found.text
    for shown in ("You are **terse**.", "# Task\n\n- <one>\n- two", '"name": "load"'):
        assert shown in found.text
    assert '"text": "Look"' in found.text
    assert not found.all("li")
    assert [each for each in ("system", "user", "assistant") if each in found.text]


def test_every_attempt_is_a_row_with_its_traceback_folded() -> None:
    tries = (
        Attempt(1, "slow", 0.0, 60.0, TaskStatus.FAILED, failure("no answer"), True),
        Attempt(2, "quick", 61.0, 63.5, TaskStatus.FAILED, failure("no column")),
    )
    view = replace(
        result_of(None),
        status=TaskStatus.FAILED,
        attempts=tries,
        error=tries[1].error,
    )
    found = page(view)
    assert len(found.all("tr")) == 3
    assert [each for each in found.all("th") if each["scope"] == "col"]
    for shown in ("✗ failed", "slow", "1:00 min", "quick", "2.5 s", "still at work"):
        assert shown in found.text
    assert found.text.count("Traceback (most recent call last)") == 3
    assert "tokens" not in found.text  # a column in which nothing stands
    assert "1. slow · failed · 1:00 min · still at work in a thread" in repr(view)


def test_a_long_traceback_keeps_its_end_and_counts_what_was_cut() -> None:
    long = Failure("ValueError", "no", "x" * 9000 + "the line")
    found = page(replace(result_of(None), error=long))
    assert "(the last 6,000 of 9,008 characters)" in found.text
    assert "the line" in found.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_not_act(text: str) -> None:
    def echo(task: str, context: dict[str, Any]) -> str:
        return task

    plan = Plan([Task(text if text.strip() else "blank", text, "echo")])
    (view,) = Orchestrator([echo]).run(plan).tasks
    call = ModelCall(text, [{"role": text, "content": text, text: text}])
    tried = Attempt(1, text, 0.0, 1.0, error=failure(text), calls=(call,))
    everywhere = replace(
        view,
        agent=text,
        inputs={text: text, "list": [text], "table": pd.DataFrame({text: [text]})},
        error=failure(text),
        reason=text,
        attempts=(tried,),
    )
    found = page(everywhere)
    assert {name for name, _ in found.tags} <= {
        *("div", "span", "b", "bdi", "code", "details", "summary", "pre"),
        *("table", "thead", "tbody", "tr", "th", "td", "p"),
    }
    assert found.text.count(safe.visible(text)[:2000]) >= 5
    repr(everywhere).encode()
