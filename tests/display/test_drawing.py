from itertools import product
from time import perf_counter
from xml.etree import ElementTree as ET

import pytest

from display.runs import HOSTILE, Run, finished, mixed, plan, wide
from nbagents import display
from nbagents.display import layout, look, safe
from nbagents.display.outline import MOST_BOXES, outline
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.graph import Each, Plan, Task, Until, When

SVG = "{http://www.w3.org/2000/svg}"


def nodes(svg: str) -> list[ET.Element]:
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if "data-node" in g.attrib]


def words(node: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in node.iter(f"{SVG}text")]


def test_every_task_is_a_box_with_its_id_and_its_agent():
    drawn = nodes(display.svg(plan("load", "trends<load", "report<load,trends")))
    assert [words(node)[:2] for node in drawn] == [
        ["load", "worker"],
        ["trends", "worker"],
        ["report", "worker"],
    ]


def test_a_state_is_told_by_shape_and_colour_and_word():
    drawn = nodes(display.svg(mixed()))
    expected = {
        "done": TaskStatus.COMPLETED,
        "bad": TaskStatus.FAILED,
        "after": TaskStatus.SKIPPED,
        "going": TaskStatus.RUNNING,
        "later": TaskStatus.PENDING,
    }
    for node in drawn:
        how = look.TASK[expected[words(node)[0]]]
        icon = node.find(f"{SVG}path[@class='nb-icon']")
        assert (icon.get("d"), icon.get("fill")) == (how.icon, how.accent)
        assert node.find(f"{SVG}title").text.endswith(how.label)


def test_no_two_states_look_the_same_without_colour():
    looks = look.TASK.values()
    for one, other in product(looks, looks):
        same = {one.symbol == other.symbol, one.icon == other.icon}
        assert same == {one is other}
    assert set(look.TASK) == set(TaskStatus) == set(look.LOUDNESS)
    assert set(look.RUN) == set(RunStatus)


def test_text_is_legible_on_the_ground_of_every_state():
    for how in (*look.TASK.values(), *look.RUN.values()):
        assert contrast("#57606a", how.fill) >= 4.5  # the caption
        assert contrast(how.accent, "#ffffff") >= 4.5
        assert contrast(how.accent, how.fill) >= 4


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("state", ["planned", "failed", "completed"])
def test_hostile_text_is_shown_and_adds_no_element_or_attribute(text, state):
    usual = _elements(display.svg(_run_of("id", "agent", "words", state)))
    svg = display.svg(_run_of(text, text, text, state))
    assert _elements(svg) == usual
    title = nodes(svg)[0].find(f"{SVG}title").text
    assert title.startswith(safe.visible(text)[:1000].strip())


def test_a_picture_moves_no_box_while_its_run_goes_on():
    run = Run(plan("done", "bad", "after<bad", "going<done", "later<going"))
    before, after = nodes(display.svg(run)), nodes(display.svg(mixed()))
    places = [[n.get("transform") for n in each] for each in (before, after)]
    assert places[0] == places[1]


def _saying(text: str) -> Plan:
    return Plan(
        [
            Task(text, "", "x"),
            Task("b", "", "x", [text], when=When(text, contains=text or "x")),
            Task("c", "", "x", [text], each=Each(text, field=text)),
            Task("d", "", "x", until=Until(text, equals=text)),
        ]
    )


@pytest.mark.parametrize("text", [each for each in HOSTILE if each.strip()])
def test_hostile_text_in_what_a_task_says_adds_nothing(text):
    usual = _elements(display.svg(_saying("id")))
    assert _elements(display.svg(_saying(text))) == usual
    assert _saying(text).to_dot()


