"""Toolbar, inspector, editor and search of a view whose kernel the test plays."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser import axe, panels
from browser.bare import Bare
from browser.panels import COMPLETED, FAILED, RUNNING, details, snapshot, values

pytestmark = pytest.mark.browser

OK = {"ok": True}
HOSTILE = '<img src=x onerror="window.acted=1"><script>window.acted=1</script>'
AT = {"version": 3, "task": 4}


def button(bare: Bare, name: str, within: str = ".nb-toolbar") -> Locator:
    return bare.view.locator(within).get_by_role("button", name=name, exact=True)


def inspector(bare: Bare) -> Locator:
    return bare.view.locator(".nb-inspector")


def opened(page: Page, **answer: Any) -> Bare:
    """Return a view in which the task `forecast` is looked into."""
    bare = Bare(page, values())
    bare.answer("look", details(**answer))
    bare.row("forecast").click()
    expect(inspector(bare).locator(".nb-description")).not_to_be_empty()
    return bare


def editing(page: Page, **answer: Any) -> tuple[Bare, Locator]:
    """Return a view in which `forecast` is edited, and the text of its result."""
    bare = opened(page, **answer)
    button(bare, "Edit", ".nb-verbs").click()
    return bare, inspector(bare).get_by_role("textbox", name="Result")


def shown(bare: Bare) -> list[str]:
    return bare.view.locator(".nb-rows .nb-row .nb-id").all_inner_texts()


def test_the_toolbar_offers_what_can_be_done_and_says_why_not(page: Page) -> None:
    bare = Bare(page, values())
    expect(bare.view.locator(".nb-reason")).to_have_text("breakpoint before 'forecast'")
    expect(bare.view.locator(".nb-forecast")).to_contain_text("3 tasks will run")
    expect(bare.view.locator(".nb-others")).to_have_text("stops when expensive")
    pause = button(bare, "Pause")
    expect(pause).to_have_attribute("aria-disabled", "true")
    expect(pause).to_have_attribute("title", "Pause: the run is paused already")
    pause.click(force=True)
    page.keyboard.press("p")
    assert bare.sent() == []
    for name in ("Resume", "Step", "Stop"):
        bare.answer(name.lower(), OK)
        button(bare, name).click()
    bare.view.locator(".nb-rows .nb-row").first.focus()
    page.keyboard.press("r")
    page.keyboard.press("n")
    verbs = ["resume", "step", "stop", "resume", "step"]
    assert bare.asked() == [{"ask": verb, "version": 3} for verb in verbs]
    assert len({each["number"] for each in bare.sent()}) == len(verbs)
    bare.set(
        "snapshot", snapshot(2, can=panels.CAN | {"pause": "", "resume": "it runs"})
    )
    expect(pause).to_have_attribute("aria-disabled", "false")
    expect(button(bare, "Resume")).to_have_attribute("aria-description", "it runs")


def test_keys_of_the_view_do_not_reach_the_notebook_and_others_do(page: Page) -> None:
    bare = opened(page)
    page.evaluate(
        "window.heard = [];"
        " document.addEventListener('keydown', e => heard.push(e.key))"
    )
    bare.row("forecast").focus()
    for key in ("r", "n", "ArrowUp", "x", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("heard") == ["x"]
    page.keyboard.press("/")
    page.keyboard.type("rpn")
    assert page.evaluate("heard") == ["x"]
    assert bare.asked("pause") == []


def test_a_pressed_button_is_pressed_until_the_answer(page: Page) -> None:
    bare = Bare(page, values())
    resume = button(bare, "Resume")
    resume.click()
    expect(resume).to_have_attribute("aria-busy", "true")
    resume.click()
    assert len(bare.sent("resume")) == 1
    notice = bare.view.locator(".nb-notice")
    expect(notice).to_contain_text("The kernel is busy with a cell")
    bare.reply({"number": "of another view"}, {"error": "not for you"})
    expect(resume).to_have_attribute("aria-busy", "true")
    bare.reply(bare.sent("resume")[0], OK)
    expect(resume).to_have_attribute("aria-busy", "false")
    expect(notice).to_be_empty()
    expect(bare.view.locator(".nb-alert")).to_be_empty()


def test_an_error_is_text_and_goes_when_it_is_dismissed_or_something_works(
    page: Page,
) -> None:
    bare = Bare(page, values())
    bare.answer("resume", {"error": HOSTILE, "notes": [f"Try: {HOSTILE}"]})
    bare.answer("step", OK)
    alert = bare.view.locator(".nb-alert[role=alert]")
    button(bare, "Resume").click()
    expect(alert.locator(".nb-fault")).to_have_text(HOSTILE)
    expect(alert.locator(".nb-note")).to_have_text(f"Try: {HOSTILE}")
    alert.get_by_role("button", name="Dismiss").click()
    expect(alert).to_be_empty()
    button(bare, "Resume").click()
    expect(alert).not_to_be_empty()
    button(bare, "Step").click()
    expect(alert).to_be_empty()
    assert page.evaluate("window.acted") is None


def test_a_task_is_told_by_its_record_before_the_kernel_answers(page: Page) -> None:
    bare = Bare(page, values())
    bare.row("forecast").click()
    panel = inspector(bare)
    expect(panel.locator(".nb-title")).to_contain_text("failed")
    expect(panel.locator(".nb-facts")).to_have_text(
        "analyst · 1.9 s · 640 tokens · $0.0011 · 2 attempts"
    )
    expect(panel.locator(".nb-remark")).to_have_text("ValueError: no column 'price'")
    expect(panel.locator(".nb-needs .nb-link")).to_have_text(["clean", "trends"])
    retry = button(bare, "Retry", ".nb-verbs")
    expect(retry).to_have_attribute("title", re.compile("has not answered yet"))
    bare.reply(bare.sent("look")[0], details())
    expect(retry).to_have_attribute("aria-disabled", "false")
    expect(panel.locator(".nb-description")).to_contain_text("next quarter")
    panel.get_by_role("button", name="trends").click()
    expect(panel.locator(".nb-title")).to_contain_text("trends")
    expect(bare.row("trends")).to_have_attribute("aria-selected", "true")
    expect(bare.row("forecast")).to_have_attribute("aria-selected", "false")


def test_what_is_done_with_a_task_is_sent_with_its_place(page: Page) -> None:
    bare = opened(page)
    verbs = ("retry", "resume", "skip", "break", "replace")
    for verb in verbs:
        bare.answer(verb, OK)
    for name in ("Step", "Run to here", "Retry", "Skip"):
        button(bare, name, ".nb-verbs").click(force=True)
    stop = button(bare, "Break", ".nb-verbs")
    expect(stop).to_have_attribute("aria-pressed", "true")
    stop.click()
    inspector(bare).get_by_label("When to stop").select_option("failure")
    expect(stop).to_have_attribute("aria-pressed", "false")
    stop.click()
    button(bare, "with…", ".nb-verbs").click()
    inspector(bare).get_by_label("Agent", exact=True).select_option("writer")
    button(bare, "Retry", ".nb-form").click()
    expect(bare.view.locator(".nb-form")).to_be_hidden()
    button(bare, "Replace", ".nb-verbs").click()
    expect(bare.view.locator(".nb-form")).to_contain_text("All tasks of 'analyst'")
    button(bare, "Replace", ".nb-form").click()
    expect(bare.view.locator(".nb-form")).to_be_hidden()
    assert bare.asked("step", *verbs) == [
        {"ask": "resume", **AT},
        {"ask": "retry", **AT},
        {"ask": "skip", **AT},
        {"ask": "break", **AT, "on": False, "when": "before"},
        {"ask": "break", **AT, "on": True, "when": "failure"},
        {"ask": "retry", **AT, "agent": "writer"},
        {"ask": "replace", "version": 3, "agent": "analyst", "by": "coder"},
    ]


def test_a_form_stays_open_while_the_run_goes_on(page: Page) -> None:
    bare = opened(page)
    button(bare, "Replace", ".nb-verbs").click()
    inspector(bare).get_by_label("Agent", exact=True).select_option("writer")
    before = len(bare.sent("look"))
    bare.set("snapshot", snapshot(2, status="running"))
    page.wait_for_function(
        "n => model.sent.filter(m => m.ask === 'look').length > n", arg=before
    )
    chosen = inspector(bare).get_by_label("Agent", exact=True)
    expect(chosen).to_have_value("writer")


def test_typed_text_is_lost_by_nothing_but_cancel(page: Page) -> None:
    bare, result = editing(page)
    result.fill("12 % more")
    changed = snapshot(2, status="running")
    changed["tasks"]["4"] = [COMPLETED, 3.0, 900, None, "", 0.002, 3, None]
    bare.set("snapshot", changed)
    expect(bare.row("forecast").locator(".nb-state")).to_have_attribute(
        "title", "completed"
    )
    bare.row("load").click()
    expect(result).to_have_count(0)
    bare.row("forecast").click()
    expect(result).to_have_value("12 % more")
    button(bare, "Close", ".nb-inspector").click()
    expect(inspector(bare)).to_be_hidden()
    bare.row("forecast").click()
    expect(result).to_have_value("12 % more")
    # Another plan, in which the task has another place.
    picture = values()["picture"]
    picture["tasks"].insert(0, ["first", "loader", 0])
    picture["needs"] = [[], *[[n + 1 for n in needs] for needs in picture["needs"]]]
    bare.set("picture", picture | {"version": 4})
    expect(result).to_have_value("12 % more")
    bare.answer("edit", {"error": "the run is busy", "notes": []})
    button(bare, "Save", ".nb-editor").click()
    expect(bare.view.locator(".nb-editor .nb-fault")).to_have_text("the run is busy")
    expect(result).to_have_value("12 % more")
    sent = {
        "ask": "edit",
        "version": 4,
        "task": 5,
        "result": "12 % more",
        "kind": "text",
    }
    assert bare.asked("edit") == [sent]
    # The plan has the task no more.
    bare.set("picture", picture | {"version": 5, "tasks": picture["tasks"][:2]})
    expect(result).to_have_value("12 % more")
    button(bare, "Cancel", ".nb-editor").click()
    expect(result).to_have_count(0)


def test_json_that_is_none_is_told_beside_the_text(page: Page) -> None:
    kept = {"kind": "json", "text": '{"a": 1}', "why": ""}
    bare, result = editing(page, result=kept)
    words = "This is not JSON: line 1, column 9."
    bare.answer("edit", {"error": words, "notes": ["Try: add }"]})
    result.fill('{"a": 2 ')
    result.press("Control+Enter")
    fault = bare.view.locator(".nb-editor .nb-fault")
    expect(fault).to_contain_text(words)
    expect(bare.view.locator(".nb-alert")).to_be_empty()
    expect(result).to_have_value('{"a": 2 ')
    bare.answer("edit", OK)
    result.fill('{"a": 2}')
    inspector(bare).get_by_role("textbox", name="Description").fill("Do it by hand")
    result.press("Control+Enter")
    expect(result).to_have_count(0)
    both = {"description": "Do it by hand", "result": '{"a": 2}', "kind": "json"}
    assert bare.asked("edit")[1:] == [{"ask": "edit", **AT, **both}]


def test_escape_asks_only_where_something_was_typed(page: Page) -> None:
    bare, result = editing(page)
    result.press("Escape")
    expect(result).to_have_count(0)
    expect(inspector(bare)).to_be_visible()
    button(bare, "Edit", ".nb-verbs").click()
    result.fill("else")
    result.press("Escape")
    expect(bare.view.locator(".nb-asking")).to_contain_text("Discard what you typed?")
    expect(result).to_have_value("else")
    button(bare, "Go on editing", ".nb-asking").click()
    expect(result).to_be_focused()
    result.press("Escape")
    button(bare, "Discard", ".nb-asking").click()
    expect(result).to_have_count(0)
    assert bare.sent("edit") == []


def test_what_cannot_be_edited_says_why(page: Page) -> None:
    why = "it is a DataFrame: run.edit('forecast', result=...) in a cell"
    bare, result = editing(page, result={"kind": "other", "text": "", "why": why})
    expect(bare.view.locator(".nb-editor")).to_contain_text(why)
    expect(result).to_have_count(0)
    expect(inspector(bare).get_by_role("textbox", name="Description")).to_be_focused()


def test_rows_are_walked_and_opened_by_keys(page: Page) -> None:
    bare = Bare(page, values(2000))
    bare.answer("look", details())
    bare.view.get_by_label("Find tasks by").focus()
    grid = bare.view.get_by_role("grid")
    bare.row("load").focus()
    page.keyboard.press("ArrowDown")
    expect(bare.row("clean")).to_be_focused()
    page.keyboard.press("End")
    expect(bare.row("t1999")).to_be_focused()
    expect(bare.row("t1999")).to_be_in_viewport()
    assert bare.view.locator(".nb-rows .nb-row").count() < 60
    grid.evaluate("table => table.scrollTo(0, 20000)")
    expect(bare.row("t745")).to_be_attached()
    expect(bare.row("t1999")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(inspector(bare)).to_be_visible()
    expect(bare.row("load")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(inspector(bare)).to_be_hidden()
    expect(bare.row("load")).to_be_focused()


def test_search_and_states_leave_the_tasks_that_match(page: Page) -> None:
    bare = Bare(page, values())
    bare.row("load").focus()
    page.keyboard.press("/")
    search = bare.view.get_by_label("Find tasks by")
    expect(search).to_be_focused()
    matches = bare.view.locator(".nb-matches")
    for words, ids in {
        "ANALYST": ["clean", "trends", "forecast"],
        "waiting": ["chart"],
        "no column": ["forecast"],
        ".*": [],
    }.items():
        search.fill(words)
        number = len(ids)
        expect(matches).to_have_text(f"{number} match{'' if number == 1 else 'es'}")
        assert shown(bare) == ids
    search.press("Escape")
    expect(search).to_have_value("")
    assert len(shown(bare)) == 6
    bare.view.get_by_role("button", name="1 failed").click()
    assert shown(bare) == ["forecast"]
    patch = {"number": 2, "tasks": {"0": [FAILED, 1, 0, None, "gone", 0, 1, None]}}
    bare.set("patch", patch)
    expect(matches).to_have_text("2 matches")
    assert set(shown(bare)) == {"load", "forecast"}


def test_details_keep_what_is_open_and_scrolled_while_they_change(page: Page) -> None:
    long = panels.HTML.replace("Feb    13.1", "Feb    13.1\n" * 60)
    bare = opened(page, html=long)
    panel = inspector(bare)
    panel.get_by_text("prompt").click()
    expect(panel.get_by_text("You are an analyst.")).to_be_visible()
    panel.get_by_text("error", exact=True).click()
    expect(panel.get_by_text("Traceback")).to_be_hidden()
    body = panel.locator(".nb-body")
    body.evaluate("body => { body.scrollTop = 300 }")
    first = panel.locator("pre").first.element_handle()
    again = long.replace("2 messages, 420", "3 messages, 900").replace(
        "month  price\n", ""
    )
    bare.answer("look", details(html=again.replace("Traceback", "Traceback!")))
    bare.set("snapshot", snapshot(2, status="running"))
    expect(panel.get_by_text("3 messages, 900")).to_be_attached()
    expect(panel.get_by_text("You are an analyst.")).to_be_visible()
    expect(panel.get_by_text("Traceback!")).to_be_hidden()
    assert body.evaluate("body => body.scrollTop") == 300
    assert first is not None


def test_questions_do_not_pile_up_where_nobody_answers(page: Page) -> None:
    bare = Bare(page, values())
    for id in ("load", "clean", "trends", "report"):
        bare.row(id).click()
    expect(bare.view.locator(".nb-notice")).to_contain_text("busy")
    assert [each["task"] for each in bare.sent("look")] == [0]
    bare.answer("look", details(5))
    bare.reply(bare.sent("look")[0], details(0))
    expect(inspector(bare).locator(".nb-description")).not_to_be_empty()
    assert [each["task"] for each in bare.sent("look")] == [0, 5]


def test_a_view_that_lost_its_kernel_keeps_what_it_saw(page: Page) -> None:
    bare = opened(page)
    bare.fire("comm:close")
    expect(bare.view.locator(".nb-notice")).to_contain_text("Not connected")
    expect(bare.row("forecast")).to_be_visible()
    button(bare, "Resume").click()
    expect(bare.view.locator(".nb-alert")).to_contain_text("Not connected")
    assert bare.sent("resume") == []


def test_a_closed_view_listens_to_nothing(page: Page) -> None:
    bare = Bare(page, values())
    button(bare, "Resume").click()
    page.evaluate("close_view()")
    assert page.evaluate("model.listening()") == 2  # those of the model itself


def test_a_page_to_read_has_no_verbs(page: Page) -> None:
    bare = Bare(page, values(readonly=True))
    bare.answer("look", details())
    bare.row("forecast").click()
    expect(inspector(bare).get_by_text("Traceback")).to_be_visible()
    expect(bare.view.locator(".nb-reason")).to_be_visible()
    for name in ("Resume", "Pause", "Step", "Stop", "Retry", "Edit", "Break"):
        expect(bare.view.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.keyboard.press("r")
    assert {each["ask"] for each in bare.sent()} == {"look"}


def test_hostile_words_of_a_run_and_its_details_are_inert(page: Page) -> None:
    given = values(
        forecast=HOSTILE, marks={"tasks": {"4": [HOSTILE]}, "others": [HOSTILE]}
    )
    given["picture"]["tasks"][4] = [HOSTILE, HOSTILE, 4]
    given["snapshot"]["run"]["reason"] = HOSTILE
    given["snapshot"]["tasks"]["4"][4] = HOSTILE
    bare = Bare(page, given)
    says = {"description": HOSTILE, "agent": HOSTILE, "agents": [HOSTILE, "b"]}
    result = {"kind": "text", "text": HOSTILE, "why": ""}
    bare.answer("look", details(html=f"<div>{HOSTILE}</div>", result=result, **says))
    bare.view.locator(".nb-rows .nb-row").nth(4).click()
    expect(inspector(bare).locator(".nb-description")).to_have_text(HOSTILE)
    button(bare, "Replace", ".nb-verbs").click()
    button(bare, "Edit", ".nb-verbs").click()
    value = inspector(bare).get_by_role("textbox", name="Result")
    expect(value).to_have_value(HOSTILE)
    assert page.evaluate("window.acted") is None
    assert bare.view.locator("script, [onerror]").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_the_panel_is_beside_the_table_where_there_is_room(
    page: Page, dark: bool
) -> None:
    bare = Bare(page, values(), dark=dark)
    bare.answer("look", details())
    bare.answer("skip", {"error": "it cannot be", "notes": []})
    bare.row("forecast").click()
    button(bare, "Skip", ".nb-verbs").click()
    button(bare, "Edit", ".nb-verbs").click()
    table, panel = bare.view.locator(".nb-table"), inspector(bare)
    for width, is_beside in ((1200, True), (700, False), (380, False)):
        page.set_viewport_size({"width": width, "height": 1000})
        left, right = table.bounding_box(), panel.bounding_box()
        assert left is not None
        assert right is not None
        assert (right["x"] > left["x"] + left["width"] - 1) is is_beside
        assert right["height"] <= 460
        view = bare.view.evaluate("view => view.scrollWidth - view.clientWidth")
        assert view <= 0
        found = axe.serious(page, ".nb-view")
        assert found == [], "\n".join(found)


def test_a_waiting_task_looks_like_waiting_and_a_stop_has_a_dot(page: Page) -> None:
    bare = Bare(page, values())
    chart = bare.row("chart")
    expect(chart.locator(".nb-state")).to_have_attribute("title", "waiting")
    expect(chart.locator(".nb-remark")).to_have_text(
        re.compile(r"tries again in \d.* after rate limit reached")
    )
    expect(
        bare.row("forecast").get_by_role("img", name="Breakpoint: before")
    ).to_be_visible()
    bare.set("marks", {"tasks": {"3": ["after"]}, "others": []})
    expect(bare.row("forecast").get_by_role("img")).to_have_count(0)
    expect(chart.get_by_role("img", name="Breakpoint: after")).to_be_visible()
    expect(bare.row("trends").locator(".nb-tries")).to_have_text("2")
    running = {"number": 2, "tasks": {"3": [RUNNING, 0, 0, None, "", 0, 2, None]}}
    bare.set("patch", running)
    expect(chart.locator(".nb-state")).to_have_attribute("title", "running")
