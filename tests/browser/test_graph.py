"""The graph and the timeline, on a page without JupyterLab."""

import pytest
from playwright.sync_api import Page, expect

from browser.bare_graph import Bare
from display.runs import HOSTILE, START, Run, plan, wide
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.graph import Plan, Task

pytestmark = pytest.mark.browser

LONG = [
    "Wide Words Without end " * 9,
    "日本語のタスク" * 20,
    "🦊👩‍👩‍👧‍👦" * 30,
    "שלום עולם " * 20,
    "i" * 300,
    HOSTILE[0],
]


def _diamond() -> Run:
    a_plan = plan("load", "left<load", "right<load", "join<left,right")
    run = Run(a_plan).start()
    run.complete("load", "12 rows")
    run.begin("left", 1)
    run.say("left", "page 3 of 10", 0.3)
    run.begin("right", 1)
    return run


def test_a_box_says_what_its_task_does_and_keeps_its_name_current(page: Page) -> None:
    run = _diamond()
    bare = Bare(page, run)
    left = bare.node("left")
    expect(left.locator(".nb-note")).to_have_text("page 3 of 10")
    expect(page.get_by_role("button", name="worker, running")).to_have_count(2)
    expect(left.locator("title").first).to_contain_text("worker, running")
    expect(left.locator(".nb-ring")).to_have_attribute("stroke-dasharray", "0.3 1")
    expect(bare.node("right").locator(".nb-ring")).to_have_class("nb-ring nb-turning")
    run.emit(
        e.ModelAsked(START, "left", 1, "m", [{"role": "user", "content": "x"}]),
        e.ModelAnswered(START, "left", 1, "m", 1000, 204, 0.5, 0.012),
    )
    run.complete("left", "fine", at=3)
    bare.update()
    expect(left.locator(".nb-note")).to_have_text("1,204 tokens · $0.012")
    expect(left.locator("title").first).to_contain_text("worker, completed")
    expect(left.locator(".nb-ring")).to_be_hidden()


def test_a_retried_task_says_how_often_it_was_tried(page: Page) -> None:
    run = Run(plan("a")).start()
    run.begin("a")
    run.emit(e.TaskRetried(START + 1, "a", 1, Failure.of(ValueError("x")), 1.0))
    run.begin("a", 2, 2)
    run.emit(e.TaskCompleted(START + 4, "a", 2, "fine"))
    bare = Bare(page, run)
    expect(bare.node("a").locator(".nb-time")).to_have_text("×2 2.0 s")


@pytest.mark.parametrize("text", LONG, ids=["wide", "cjk", "emoji", "rtl", "i", "tag"])
def test_no_text_leaves_its_box(page: Page, text: str) -> None:
    run = Run(Plan([Task(text, "", text), Task("b", "", text, [text])])).start()
    run.complete(text, text)
    run.begin("b")
    run.say("b", text)
    Bare(page, run)
    expect(page.locator(".nb-node")).to_have_count(2)
    assert page.evaluate(_OUTSIDE) == []


