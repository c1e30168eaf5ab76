"""The live view in a real JupyterLab, as a person would see it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.lab import Notebook
from nbagents.display.painter import REPEAT

pytestmark = pytest.mark.browser

Lab = tuple[str, Path]

TEAM = """
import asyncio, gc, json
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.reporting import report

async def work(task, context):
    report("page 1 of 2", 0.5)
    await asyncio.sleep(PAUSE)
    if "fail" in task:
        raise ValueError("no column 'price'")
    return f"did {task}"

PAUSE = 0.05
team = Orchestrator([Agent("worker", "Works", work)], max_parallel=20)

def truth(run):
    return {id: str(task.status) for id, task in run.state.tasks.items()}
"""
DIAMOND = """
plan = Plan([
    Task("load", "load it", "worker"),
    Task("left", "go left", "worker", ["load"]),
    Task("right", "fail here", "worker", ["load"]),
    Task("join", "join them", "worker", ["left", "right"]),
])
"""


def statuses(view: Locator) -> dict[str, str]:
    """Return the state of each task as the rows of the table tell it."""
    rows = view.locator(".nb-rows .nb-row")
    return {
        row.locator(".nb-id").inner_text(): row.locator(".nb-state").get_attribute(
            "title"
        )
        or ""
        for row in rows.all()
    }


def printed(notebook: Notebook, cell: int) -> dict[str, str]:
    return json.loads(notebook.output(cell).inner_text())


def contrast(element: Locator) -> float:
    """Return the contrast of an element's text on what lies behind it."""
    return element.evaluate(_CONTRAST)


@pytest.mark.parametrize("verb", ["start", "run"])
def test_a_run_is_watched_from_its_plan_to_its_end(
    page: Page, lab: Lab, verb: str
) -> None:
    show = f"PAUSE = 1\nrun = team.{verb}(plan)"
    cells = [TEAM + DIAMOND, show, "run.wait(); print(json.dumps(truth(run)))"]
    notebook = Notebook.of(page, lab, cells)
    notebook.start_all()
    view = notebook.output(1).locator(".nbagents-live")
    row = view.locator(".nb-row", has_text="load")
    expect(row.locator(".nb-state")).to_have_attribute("title", "running")
    expect(row.locator(".nb-remark")).to_have_text("page 1 of 2")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    expect(view.locator(".nb-node.nb-running .nb-heading")).to_have_text("load")
    drawing = view.locator(".nb-scroll > svg").element_handle()

    notebook.wait()
    expect(view.locator(".nb-head .nb-state")).to_have_text("failed")
    assert statuses(view) == printed(notebook, 2)
    in_graph = {
        node.locator(".nb-heading").text_content(): (
            node.get_attribute("class") or ""
        ).split("nb-")[-1]
        for node in view.locator(".nb-node").all()
    }
    assert in_graph == printed(notebook, 2)
    expect(view.locator(".nb-count")).to_have_text("2 of 4 tasks, 1 failed, 1 skipped")
    # Updated in place, and never drawn again.
    assert drawing is not None
    assert drawing.evaluate("svg => svg.isConnected")


def test_a_view_follows_the_steps_of_later_cells(page: Page, lab: Lab) -> None:
    cells = [TEAM + DIAMOND, "run = team.debug(plan)", "run.step();"]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-head .nb-state")).to_have_text("paused")
    expect(view.locator(".nb-reason")).to_have_text("stepped 'load'")
    assert list(statuses(view).values()) == ["completed", *["pending"] * 3]


def test_the_page_below_is_hidden_while_the_view_is_there(page: Page, lab: Lab) -> None:
    cells = [TEAM + DIAMOND, "run = team.run(plan)\nrun"]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    output = notebook.output(1)
    expect(output.locator(".nbagents-live")).to_have_count(1)
    expect(output.locator(".nbagents[data-run]")).to_have_count(2)
    for copy in output.locator(".nbagents[data-run]").all():
        expect(copy).to_be_hidden()


def test_what_is_saved_shows_the_end_without_widget_state(page: Page, lab: Lab) -> None:
    notebook = Notebook.of(page, lab, [TEAM + DIAMOND, "team.run(plan);"])
    notebook.run_all()
    saved = notebook.save()
    assert "widgets" not in saved.metadata
    widget, kept = saved.cells[1].outputs
    assert "application/vnd.jupyter.widget-view+json" in widget.data
    assert "2 of 4 tasks, 1 failed, 1 skipped" in kept.data["text/plain"]
    assert "no column &#x27;price&#x27;" in kept.data["text/html"]


@pytest.mark.parametrize("kernel", ["another kernel", "no kernel"])
def test_a_reopened_notebook_shows_the_picture(
    page: Page, lab: Lab, kernel: str
) -> None:
    notebook = Notebook.of(page, lab, [TEAM + DIAMOND, "team.run(plan);"])
    notebook.run_all()
    notebook.save()
    notebook.shut_down()
    if kernel == "no kernel":
        text = notebook.path.read_text()
        notebook.path.write_text(text.replace('"python3"', '"gone"'))
    notebook.open()
    output = notebook.output(1)
    image = output.locator("img")
    expect(image).to_be_visible()
    assert image.evaluate("img => img.complete && img.naturalWidth > 100")
    expect(output).to_contain_text("2 of 4 tasks, 1 failed, 1 skipped")
    for words in ("Error displaying widget", "Loading widget"):
        expect(output.get_by_text(words)).to_be_hidden()