def test_a_picture_shows_when_tasks_are_needed_and_how_often_they_are_done():
    drawn = ET.fromstring(display.svg(_saying("a")))
    shown = [each.text for each in drawn.iter(f"{SVG}text")]
    for said in (
        "when 'a' says 'a'",
        "for each of 'a'",
        "until 'a' is 'a', at most 3×",
    ):
        assert said in shown
    arrows = [e for e in drawn.iter() if e.get("class") == "nb-arrow"]
    assert [bool(each.get("stroke-dasharray")) for each in arrows] == [True, False]
    behind = [e for e in drawn.iter() if e.get("class") == "nb-more"]
    assert len(behind) == 2


def test_labels_end_inside_their_boxes():
    long = Plan([Task("W" * 60, "", "M" * 60), Task("iiii", "", "日本語" * 20)])
    for box, (width, _) in zip(
        outline(long).boxes, outline(long).graph.sizes, strict=True
    ):
        assert width <= 260
        assert "…" in box.heading + box.caption


def test_tasks_that_need_nothing_stand_in_rows_on_the_page():
    svg = display.svg(plan(*(f"t{n}" for n in range(30))))
    assert len(nodes(svg)) == 30
    drawn = ET.fromstring(svg)
    assert float(drawn.get("height")) < 6 * 60
    assert float(drawn.get("width")) < 1100


def test_a_small_plan_stays_small_and_runs_from_left_to_right():
    drawn = ET.fromstring(display.svg(plan("a", "b<a", "c<b")))
    assert float(drawn.get("width")) < 500
    assert float(drawn.get("height")) < 80


@pytest.mark.parametrize(
    "a_plan",
    [
        pytest.param(wide(MOST_BOXES + 1), id="many tasks"),
        pytest.param(wide(2_000), id="very many tasks"),
        pytest.param(
            Plan(
                Task(f"t{n}", "", "x", [f"t{n - 1}"] if n else []) for n in range(999)
            ),
            id="a long chain",
        ),
        pytest.param(
            Plan(Task(f"t{n}", "", "x") for n in range(200)), id="all side by side"
        ),
    ],
)
def test_a_large_plan_is_folded_and_still_counts_every_task(a_plan):
    drawn = nodes(display.svg(a_plan))
    assert len(drawn) <= 12
    sizes = [int(words(n)[0].split("· ")[1].split()[0].replace(",", "")) for n in drawn]
    assert sum(sizes) == len(a_plan)


def test_a_folded_box_shows_its_loudest_state_and_every_share():
    run = Run(wide(400)).start()
    run.complete("t1")
    run.fail("t2", ValueError("no"))
    run.begin("t3")
    first = nodes(display.svg(run))[0]
    assert first.get("class") == "nb-node nb-failed"
    assert words(first)[1] == "1 completed, 1 failed, 1 running"
    shares = {
        r.get("class"): float(r.get("width"))
        for r in first.iter(f"{SVG}rect")
        if "nb-share" in r.get("class")
    }
    assert len(shares) == len(TaskStatus)
    assert shares["nb-share nb-running"] > 0
    assert shares["nb-share nb-stale"] == 0


def test_twenty_thousand_tasks_are_shown_within_two_seconds():
    a_plan = wide(20_000)
    start = perf_counter()
    bundle = display.mimebundle(a_plan)
    assert perf_counter() - start < 2
    assert len(bundle["text/html"]) < 200_000
    assert len(bundle["text/plain"]) < 10_000


def test_nothing_planned_yet_is_a_picture_too():
    assert "planning…" in display.svg(Run(Plan()).start())
    assert "no tasks" in display.svg(Plan())


def test_positions_come_from_the_program_where_there_is_one():
    graph = outline(plan("a", "b<a")).graph
    for program in layout.programs():
        assert len(layout.from_program(program, graph).curves) == 1


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours. Source: WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        return sum(f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _run_of(id: str, agent: str, description: str, state: str):
    a_plan = Plan([Task(id, description, agent), Task("next", "", "x", [id])])
    if state == "completed":
        return finished(a_plan)
    run = Run(a_plan)
    if state == "failed":
        run.start().fail(id, ValueError(description))
        run.end("failed", description)
    return run


def _elements(svg: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.tag, tuple(each.attrib)) for each in ET.fromstring(svg).iter()]
