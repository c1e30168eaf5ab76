"""Debugging a run cell by cell in a real JupyterLab."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.lab import Notebook

pytestmark = pytest.mark.browser

Lab = tuple[str, Path]

TEAM = """
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task, compare

writer = Agent.llm("writer", "Writes")
model = ScriptedModel(lambda request: "words " * 40, price=(10, 100))
worker = Agent("worker", "Works", lambda task, context: task)
team = Orchestrator([writer, worker], model)
plan = Plan([
    Task("load", "load it", "worker"),
    Task("left", "go left", "worker", ["load"]),
    Task("right", "go right", "worker", ["load"]),
    Task("text", "write it", "writer", ["left", "right"]),
])
"""


def nodes(view: Locator) -> dict[str, str]:
    """Return the state of each task as the drawing tells it."""
    return {
        node.locator(".nb-heading").text_content() or "": (
            node.get_attribute("class") or ""
        ).split("nb-")[-1]
        for node in view.locator(".nb-node").all()
    }


def test_the_view_follows_edits_of_results_and_of_the_plan(
    page: Page, lab: Lab
) -> None:
    cells = [
        TEAM,
        "run = team.debug(plan)",
        "run.resume();",
        'run.edit("left", result="by hand");',
        'run.add(Task("more", "write more", "writer", ["text"]));',
        'run.resume().remove("more");',
    ]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    done = dict.fromkeys(["load", "left", "right", "text"], "completed")
    expect(view.locator(".nb-node")).to_have_count(4)
    expect(view.locator(".nb-count")).to_have_text("4 of 4 tasks")
    assert nodes(view) == done
    rows = view.locator(".nb-rows .nb-row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1).locator(".nb-remark")).to_have_text("by hand: by hand")
    # Two answers, of about 60 tokens each: at 10 and 100 dollars a million.
    expect(rows.nth(3).locator(".nb-cost")).to_contain_text("$0.01")
    expect(view.locator(".nb-head .nb-tokens")).to_contain_text("$0.01")


def test_what_is_stale_is_seen_before_it_runs_again(page: Page, lab: Lab) -> None:
    cells = [
        TEAM,
        "run = team.debug(plan)",
        "run.resume();",
        'run.edit("left", result="by hand")',
        "run.estimate()",
    ]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-node.nb-stale .nb-heading")).to_have_text("text")
    expect(view.locator(".nb-head .nb-state")).to_have_text("paused")
    expect(view.locator(".nb-reason")).to_have_text(
        "you edited 'left'; 1 task is stale"
    )
    expect(notebook.output(3)).to_contain_text("run.resume()")
    expect(notebook.output(4)).to_contain_text("1 task will run")


def test_a_task_is_loaded_into_a_cell_and_given_back(page: Page, lab: Lab) -> None:
    cells = [TEAM, "run = team.run(plan)", '%load_ext nbagents\n%load_task "left"']
    notebook = Notebook.of(page, lab, cells)
    notebook.start_all()
    new = page.locator(".jp-Notebook .jp-CodeCell").nth(3)
    expect(new).to_contain_text("run.edit('left', result=result)")
    expect(new).to_contain_text("context = run['left'].inputs")
