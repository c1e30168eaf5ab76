"""What axe-core says of the live view and of the saved page."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.axe import serious
from browser.lab import Notebook
from nbagents import Agent, Orchestrator, Plan, Task

pytestmark = pytest.mark.browser

TEAM = """
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task

def work(task, context):
    if "fail" in task:
        raise ValueError("no column 'price'")
    return {"rows": 3, "names": ["north", "south"]}

model = ScriptedModel(lambda request: "words " * 40, price=(10, 100))
agents = [Agent("worker", "Works", work), Agent.llm("writer", "Writes")]
team = Orchestrator(agents, model)
plan = Plan([
    Task("load", "load it", "worker"),
    Task("left", "go left", "writer", ["load"]),
    Task("right", "fail here", "worker", ["load"]),
    Task("join", "join them", "worker", ["left", "right"]),
])
"""
VIEW = ".jp-OutputArea .nbagents-live"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_live_view_has_no_serious_fault(
    page: Page, lab: tuple[str, Path], dark: bool
) -> None:
    cells = [TEAM, "run = team.debug(plan)"]
    notebook = Notebook.of(page, lab, cells)
    notebook.theme(dark=dark)
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-node")).to_have_count(4)
    assert serious(page, VIEW) == []
    view.get_by_role("button", name="Resume").click()
    expect(view.locator(".nb-head .nb-state")).to_have_text("failed")
    for task in ("right", "left"):
        open_task(view, task)
        assert serious(page, VIEW) == []
    view.get_by_role("button", name="Edit").click()
    expect(view.get_by_role("textbox", name="result")).to_be_visible()
    assert serious(page, VIEW) == []
    view.get_by_role("tab", name="Timeline").click()
    expect(view.locator(".nb-bars > *").first).to_be_visible()
    assert serious(page, VIEW) == []


def open_task(view: Locator, task: str) -> None:
    view.locator(f".nb-row:has(.nb-id:text-is('{task}')) .nb-id").click()
    expect(view.locator(".nb-inspector .nb-sections")).not_to_be_empty()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_saved_page_has_no_serious_fault(
    page: Page, tmp_path: Path, scheme: str
) -> None:
    worker = Agent("worker", "Works", lambda task, context: {"rows": [1, 2]})
    tasks = [Task("load", "load it", "worker"), Task("b", "b", "worker", ["load"])]
    run = Orchestrator([worker], journal=None).run(Plan(tasks, goal="Find out"))
    saved = run.save(tmp_path / "run.html")
    page.emulate_media(color_scheme=scheme)
    page.goto(saved.as_uri())
    page.locator(".nb-row .nb-id").first.click()
    expect(page.locator(".nb-inspector .nb-sections")).not_to_be_empty()
    assert serious(page, "body") == []
