"""Thousands of changes in a few seconds: what the view shows in the end."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.lab import Notebook

pytestmark = pytest.mark.browser

CELL = """
import asyncio, json
from nbagents import Agent, Orchestrator, Plan, Task

async def work(task, context):
    await asyncio.sleep(0.1)
    if task.endswith("7"):
        raise ValueError(task)
    return task

team = Orchestrator([Agent("worker", "Works", work)], max_parallel=100, journal=None)
plan = Plan(Task(f"t{n}", f"go {n}", "worker") for n in range(2500))
"""
END = "run.wait(); print(json.dumps([str(t.status) for t in run.state.tasks.values()]))"
_MODEL = """async () => {
  const view = document.querySelector(".nbagents-live .nb-table");
  const seen = {};
  for (let top = 0; ; top += 200) {
    view.scrollTo(0, top);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
    for (const row of view.querySelectorAll(".nb-rows .nb-row"))
      seen[row.querySelector(".nb-id").textContent] =
        row.querySelector(".nb-state").title;
    if (top > view.scrollHeight) return seen;
  }
}"""


def test_after_five_thousand_changes_every_row_is_right(
    page: Page, lab: tuple[str, Path]
) -> None:
    log = lab[1] / "lab.log"
    before = log.read_text().count("rate exceeded")
    notebook = Notebook.of(page, lab, [CELL, "run = team.start(plan)", END])
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-head .nb-state")).to_have_text("failed")
    told = json.loads(notebook.output(2).inner_text())
    expect(view.locator(".nb-count")).to_have_text("2,250 of 2,500 tasks, 250 failed")
    seen = page.evaluate(_MODEL)
    assert seen == {f"t{n}": status for n, status in enumerate(told)}
    assert log.read_text().count("rate exceeded") == before