def test_a_click_and_the_keyboard_select_a_task_along_the_arrows(page: Page) -> None:
    bare = Bare(page, _diamond())
    bare.node("load").click()
    expect(bare.node("load")).to_have_attribute("aria-current", "true")
    expect(page.locator(".nb-near")).to_have_count(2)
    expect(page.locator(".nb-scroll [tabindex='0']")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(bare.node("join")).to_be_focused()
    expect(bare.node("load")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(bare.node("join")).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    shown = page.locator(".nb-node[aria-current]")
    expect(shown).to_have_count(1)
    assert shown.locator(".nb-heading").text_content() in {"left", "right"}


def test_breakpoints_are_dots_that_are_said_as_well(page: Page) -> None:
    bare = Bare(page, _diamond())
    bare.set("marks", {"tasks": {"1": ["before"]}, "others": []})
    expect(bare.node("left").locator(".nb-mark circle")).to_have_count(2)
    title = bare.node("left").locator("title").first
    expect(title).to_contain_text("worker, running, breakpoint before")
    bare.set("marks", {"tasks": {}, "others": []})
    expect(page.locator(".nb-mark")).to_have_count(0)


def test_zoom_keeps_what_is_under_the_pointer_and_a_drag_moves_it(page: Page) -> None:
    bare = Bare(page, Run(wide(100)).start())
    scroller = page.locator(".nb-scroll")
    scroller.evaluate("each => each.scrollTo(60, 40)")
    before = bare.node("t25").bounding_box()
    assert before is not None
    x, y = before["x"] + 20, before["y"] + 10
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(scroller.locator("> svg")).not_to_have_css("min-width", "600px")
    page.wait_for_function(
        "width => document.querySelector('.nb-node .nb-ground')"
        ".getBoundingClientRect().width > width * 2.5",
        arg=before["width"],
    )
    after = bare.node("t25").bounding_box()
    assert after is not None
    ratio = after["width"] / before["width"]
    assert after["x"] + 20 * ratio == pytest.approx(x, abs=3)
    assert after["y"] + 10 * ratio == pytest.approx(y, abs=3)

    width = scroller.locator("> svg").evaluate("each => each.clientWidth")
    bare.update()
    assert scroller.locator("> svg").evaluate("each => each.clientWidth") == width
    at = scroller.evaluate("each => [each.scrollLeft, each.scrollTop]")
    page.mouse.down()
    page.mouse.move(x - 50, y - 30, steps=4)
    page.mouse.up()
    moved = scroller.evaluate("each => [each.scrollLeft, each.scrollTop]")
    assert [moved[0] - at[0], moved[1] - at[1]] == pytest.approx([50, 30], abs=2)
    expect(page.locator(".nb-node[aria-current]")).to_have_count(0)


def test_keys_and_buttons_zoom_and_the_wheel_alone_does_not(page: Page) -> None:
    bare = Bare(page, Run(wide(100)).start())
    drawing = page.locator(".nb-scroll > svg")
    start = drawing.evaluate("each => each.clientWidth")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -100)
    bare.node("t1").focus()
    assert drawing.evaluate("each => each.clientWidth") == start
    page.keyboard.press("+")
    larger = drawing.evaluate("each => each.clientWidth")
    assert larger == pytest.approx(start * 1.25, rel=0.02)
    page.get_by_role("button", name="Fit the whole graph").click()
    room = page.locator(".nb-scroll").evaluate(
        "each => each.scrollHeight <= each.clientHeight + 1"
        " && each.scrollWidth <= each.clientWidth + 1"
    )
    assert room
    page.get_by_role("button", name="Zoom in").click()
    assert drawing.evaluate("each => each.clientWidth") < larger


def test_a_folded_box_is_opened_and_left_again(page: Page) -> None:
    run = Run(wide(400)).start()
    bare = Bare(page, run)
    page.locator(".nb-node").nth(1).click()
    crumbs = page.get_by_role("navigation", name="Shown part of the graph")
    expect(crumbs).to_have_text("Whole graph\u203aLevels 3 to 4 · 40 tasks")
    assert bare.sent[-1]["open"] == 1
    assert bare.sent[-1]["version"] == 1
    expect(page.locator(".nb-node")).to_have_count(40)
    expect(page.locator(".nb-stub")).to_have_count(2)
    run.complete("t41")
    bare.update()
    expect(bare.node("t41")).to_have_class("nb-node nb-completed")
    bare.node("t41").click()
    page.get_by_role("button", name="Show around").click()
    expect(crumbs).to_contain_text("Around t41")
    assert bare.sent[-1]["around"] == 41
    page.keyboard.press("Escape")
    expect(crumbs).not_to_contain_text("Around")
    crumbs.get_by_role("button", name="Whole graph").click()
    expect(page.locator(".nb-node")).to_have_count(10)
    expect(crumbs).to_be_hidden()


def test_a_part_that_cannot_be_had_is_said_and_nothing_changes(page: Page) -> None:
    bare = Bare(page, Run(wide(400)).start())
    del bare.answers["draw"]
    page.locator(".nb-node").nth(1).click()
    expect(page.locator(".nb-pane-said")).to_have_text("not here")
    expect(page.locator(".nb-node")).to_have_count(10)


def test_a_graph_of_many_boxes_can_be_folded_and_a_new_plan_shows_the_whole(
    page: Page,
) -> None:
    bare = Bare(page, Run(wide(60)).start())
    expect(page.locator(".nb-node")).to_have_count(60)
    page.get_by_role("button", name="Fold").click()
    expect(page.locator(".nb-node")).to_have_count(3)
    bare.set("picture", page.evaluate("() => ({...model.get('picture'), version: 2})"))
    expect(page.locator(".nb-node")).to_have_count(60)


def test_the_timeline_shows_a_row_a_task_and_says_what_determined_the_end(
    page: Page,
) -> None:
    run = Run(plan("load", "left<load", "right<load", "join<left,right")).start()
    for id, start, end in (("load", 0, 2), ("left", 3, 4), ("right", 2, 7)):
        run.begin(id, start)
        run.complete(id, at=end)
    run.begin("join", 7)
    run.complete("join", at=8)
    run.end(at=8)
    Bare(page, run)
    page.get_by_role("tab", name="Graph").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Timeline")).to_be_focused()
    expect(page.locator(".nb-timeline-words")).to_have_text(
        "8.0 s, of which 8.0 s on the critical path: load \u203a right \u203a join; "
        "1 task waited 1.0 s in all to start"
    )
    assert page.locator(".nb-bar-id").all_text_contents() == [
        "load",
        "right",
        "left",
        "join",
    ]
    assert page.locator(".nb-tick").all_text_contents() == [
        "0",
        *(f"{second} s" for second in range(1, 8)),
        "",
    ]
    expect(page.locator(".nb-track .nb-critical")).to_have_count(3)
    expect(page.locator(".nb-track .nb-wait")).to_have_count(1)
    page.locator(".nb-bar-row", has_text="left").click()
    expect(page.locator(".nb-timeline-said")).to_have_text(
        "left: ready at 2.00 s; waited 1.0 s; "
        "completed, 3.00 s to 4.00 s (1.0 s, worker)"
    )
    page.locator(".nb-timeline-rows").press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen.locator(".nb-bar-id")).to_have_text("join")


