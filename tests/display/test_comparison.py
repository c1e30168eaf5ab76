"""Two runs side by side, as a person sees them."""

import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest

from display.runs import HOSTILE, START
from nbagents import Comparison, Orchestrator, Plan, Run, Task, compare
from nbagents.display.comparison import delta
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.moment import Moment


class Parsed(HTMLParser):
    """A piece of HTML: its tags with their attributes, its text, what is open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.open: list[bool] = []
        self.styles: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found.add((tag, tuple(names)))
        self.styles.add(names.get("style") or "")
        if tag == "details":
            self.open.append("open" in names)

    def handle_data(self, data: str) -> None:
        self.words += data


def run(plan: Plan, results: dict[str, object], *, slow: float = 1) -> Moment:
    """Return a run with these results; an error is one, what has none is pending."""
    events: list[e.Event] = [e.RunCreated(START, "run-1", plan), e.RunStarted(START)]
    for id, result in results.items():
        end = START + slow
        events += [
            e.TaskStarted(START, id, 1, plan[id].agent),
            e.ModelAsked(START, id, 1, "m", []),
            e.ModelAnswered(START, id, 1, "m", int(100 * slow), 0, 0.1),
            e.TaskFailed(end, id, 1, Failure.of(result))
            if isinstance(result, BaseException)
            else e.TaskCompleted(end, id, 1, result),
        ]
    return Moment(events)


def chain(*ids: str) -> Plan:
    return Plan(
        Task(id, f"Do {id}", "worker", ids[place - 1 : place] if place else [])
        for place, id in enumerate(ids)
    )


def example() -> Comparison:
    plan = chain("load", "trends", "chart", "page")
    edited = plan.describe("trends", "Do it well").reassign("chart", "plotter")
    before = {"load": 1, "trends": "up\nwest", "chart": "a chart", "page": "x"}
    after = {"load": 1, "trends": "up\neast", "chart": ValueError("no column")}
    return compare(run(plan, before), run(edited, after, slow=3))


def page(value: Any) -> str:
    return str(value._repr_mimebundle_()["text/html"])


def test_the_text_tells_what_differs_and_how_it_began() -> None:
    assert repr(example()) == (
        "3 of 4 tasks differ · +5.0 s of work · +500 tokens\n"
        "a: run-1 at page\n"
        "b: run-1 at chart\n"
        "✓ ✓  trends  description, result    1.0 s → 3.0 s (+2.0 s)"
        "  100 → 300 tokens (+200)\n"
        "✓ ✗  chart   agent, status, result  1.0 s → 3.0 s (+2.0 s)"
        "  100 → 300 tokens (+200)\n"
        "✓ ○  page    status, result         1.0 s → – (−1.0 s)"  # noqa: RUF001
        "      100 → – tokens (−100)\n"  # noqa: RUF001
        "1 task is the same\n"
        "\n"
        "first: trends\n"
        "  description\n"
        "    -Do trends\n"
        "    +Do it well\n"
        "  result\n"
        "     up\n"
        "    -west\n"
        "    +east"
    )


def test_one_task_of_it_tells_all_that_differs() -> None:
    assert repr(example()["chart"]).splitlines()[1:] == [
        "  agent: worker → plotter",
        "  result → error",
        "    -a chart",
        "    +ValueError: no column",
    ]
    assert Parsed(page(example()["chart"])).open == [True]


def test_a_changed_dependency_is_told_in_words() -> None:
    plan = chain("a", "b")
    free = plan.depend("b", only=True)
    task = compare(run(plan, {}), run(free, {}))["b"]
    assert "dependencies: a → none" in repr(task)
    assert "dependencies: a → none" in Parsed(page(task)).words


def test_the_page_opens_the_first_divergence_and_folds_the_rest() -> None:
    shown = Parsed(page(example()))
    # Description and result of `trends`; result of `chart`, of `page`; the same ones.
    assert shown.open == [True, True, False, False, False]
    for words in (
        "3 of 4 tasks differ, first trends · +5.0 s of work · +500 tokens",
        "✗ failed",
        "1.0 s → 3.0 s+2.0 s",
        "agent, status, result",
        "= 1 task is the same",
        "result → error +1 −1",  # noqa: RUF001
        "−\N{NO-BREAK SPACE}west+\N{NO-BREAK SPACE}east",  # noqa: RUF001
    ):
        assert words in shown.words


def test_a_task_tried_again_says_how_often() -> None:
    plan = chain("a")
    again: list[e.Event] = [
        e.RunCreated(START, "run-2", plan),
        e.RunStarted(START),
        e.TaskStarted(START, "a", 1, "worker"),
        e.TaskInterrupted(START, "a", 1),
        e.TaskStarted(START, "a", 2, "worker"),
        e.TaskCompleted(START, "a", 2, "y"),
    ]
    shown = page(compare(run(plan, {"a": "x"}), Moment(again)))
    assert "✓ completed, 2 attempts" in shown


@pytest.mark.parametrize(
    "plan, words", [(chain("a", "b"), "2 tasks are the same"), (chain(), "no tasks")]
)
def test_identical_runs_say_so_in_one_line(plan: Plan, words: str) -> None:
    results = dict.fromkeys(plan.order(), "x")
    comparison = compare(run(plan, results), run(plan, results))
    assert repr(comparison).splitlines()[0] == words
    assert f"<b>= {words}</b>" in page(comparison)
    assert "<table" not in page(comparison)


def test_added_and_removed_lines_differ_in_sign_and_in_colour() -> None:
    found = re.findall(r'background:(rgba[^"]*)">([+−])\s', page(example()))  # noqa: RUF001
    colours = {sign: colour for colour, sign in found}
    assert len(colours) == 2
    assert colours["+"] != colours["−"]  # noqa: RUF001


def test_the_page_is_readable_in_any_theme() -> None:
    for style in Parsed(page(example())).styles:
        rules = [rule.partition(":") for rule in style.split(";")]
        assert "color" not in [name for name, _, _ in rules]
        backgrounds = [value for name, _, value in rules if name == "background"]
        assert all(v == "transparent" or v.startswith("rgba(") for v in backgrounds)


ALLOWED = {
    "b": {()},
    "bdi": {()},
    "code": {()},
    "details": {(), ("open",)},
    "div": {(), ("style",), ("class", "style")},
    "span": {(), ("style",)},
    "summary": {()},
    "table": {("style",)},
    "tbody": {()},
    "td": {("style",), ("colspan", "style")},
    "tr": {("style",)},
}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_not_act(text: str) -> None:
    def echo(task: str, context: dict[str, Any]) -> Any:
        if "fails" in task:
            raise ValueError(text)
        return {text: [text]} if "data" in task else text

    id = text if text.strip() else "blank"
    tasks = [Task(id, f"first {text}", "echo"), Task("b", "data", "echo", [id])]
    before = Plan(tasks)
    after = before.describe(id, f"fails {text}").add(Task(f"{id}2", text, "echo"))
    team = Orchestrator([echo])
    comparison = compare(team.run(before), team.run(after))
    for shown in (comparison, comparison[id]):
        for tag, names in Parsed(page(shown)).found:
            assert names in ALLOWED[tag], (tag, names)
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page(shown)
        )
        page(shown).encode()
        repr(shown).encode()
        assert "\x1b" not in repr(shown)


def test_a_long_id_is_cut_and_a_long_line_wraps() -> None:
    plan = chain("x" * 3000)
    comparison = compare(run(plan, {"x" * 3000: "a" * 5000}), run(plan, {}))
    assert max(map(len, repr(comparison).splitlines())) < 200
    assert "x" * 121 not in page(comparison)
    # Both what the runs are called and the lines of a diff.
    assert page(comparison).count("overflow-wrap:anywhere") == 2


def test_two_thousand_tasks_are_compared_quickly_and_shown_in_part() -> None:
    plan = Plan(
        Task(f"t{n}", "", "w", [f"t{n - 20}"] if n > 20 else []) for n in range(2000)
    )
    one = run(plan, dict.fromkeys(plan.order(), "one <b>\n" * 500))
    other = run(plan, dict.fromkeys(plan.order(), "two <b>\n" * 500))
    begun = time.perf_counter()
    comparison = compare(one, other)
    shown = page(comparison)
    text = repr(comparison)
    assert time.perf_counter() - begun < 10  # It takes a tenth of a second.
    assert len(shown) < 1_000_000
    assert "… and 1,900 more that differ" in shown
    assert shown.count("<details") == 100
    assert len(text.splitlines()) < 80
    assert "… and 1,960 more" in text


def test_many_tasks_that_are_the_same_are_one_line() -> None:
    plan = chain(*(f"t{n}" for n in range(500)))
    results = dict.fromkeys(plan.order(), "x")
    comparison = compare(run(plan, results), run(plan, {**results, "t7": "y"}))
    assert "1 of 500 tasks differs" in repr(comparison)
    assert "499 tasks are the same" in repr(comparison)
    assert "= 499 tasks are the same" in page(comparison)
    assert "… and 299 more" in page(comparison)


def test_a_real_run_is_compared_with_its_own_past() -> None:
    def echo(task: str, context: dict[str, Any]) -> str:
        return task

    plan = Plan([Task("a", "A", "echo"), Task("b", "B", "echo", ["a"])])
    done: Run = Orchestrator([echo]).run(plan)
    assert "○ ✓  b  status, result" in repr(compare(done.at("a"), done))


@pytest.mark.parametrize(
    "more, said",
    [(0.02, "+$0.02"), (-0.02, "\N{MINUS SIGN}$0.02"), (1e-7, ""), (0, ""), (None, "")],
)
def test_a_difference_of_cost_too_small_to_write_down_is_not_spoken_of(
    more: float | None, said: str
) -> None:
    assert delta(more, "cost") == said
