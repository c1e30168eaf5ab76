"""One task, looked into."""

from html.parser import HTMLParser
from typing import Any

import pytest

from display.runs import HOSTILE
from nbagents import Agent, Orchestrator, Plan, Run, ScriptedModel, Task


class Parsed(HTMLParser):
    """The tags of a piece of HTML, each with the names of its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(name for name, _ in attrs)))


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
    assert "  data: dict" in text
    assert "(the first 1,200 of 10,000)" in text
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


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_escaped(text: str) -> None:
    def echo(task: str, context: dict[str, Any]) -> str:
        return task

    plan = Plan([Task(text if text.strip() else "blank", text, "echo")])
    (view,) = Orchestrator([echo]).run(plan).tasks
    shown = view._repr_mimebundle_()
    assert Parsed(shown["text/html"]).found <= {
        ("div", ("class", "style")),
        ("div", ()),
        ("b", ()),
        ("details", ("open",)),
        ("details", ()),
        ("summary", ()),
        ("pre", ("style",)),
    }
    shown["text/plain"].encode()
