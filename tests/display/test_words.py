"""Plain text, DOT and page: the same words in three formats."""

import base64
import re
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from display.runs import HOSTILE, START, Run, finished, mixed, plan, wide
from nbagents import Agent, Orchestrator, ScriptedModel, ScriptedReply, display, tool
from nbagents.display import frames, layout, source, summary
from nbagents.engine import events as e
from nbagents.graph import Plan, Task


def test_a_plan_is_a_headline_and_a_line_for_each_task():
    a_plan = Plan(plan("load", "trends<load").tasks, goal="Know more", made_by="gpt-x")
    assert display.text(a_plan) == (
        "plan · 2 tasks · 1 agent · made by gpt-x\n"
        "goal: Know more\n"
        "○ load    worker\n"
        "○ trends  worker  after load"
    )


def test_a_run_says_of_each_task_what_matters_most():
    run = mixed()
    view = source.look_at(run, now=START + 5)
    notes = {row.id: row.note for row in summary.rows(view, most=9)}
    assert notes == {
        "done": "all well",
        "bad": "ValueError: no column 'price'",
        "after": "needs 'bad', which failed",
        "going": "page 3 of 10",
        "later": "after going",
    }
    assert summary.headline(view) == [
        "running",
        "1 of 5 tasks, 1 failed, 1 skipped",
        "5.0 s",
    ]


@pytest.mark.parametrize(
    "span, words",
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (3599.4, "59:59 min"),
        (3660, "1:01 h"),
        (100_000, "27:46 h"),
    ],
)
def test_a_duration_reads_as_a_person_would_write_it(span, words):
    assert summary.duration(span) == words


@pytest.mark.parametrize(
    "cost, words",
    [
        (None, "cost unknown"),
        (0.0, ""),
        (1e-9, "<$0.00001"),
        (0.000012, "$0.000012"),
        (0.00042, "$0.00042"),
        (0.0009996, "$0.001"),
        (0.004217, "$0.0042"),
        (0.009999, "$0.01"),
        (0.0123, "$0.0123"),
        (0.1, "$0.10"),
        (0.99996, "$1.00"),
        (1, "$1.00"),
        (1234.567, "$1,234.57"),
    ],
)
def test_money_reads_as_a_person_would_write_it(cost, words):
    assert summary.money(cost) == words


def test_jupyter_takes_no_amounts_of_money_for_a_formula():
    run = finished(plan("a"))
    html = display.mimebundle(run)["text/html"]
    (outermost,) = re.findall(r'<div class="nbagents ([^"]*)"', html)
    assert set(outermost.split()) == {"tex2jax_ignore", "mathjax_ignore"}


def test_the_time_of_a_stopped_run_stands_still():
    run = finished(plan("a"))
    assert source.look_at(run, now=START + 999).elapsed == 2
    paused = Run(plan("a", "b")).start()
    paused.complete("a", at=3)
    paused.emit(e.RunPaused(START + 4, "you paused it"))
    assert source.look_at(paused, now=START + 999).elapsed == 4
    assert "stopped: you paused it" in display.text(paused)
    paused.emit(e.RunStarted(START + 100))
    assert source.look_at(paused, now=START + 103).elapsed == 7


def test_a_simulated_model_is_named_in_every_view():
    asked = Run(plan("a")).start()
    asked.begin("a")
    asked.emit(e.ModelAsked(START, "a", 1, "scripted", [], simulated=True))
    for run in (Run(plan("a"), simulated=True), asked):
        for shown in (display.text(run), display.mimebundle(run)["text/html"]):
            assert "simulated model" in shown
        assert "simulated model" in display.svg(run)


def test_a_long_list_shows_first_where_most_is_going_on_and_counts_the_rest():
    run = Run(wide(200)).start()
    run.complete("t0")
    run.fail("t19", ValueError("no"))
    lines = display.text(run).splitlines()
    assert lines[1].startswith("✗ t19 ")
    assert lines[-1] == "… and 160 more"
    assert len(lines) == 42


def test_columns_stay_aligned_with_wide_characters():
    a_plan = Plan([Task("日本語", "", "x"), Task("abc", "", "作家")])
    assert display.text(a_plan).splitlines()[1:] == ["○ 日本語  x", "○ abc     作家"]


@pytest.mark.parametrize("result", [None, 0, 10**400, float("nan"), b"x", object()])
def test_no_result_is_too_odd_to_be_shown(result):
    run = Run(plan("a")).start()
    run.complete("a", result)
    run.end()
    assert "✓ a" in display.text(run)
    assert "completed" in display.mimebundle(run)["text/html"]


def test_showing_a_result_runs_no_code_of_its_class():
    class Trap(str):
        __slots__ = ()

        def __str__(self):
            raise AssertionError

        __repr__ = __format__ = __str__

    run = Run(plan("a")).start()
    run.complete("a", Trap("words"))
    run.end()
    assert "words" in display.text(run)
    assert "words" in display.mimebundle(run)["text/html"]


