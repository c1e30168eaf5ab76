"""Runs that agents begin, opened in place in the view of the run they work for."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.lab import Notebook

pytestmark = pytest.mark.browser

TEAM = """
import asyncio
from nbagents import Agent, Orchestrator, Plan, Task

go = asyncio.Event()

async def dig(task, context):
    await asyncio.sleep(0.2)
    return f"did {task}"

async def team(task, context):
    inner = Orchestrator([Agent("digger", "Digs", dig)])
    plan = Plan([Task("north", "dig north", "digger"),
                 Task("south", "dig south", "digger", ["north"])], goal="Dig it up")
    return (await inner.start(plan)).result

outer = Orchestrator([Agent("team", "A team", team)])
"""


def test_a_run_within_a_run_is_opened_in_place(
    page: Page, lab: tuple[str, Path]
) -> None:
    show = 'run = outer.run(Plan([Task("search", "search", "team")]))'
    notebook = Notebook.of(page, lab, [TEAM, show])
    notebook.run_all()
    output = notebook.output(1)
    expect(output.locator(".nbagents-live")).to_have_count(1)
    view = output.locator(".nbagents-live").first
    view.locator(".nb-row .nb-id").first.click()
    view.get_by_role("button", name="Open run: Dig it up").click()
    inner = view.locator(".nb-inner .nbagents-live, .nb-inner .nb-view").first
    expect(inner.locator(".nb-count")).to_have_text("2 of 2 tasks")
    expect(inner.locator(".nb-node")).to_have_count(2)
    expect(view.locator(".nb-inner-title")).to_contain_text("Dig it up")
    inner.locator(".nb-row .nb-id", has_text="south").click()
    expect(inner.locator(".nb-inspector")).to_contain_text("did dig south")
    view.get_by_role("button", name="Back").click()
    expect(view.locator(".nb-inner")).to_be_hidden()
    expect(view.locator(".nb-node .nb-heading").first).to_have_text("search")
