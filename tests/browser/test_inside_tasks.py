"""What goes on inside of tasks: words as they come, and the items of a list."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.lab import Notebook

pytestmark = pytest.mark.browser

SETUP = """
from nbagents import Agent, Each, Orchestrator, Plan, ScriptedModel, ScriptedReply, Task

words = ["Sales rose", " here,", " fell there,", " and stayed", " elsewhere."]
model = ScriptedModel(lambda request: ScriptedReply(chunks=words), delay=6)
telling = Orchestrator([Agent.llm("writer", "Writes")], model)

def cities(task, context):
    return ["Oslo", "Rome", "Lima"]

def weather(task, context):
    return f"sun over {context['cities']}"

mapping = Orchestrator({"cities": cities, "weather": weather})
"""
STREAM = 'told = telling.start(Plan([Task("report", "Write", "writer")]))'
MAP = """
run = mapping.run(Plan([
    Task("cities", "Name cities", "cities"),
    Task("weather", "Tell the weather", "weather", ["cities"], each=Each("cities", 2)),
]))
"""


def test_words_show_while_they_come_and_items_are_a_run_inside(
    page: Page, lab: tuple[str, Path]
) -> None:
    notebook = Notebook.of(page, lab, [SETUP, STREAM, MAP])
    notebook.run_all()
    stream = notebook.output(1).locator(".nbagents-live").first
    row = stream.locator(".nb-rows .nb-row").first
    # Part of the text, while the task is at work.
    expect(row.locator(".nb-remark")).to_contain_text("Sales rose")
    expect(row).to_have_class("nb-row nb-running")
    expect(row.locator(".nb-remark")).not_to_contain_text("elsewhere.")
    expect(row).to_have_class("nb-row nb-completed", timeout=20_000)
    expect(row.locator(".nb-remark")).to_contain_text("elsewhere.")

    view = notebook.output(2).locator(".nbagents-live").first
    expect(view.locator(".nb-more")).to_have_count(1)
    view.locator(".nb-row .nb-id", has_text="weather").click()
    inspector = view.locator(".nb-inspector").first
    expect(inspector.locator(".nb-tags").first).to_contain_text("for each of 'cities'")
    view.get_by_role("button", name="Open run").first.click()
    inner = view.locator(".nb-inner .nbagents-live, .nb-inner .nb-view").first
    expect(inner.locator(".nb-count")).to_have_text("3 of 3 tasks")
    inner.locator(".nb-row .nb-id", has_text="Rome").click()
    expect(inner.locator(".nb-inspector")).to_contain_text("sun over Rome")