# DOT.


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside_its_label_in_dot(text):
    source_text = display.dot(
        Plan([Task(text, text, text), Task("b", "", "x", [text])])
    )
    for program in layout.programs():
        drawn = subprocess.run(
            [program, "-Tjson0"],
            input=source_text.encode(),
            capture_output=True,
            check=True,
        )
        names = re.findall(rb'"name": "([^"]+)"', drawn.stdout)
        assert names == [b"plan", b"n0", b"n1"]
        assert b'"URL"' not in drawn.stdout


def test_dot_carries_symbol_colour_id_and_agent():
    line = display.dot(mixed()).splitlines()[4]
    assert line.strip().startswith('n1 [label="✗ bad\\nworker" color="#c0431a"')


# The page.


class Tags(HTMLParser):
    """Collects every tag and attribute of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_to_the_page(text):
    def page(words: str) -> Tags:
        run = Run(Plan([Task(words, words, words), Task("b", "", "x")], goal=words))
        run.start().fail(words, ValueError(words))
        run.complete("b", words)
        run.end("failed", words or "-")
        return Tags(display.mimebundle(run)["text/html"])

    hostile = page(text)
    assert hostile.seen == page("harmless").seen
    assert {tag for tag, _ in hostile.seen}.isdisjoint({"script", "a", "iframe", "svg"})
    assert not any(value.startswith("javascript:") for value in hostile.values)


def test_the_page_holds_picture_answer_errors_and_every_task():
    run = Run(plan("a", "b"))
    run.start().fail("a", ValueError("no column 'price'"))
    run.complete("b")
    run.end("failed", "1 of 2 failed")
    html = display.mimebundle(run)["text/html"]
    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert base64.b64decode(picture[1]).startswith(b"<svg ")
    assert 'alt="Graph of tasks: failed, 1 of 2 tasks, 1 failed' in html
    assert "1 of 2 failed" in html
    assert "ValueError: no column &#x27;price&#x27;" in html
    assert html.count("<tr>") == 2
    assert "<script" not in html
    assert "<style" not in html

    answered = finished(plan("a", "b<a"))
    assert ">fine</div>" in display.mimebundle(answered)["text/html"]


def test_a_picture_that_fails_costs_only_the_picture(monkeypatch):
    monkeypatch.setattr("nbagents.display.drawing.place", lambda *_: 1 / 0)
    html = display.mimebundle(plan("a"))["text/html"]
    assert "<img" not in html
    assert ">a</code>" in html


class Loud:
    def __repr__(self) -> str:
        raise RuntimeError("nobody may ask")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "result, shown",
    [
        ({"rows": 3, "mean": 1.5}, "{'rows': 3, 'mean': 1.5}"),
        ([1, None, True, "a"], "[1, None, True, 'a']"),
        ((), "()"),
        ([Loud(), {"x": Loud()}], "[<Loud>, {'x': <Loud>}]"),
        (Loud(), "Loud"),
        (None, ""),
    ],
)
def test_a_preview_shows_what_a_result_holds(result, shown) -> None:
    assert summary.preview(result) == shown


def test_a_preview_of_a_large_or_endless_result_is_short_and_quick() -> None:
    endless: list = []
    endless.append(endless)
    for result in (list(range(10**6)), endless, {"a": "x" * 10**6}):
        assert len(summary.preview(result)) <= 100


def test_a_preview_of_markdown_is_plain_words() -> None:
    text = "### Sales in Q4\n\n1. **Supply fell** by 66 %, like C#"
    assert summary.preview(text) == "Sales in Q4 1. Supply fell by 66 %, like C#"


def waiting_for_a_person():
    def work(task, context):
        return task

    agents = {"draft": work, "publish": work}
    made = Plan([Task("draft", "d", "draft"), Task("out", "o", "publish", ["draft"])])
    return Orchestrator(agents, approve={"publish"}, journal=None).run(made)


def test_a_task_that_waits_for_a_person_says_so_in_every_view():
    run = waiting_for_a_person()
    said = "waits for you"
    assert f"out  publish  {said}" in re.sub(" {3,}", "  ", display.text(run))
    boxes = ET.fromstring(display.svg(run)).iter()
    assert said in ["".join(each.itertext()) for each in boxes]
    record = frames.snapshot(source.look_at(run), 1)["tasks"][1]
    assert record[4] == said
    assert frames.STATUSES[record[0]] == "pending"


def test_a_task_that_waits_for_the_call_of_a_tool_says_which():
    @tool(approve=True)
    def send(to: str) -> str:
        """Sends."""
        return to

    calls = ScriptedReply(calls=[("send", {"to": "Ada"})])
    writer = Agent.llm("writer", "Writes", tools=[send])
    team = Orchestrator([writer], ScriptedModel(lambda _: calls), journal=None)
    run = team.run(Plan([Task("mail", "Mail", "writer")]))
    assert 'waits for you: send({"to": "Ada"})' in display.text(run)
