"""What a view must never do: jump, flicker, steal, leak, throw, contradict another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from browser import panels
from browser.bare import Bare
from browser.lab import Notebook

pytestmark = pytest.mark.browser

Lab = tuple[str, Path]

TEAM = """
import asyncio, gc, json, threading, time
from comm import get_comm_manager
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.reporting import report

go = threading.Event()

async def work(task, context):
    for n in range(1000):
        report(f"page {n}", n / 1000)
        if go.is_set():
            break
        await asyncio.sleep(0.02)
    if "fail" in task:
        raise ValueError("no column 'price'")
    return f"did {task}"

def sleeps(task, context):
    time.sleep(1)
    return f"slept {task}"

team = Orchestrator([Agent("worker", "Works", work), Agent("sleeper", "S", sleeps)],
                    max_parallel=20, journal=None)
"""
DIAMOND = """
plan = Plan([
    Task("load", "load it", "worker"),
    Task("left", "go left", "worker", ["load"]),
    Task("right", "go right", "worker", ["load"]),
    Task("join", "join them", "worker", ["left", "right"]),
])
"""
COUNTS = """
def counts():
    gc.collect()
    return [len(get_comm_manager().comms), threading.active_count(),
            len(asyncio.all_tasks())]
"""


@pytest.fixture
def said(page: Page) -> Iterator[list[str]]:
    """What the page has complained of, which is nothing in the end."""
    heard: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(f"{message.text} {message.location}")

    page.on("console", note)
    page.on("pageerror", lambda error: heard.append(f"{error} {error.stack}"))
    yield heard
    assert heard == []


def live(notebook: Notebook, cell: int) -> Locator:
    return notebook.output(cell).locator(".nbagents-live").first


def state(view: Locator) -> Locator:
    return view.locator(".nb-head .nb-state").first


def button(view: Locator, name: str) -> Locator:
    toolbar = view.get_by_role("toolbar", name="Run").first
    return toolbar.get_by_role("button", name=name)


def facts(view: Locator) -> dict[str, str]:
    """Return what a view tells of its run, without what depends on who looks."""
    return view.evaluate(
        """view => ({
          state: view.querySelector(".nb-head .nb-state").textContent,
          count: view.querySelector(".nb-count").textContent,
          forecast: view.querySelector(".nb-forecast").textContent,
          reason: view.querySelector(".nb-reason").textContent,
          others: view.querySelector(".nb-others").textContent,
          can: [...view.querySelectorAll(".nb-toolbar .nb-button")]
            .map((each) => each.ariaDisabled ?? "false").join(),
          rows: [...view.querySelectorAll(".nb-rows .nb-row")].map((row) =>
            [row.querySelector(".nb-id").textContent,
             row.querySelector(".nb-state").title,
             row.querySelector(".nb-dot")?.title ?? ""].join("|")).sort().join("; "),
          boxes: [...view.querySelectorAll(".nb-node")]
            .map((each) => each.getAttribute("aria-label")).join("; "),
        })"""
    )


def other_plan(bare: Bare, *, without: int) -> None:
    """Take the task at a place out of the plan, and tell everything anew."""
    told = panels.values()
    picture = told["picture"]
    rest = [place for place in range(len(panels.TASKS)) if place != without]
    at = {place: n for n, place in enumerate(rest)}
    tasks = [[*panels.TASKS[place][:2], at[place]] for place in rest]
    needs = [[at[n] for n in panels.TASKS[p][2] if n in at] for p in rest]
    records = {str(at[int(p)]): r for p, r in panels.RECORDS.items() if int(p) in at}
    bare.set("picture", picture | {"version": 4, "tasks": tasks, "needs": needs})
    bare.set("snapshot", panels.snapshot(2) | {"tasks": records})


def test_a_new_plan_takes_away_no_focus_no_selection_and_no_row(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    kept = bare.row("report").element_handle()
    bare.row("forecast").click()
    expect(bare.view.locator(".nb-sections")).not_to_be_empty()
    bare.view.get_by_role("button", name="Edit").click()
    typed = bare.view.get_by_role("textbox", name="result")
    typed.fill("typed and chosen")
    typed.evaluate("each => each.setSelectionRange(2, 5)")
    bare.view.locator(".nb-body").evaluate("body => { body.scrollTop = 40 }")
    other_plan(bare, without=0)
    expect(bare.view.locator(".nb-row:not(.nb-names)")).to_have_count(5)
    expect(typed).to_be_focused()
    assert typed.evaluate("each => [each.selectionStart, each.selectionEnd]") == [2, 5]
    assert bare.view.locator(".nb-body").evaluate("body => body.scrollTop") == 40
    assert kept is not None
    assert kept.evaluate("row => row.isConnected && row.dataset.place === '4'")
    expect(bare.row("forecast")).to_have_attribute("aria-selected", "true")
    search = bare.view.locator(".nb-search input")
    search.fill("a")
    other_plan(bare, without=5)
    expect(search).to_be_focused()
    expect(search).to_have_value("a")


def test_a_row_with_the_focus_keeps_it_or_gives_it_to_its_place(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.row("load").click()
    for key in ("Escape", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(bare.row("trends")).to_be_focused()
    other_plan(bare, without=0)
    expect(bare.row("trends")).to_be_focused()
    other_plan(bare, without=2)  # with the first task again: 'clean' is where it was
    expect(bare.row("clean")).to_be_focused()


def test_a_new_plan_scrolls_nothing(page: Page) -> None:
    bare = Bare(page, panels.values(200))
    bare.answer("look", panels.details(1))
    bare.row("clean").click()
    table = bare.view.locator(".nb-table")
    table.evaluate("table => table.scrollTo(0, 2000)")
    picture = panels.values(201)["picture"] | {"version": 4}
    bare.set("picture", picture)
    assert table.evaluate("table => table.scrollTop") == 2000
    expect(bare.row("t75")).to_be_visible()


def test_what_can_be_done_is_looked_up_again_when_a_need_is_done(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    bare.row("forecast").click()
    expect(bare.view.locator(".nb-sections")).not_to_be_empty()
    before = len(bare.sent("look"))
    trends = [panels.COMPLETED, 4.0, 900, None, "", 0.0014, 2, None]
    bare.set("patch", {"number": 2, "tasks": {"2": trends}})
    page.wait_for_function(
        "n => model.sent.filter(m => m.ask === 'look').length > n", arg=before
    )


def test_the_buttons_of_a_task_that_is_gone_do_nothing_to_another(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    bare.row("forecast").click()
    bare.view.get_by_role("button", name="Edit").click()
    bare.view.get_by_role("textbox", name="result").fill("kept")
    other_plan(bare, without=4)
    task = bare.view.get_by_role("toolbar", name="Task")
    for name in ("Skip", "Retry", "Break"):
        task.get_by_role("button", name=name, exact=True).click(force=True)
    assert bare.sent("skip", "retry", "break") == []
    expect(bare.view.get_by_role("textbox", name="result")).to_have_value("kept")


def test_views_on_one_page_share_no_id(page: Page) -> None:
    bare = Bare(page, panels.values())
    page.evaluate(SECOND)
    expect(page.locator(".nb-view")).to_have_count(2)
    ids = page.locator("[id]").evaluate_all("all => all.map((each) => each.id)")
    assert len(ids) == len(set(ids))
    assert bare.sent() == []


def test_letters_typed_into_a_choice_do_not_reach_the_notebook(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    bare.row("forecast").click()
    page.evaluate("addEventListener('keydown', (e) => (window.heard = e.key))")
    bare.view.get_by_role("combobox").last.focus()
    for key in "abd":
        page.keyboard.press(key)
    assert page.evaluate("window.heard") is None


def test_a_cut_view_waits_for_no_timeline(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.view.get_by_role("tab", name="Timeline").click()
    bare.fire("comm:close")
    words = bare.view.locator(".nb-timeline-words")
    expect(words).to_have_text("Not connected to a kernel.")


def test_what_a_frame_does_not_change_stays_the_same_node(page: Page) -> None:
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    bare.row("forecast").click()
    expect(bare.view.locator(".nb-sections")).not_to_be_empty()
    page.wait_for_timeout(600)  # the looks of the view are at an end
    page.evaluate(NOTE_NEW_NODES)
    for number in range(2, 6):
        bare.set("snapshot", panels.snapshot(number))
        bare.set("marks", panels.values()["marks"])
        bare.set("patch", {"number": number, "tasks": {}})
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.evaluate("window.nbNew") == []


def test_a_pause_is_told_until_what_is_at_work_has_finished(page: Page) -> None:
    told = panels.values()
    can = panels.CAN | {"pause": "", "step": "the run is running"}
    told["snapshot"] = panels.snapshot(status="running", reason="", can=can)
    bare = Bare(page, told)
    bare.answer("pause", {"ok": True})
    bare.view.get_by_role("button", name="Pause").click()
    reason = bare.view.locator(".nb-reason")
    expect(reason).to_have_text("pausing: what is at work finishes first")
    bare.set("snapshot", panels.snapshot(2, status="running", reason="", can=can))
    expect(reason).to_have_text("pausing: what is at work finishes first")
    bare.set("snapshot", panels.snapshot(3, reason="you paused it"))
    expect(reason).to_have_text("you paused it")


def test_a_kernel_that_is_busy_moves_nothing_in_the_view(page: Page) -> None:
    bare = Bare(page, panels.values())
    pane = bare.view.locator(".nb-pane")
    before = pane.bounding_box()
    bare.view.get_by_role("button", name="Resume").click()
    expect(bare.view.locator(".nb-notice")).to_contain_text("The kernel is busy")
    assert pane.bounding_box() == before
    for message in bare.sent("resume"):
        bare.reply(message, {"ok": True})
    expect(bare.view.locator(".nb-notice")).to_be_empty()
    assert pane.bounding_box() == before


@pytest.mark.parametrize("width", [420, 760, 1200])
def test_the_numbers_of_the_states_move_no_row(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    bare = Bare(page, panels.values())
    bare.answer("look", panels.details())
    bare.row("forecast").click()
    table = bare.view.locator(".nb-table")
    before = table.bounding_box()
    same = dict.fromkeys("012345", panels.RECORDS["0"])
    bare.set("snapshot", panels.snapshot(2) | {"tasks": same})
    expect(bare.view.locator(".nb-chip:visible")).to_have_count(1)
    assert table.bounding_box() == before


@pytest.mark.parametrize("width", [1000, 1400])
def test_words_of_a_stop_move_nothing_below_the_buttons(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    bare = Bare(page, panels.values(forecast=""))
    bare.set("snapshot", panels.snapshot(2, status="running", reason=""))
    pane = bare.view.locator(".nb-pane")
    before = pane.bounding_box()
    bare.set("snapshot", panels.snapshot(3))
    bare.set("forecast", "3 tasks will run · about 4.2 s · $0.01")
    expect(bare.view.locator(".nb-reason")).not_to_be_empty()
    assert pane.bounding_box() == before


# A module of its own, as each widget of a notebook has.
SECOND = """async () => {
  const source = await (await fetch(window.liveLink)).text();
  const link = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: live } = await import(link);
  const el = document.body.appendChild(document.createElement("div"));
  live.render({ model, el });
}"""
NOTE_NEW_NODES = """() => {
  window.nbNew = [];
  new MutationObserver((all) => {
    for (const { addedNodes, target } of all)
      for (const node of addedNodes)
        if (node.nodeType === Node.ELEMENT_NODE)
          window.nbNew.push(`${node.outerHTML} in ${target.outerHTML}`);
  }).observe(document.querySelector(".nb-view"), { childList: true, subtree: true });
}"""