def test_a_reloaded_page_and_a_second_view_show_the_same(page: Page, lab: Lab) -> None:
    notebook = Notebook.of(page, lab, [TEAM + DIAMOND, "run = team.run(plan)"])
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    before = statuses(view)
    assert before["right"] == "failed"
    notebook.save()
    notebook.open()
    expect(view.locator(".nb-head .nb-state")).to_have_text("failed")
    assert statuses(view) == before
    notebook.select(1)
    notebook.command("notebook:create-output-view")
    second = page.locator(".jp-LinkedOutputView .nbagents-live")
    expect(second.locator(".nb-head .nb-state")).to_have_text("failed")
    assert statuses(second) == before


def test_a_goal_is_seen_being_planned_and_said_to_be_simulated(
    page: Page, lab: Lab
) -> None:
    scripted = """
from nbagents import ScriptedModel
answer = lambda request: plan if request.response_format else "It is so."
model = ScriptedModel(answer, delay=1)
team = Orchestrator(team.agents, model=model)
run = team.start("Find out")
"""
    whole = DIAMOND.replace("fail here", "go right")
    notebook = Notebook.of(page, lab, [TEAM + whole, scripted, "run.wait();"])
    notebook.start_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-count")).to_have_text("planning…")
    expect(view.locator(".nb-tag")).to_have_text("simulated model")
    expect(view.locator(".nb-node")).to_have_count(5)
    notebook.wait()
    expect(view.locator(".nb-count")).to_have_text("5 of 5 tasks")
    assert set(statuses(view).values()) == {"completed"}


def test_two_thousand_tasks_stay_usable_and_end_right(page: Page, lab: Lab) -> None:
    large = """
PAUSE = 0.02
def task(n):
    needs = [f"t{n - 100}"] if n > 99 else []
    return Task(f"t{n}", "fail" if n == 1999 else "go", "worker", needs)

plan = Plan(map(task, range(2000)))
run = team.run(plan);
"""
    notebook = Notebook.of(page, lab, [TEAM, large])
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-count")).to_have_text("1,999 of 2,000 tasks, 1 failed")
    rows = view.locator(".nb-rows .nb-row")
    assert rows.count() < 40
    view.locator(".nb-table").evaluate("table => table.scrollTo(0, table.scrollHeight)")
    last = view.locator(".nb-row", has=page.get_by_text("t1999", exact=True))
    expect(last.locator(".nb-remark")).to_have_text("ValueError: no column 'price'")
    assert rows.count() < 40


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_legible_in_the_theme_of_the_notebook(
    page: Page, lab: Lab, dark: bool
) -> None:
    notebook = Notebook.of(page, lab, [TEAM + DIAMOND, "plan", "run = team.run(plan)"])
    notebook.theme(dark=dark)
    notebook.run_all()
    view = notebook.output(2).locator(".nbagents-live")
    expect(view.locator(".nb-head .nb-state")).to_have_text("failed")
    for selector in (".nb-head .nb-state", ".nb-count", ".nb-elapsed", ".nb-reason"):
        assert contrast(view.locator(selector).first) >= 4.5, selector
    for selector in (".nb-id", ".nb-agent", ".nb-time", ".nb-remark"):
        for cell in view.locator(f".nb-rows {selector}").all():
            assert contrast(cell) >= 4.5, selector
    for selector in (".nb-heading", ".nb-caption"):
        for text in view.locator(f".nb-graph {selector}").all():
            assert contrast(text) >= 4.5, selector
    for text in notebook.output(1).locator("b, summary").all():
        assert contrast(text) >= 4.5


def test_a_view_whose_run_is_forgotten_leaves_the_picture(page: Page, lab: Lab) -> None:
    # The view repeats its last frame once, and holds the run until then.
    forget = f"team.last_run = None; await asyncio.sleep({REPEAT + 1}); gc.collect();"
    cells = [TEAM + DIAMOND, "team.run(plan);", forget]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    output = notebook.output(1)
    expect(output.locator(".nbagents-live")).to_have_count(0)
    expect(output.locator("img")).to_be_visible()


# Source: WCAG 2.2, relative luminance. Colours go through a canvas, which also
# understands what `color-mix` computes to.
_CONTRAST = """element => {
  const canvas = document.createElement("canvas").getContext("2d");
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(element);
  const inGraph = element.namespaceURI.endsWith("svg");
  const ink = inGraph ? style.fill : style.color;
  const box = inGraph && element.closest(".nb-node").querySelector(".nb-ground");
  let ground = inGraph && getComputedStyle(box).fill;
  for (let e = element; !ground; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (channels(colour)[3] === 255) ground = colour;
  }
  const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""