def test_the_timeline_of_two_thousand_tasks_has_few_rows(page: Page) -> None:
    run = Run(wide(2000)).start()
    for n in range(2000):
        run.begin(f"t{n}", n)
        run.complete(f"t{n}", at=n + 1)
    Bare(page, run, at=2000)
    page.get_by_role("tab", name="Timeline").click()
    expect(page.locator(".nb-bar-id").first).to_have_text("t0")
    assert page.locator(".nb-bar-row").count() < 40
    page.locator(".nb-timeline-rows").evaluate("each => each.scrollTo(0, 1e6)")
    expect(page.locator(".nb-bar-id", has_text="t1999")).to_be_visible()
    assert page.locator(".nb-bar-row").count() < 40
    assert page.locator(".nb-tick").nth(1).text_content() == "5:00 min"


def test_nothing_turns_where_motion_is_not_wanted(page: Page) -> None:
    turning = "each => getComputedStyle(each).animationName"
    bare = Bare(page, _diamond())
    ring = bare.node("right").locator(".nb-ring")
    assert ring.evaluate(turning) == "nb-turning"
    page.emulate_media(reduced_motion="reduce")
    assert ring.evaluate(turning) == "none"


# Texts whose drawn part is not within the outline of their box.
_OUTSIDE = """() => [...document.querySelectorAll(".nb-node text")].filter((text) => {
  const node = text.closest(".nb-node");
  const box = node.querySelector(".nb-ground").getBoundingClientRect();
  const drawn = text.getBoundingClientRect();
  return drawn.width && (drawn.left < box.left || drawn.right > box.right
    || drawn.top < box.top || drawn.bottom > box.bottom);
}).map((text) => text.textContent)"""
