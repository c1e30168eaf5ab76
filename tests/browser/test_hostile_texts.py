"""A hundred hostile texts in every place of a view: read, and never obeyed."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from browser.hurry import hurry
from browser.lab import Notebook
from hostile import TEXTS
from nbagents.display import safe

pytestmark = pytest.mark.browser

TEAM = f"""
import sys
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.reporting import report

TEXTS = {TEXTS!r}

def work(task, context):
    report(task, 0.5)
    if len(context) > 1:
        raise ValueError(task)
    if task == TEXTS[0] and not context:
        inner = Plan([Task(TEXTS[1], TEXTS[2], TEXTS[3])], goal=TEXTS[4])
        agent = Agent(TEXTS[3], TEXTS[3], lambda *_: TEXTS[5])
        Orchestrator([agent]).run(inner)
    return task

def odd(task):
    raise ValueError(" ".join(TEXTS[:3]))

odd.__name__ = TEXTS[16]
team = Orchestrator([Agent(text, text, work) for text in TEXTS], journal=None)
tasks = [Task(text, text, text) for text in TEXTS]
for n, text in enumerate(TEXTS[:5]):
    tasks.append(Task(f"{{n}} {{text}}", text, text, TEXTS[:2]))
plan = Plan(tasks, goal=TEXTS[1])
"""
RUN = "run = team.debug(plan); run.break_when(odd); run.resume(); run.resume(); run"
ACTING = (
    "script, iframe, object, embed, form:not(.nb-editor), math, foreignObject, "
    "[onload], [onerror], [onfocus], [href^='javascript'], [srcdoc], base, meta, link"
)
INSPECTED = """view => ({
  title: view.querySelector('.nb-subject .nb-code').textContent,
  description: view.querySelector('.nb-description').textContent,
  sections: view.querySelector('.nb-sections').textContent,
})"""


def watched(page: Page) -> list[str]:
    """Return what happens that must not, as it does."""
    trouble: list[str] = []

    def note(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # JupyterLab's, about unsaved changes
            trouble.append(dialog.message)
        dialog.accept()

    def asked(url: str) -> None:
        at = urlsplit(url)
        if at.scheme not in {"data", "blob", "about"} and at.hostname != "127.0.0.1":
            trouble.append(url)

    page.on("dialog", note)
    page.on("request", lambda request: asked(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "console",
        lambda said: (
            trouble.append(said.text)
            if "Content Security" in said.text or "nbActed" in said.text
            else None
        ),
    )
    return trouble


def squeezed(text: str) -> str:
    return " ".join(text.split())


def inspected(view: Locator, text: str) -> dict[str, str]:
    """Return what the inspector says, when it has come to the task of `text`."""
    title = view.locator(".nb-subject .nb-code")
    expect(title).to_have_text(safe.one_line(text, 80), use_inner_text=False)
    expect(view.locator(".nb-sections > *").first).to_be_attached()
    said: dict[str, str] = view.evaluate(INSPECTED)
    return said


def test_hostile_texts_are_read_and_never_act(
    page: Page, lab: tuple[str, Path]
) -> None:
    trouble = watched(page)
    notebook = Notebook.of(page, lab, [TEAM, "plan", RUN])
    notebook.run_all()
    view = notebook.output(2).locator(".nbagents-live")
    expect(view.locator(".nb-head .nb-state")).to_be_visible()
    hurry(page)
    view.locator(".nb-rows .nb-row").first.focus()
    for number, text in enumerate(TEXTS):
        if number:
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        said = inspected(view, text)
        assert said["description"] == safe.visible(text)
        assert squeezed(safe.visible(text)) in squeezed(said["sections"]), text
        row = view.locator(f".nb-row[data-place='{number}']")
        assert row.locator(".nb-id").text_content() == safe.one_line(text, 80)
    view.get_by_role("tab", name="Timeline").click()
    expect(view.locator(".nb-bars")).to_be_visible()
    assert view.locator(ACTING).count() == 0
    shown = view.locator(".nb-node title, .nb-node[aria-label]")
    assert shown.count() > 0
    assert page.evaluate("() => window.nbActed") is None
    notebook.save()
    notebook.shut_down()
    notebook.open()
    static: Any = notebook.output(2)
    expect(static.locator("img").first).to_be_visible()
    assert page.evaluate("() => window.nbActed") is None
    assert static.locator("script, iframe, object, form, [onerror]").count() == 0
    assert trouble == []
