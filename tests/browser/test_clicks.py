"""Clicks on a run with agents at work, in each way a run can be begun.

They end in the right answer whether the cell that began the run has returned, awaits
it, or blocks the kernel; and the cells after it are executed.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.lab import Notebook

pytestmark = pytest.mark.browser

Lab = tuple[str, Path]

TEAM = """
import asyncio, time
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.reporting import report

async def load(task, context):
    for n in range(10):
        report(f"page {n + 1} of 10", n / 10)
        await asyncio.sleep(0.15)
    return [3, 1, 2]

def clean(task, context):
    return sorted(context["load"])

def flaky(task, context):
    raise ValueError("no column 'price'")

def backup(task, context):
    return max(context["load"])

def writer(task, context):
    return f"{context['clean']} up to {context['highest']}"

team = Orchestrator([load, clean, flaky, backup, writer])
plan = Plan([
    Task("load", "Load the pages", "load"),
    Task("clean", "Sort them", "clean", ["load"]),
    Task("highest", "Find the highest", "flaky", ["load"]),
    Task("report", "Write it up", "writer", ["clean", "highest"]),
])
"""
BEGUN = {
    "start": "run = team.start(plan)",
    "await": """
run = team.start(plan)
while run.status != "completed":
    await asyncio.sleep(0.02)
await run;
""",
    "block": """
run = team.start(plan)
while run.status != "completed":
    time.sleep(0.02)
""",
}
ANSWER = "[1, 2, 5] up to 3"


def toolbar(view: Locator, name: str) -> Locator:
    """Return a button of the run."""
    run = view.get_by_role("toolbar", name="Run")
    return run.get_by_role("button", name=name)


def state(view: Locator) -> Locator:
    return view.locator(".nb-head .nb-state")


def row(view: Locator, task: str) -> Locator:
    return view.locator(f".nb-row:has(.nb-id:text-is('{task}'))")


def select(view: Locator, task: str) -> Locator:
    """Open the inspector of a task and return it."""
    row(view, task).locator(".nb-id").click()
    inspector = view.locator(".nb-inspector")
    expect(inspector).to_contain_text(task)
    return inspector


def steer(view: Locator) -> None:
    """Pause the run, step it, correct a result, replace an agent, and finish it."""
    expect(
        view.locator(".nb-row", has_text="load").locator(".nb-remark")
    ).to_contain_text("of 10")
    toolbar(view, "Pause").click()
    expect(state(view)).to_have_text("paused")
    toolbar(view, "Step").click()
    expect(view.locator(".nb-count")).to_contain_text("2 of 4 tasks")
    edit(view)
    toolbar(view, "Resume").click()
    expect(state(view)).to_have_text("failed")
    replace(view)
    toolbar(view, "Resume").click()
    expect(state(view)).to_have_text("completed")


def edit(view: Locator) -> None:
    inspector = select(view, "clean")
    inspector.get_by_role("button", name="Edit").click()
    result = inspector.get_by_role("textbox", name="result")
    result.fill("[1, 2, 5]")
    inspector.get_by_role("button", name="Save").click()
    expect(row(view, "clean").locator(".nb-remark")).to_contain_text("by hand")


def replace(view: Locator) -> None:
    inspector = select(view, "highest")
    expect(inspector).to_contain_text("no column 'price'")
    inspector.get_by_role("button", name="Retry", exact=True).click()
    expect(inspector).to_contain_text("2 attempts")
    inspector.get_by_role("button", name="Replace").first.click()
    inspector.get_by_role("combobox").last.select_option("backup")
    inspector.get_by_role("button", name="Replace").last.click()
    state = row(view, "highest").locator(".nb-state")
    expect(state).to_have_attribute("title", "pending")


@pytest.mark.parametrize("app", ["lab", "notebook"])
@pytest.mark.parametrize("begun", BEGUN)
def test_clicks_lead_a_run_to_the_right_answer(
    page: Page, lab: Lab, begun: str, app: str
) -> None:
    blocks = begun != "start"
    cells = [TEAM, BEGUN[begun], *(["print(run.result)"] if blocks else [])]
    notebook = Notebook.of(page, lab, cells, app)
    notebook.start_all()
    view = notebook.output(1).locator(".nbagents-live")
    steer(view)
    expect(row(view, "report").locator(".nb-remark")).to_have_text(ANSWER)
    notebook.wait()
    if blocks:
        expect(notebook.output(2)).to_contain_text(ANSWER)


def test_run_all_goes_on_after_a_blocking_run_that_was_clicked(
    page: Page, lab: Lab
) -> None:
    cells = [TEAM, "run = team.run(plan)", "print(run.status)", "print('the end')"]
    notebook = Notebook.of(page, lab, cells)
    notebook.start_all()
    view = notebook.output(1).locator(".nbagents-live")
    toolbar(view, "Pause").click()
    notebook.wait()
    expect(notebook.output(2)).to_contain_text("paused")
    expect(notebook.output(3)).to_contain_text("the end")
    toolbar(view, "Resume").click()
    expect(state(view)).to_have_text("failed")


def test_run_all_executes_what_comes_after_a_blocking_run(page: Page, lab: Lab) -> None:
    cells = [TEAM, "run = team.run(plan)", "print(run.status)", "1 + 1"]
    notebook = Notebook.of(page, lab, cells)
    notebook.run_all()
    expect(notebook.output(2)).to_contain_text("failed")
    expect(notebook.output(3)).to_contain_text("2")


def test_a_task_that_waits_for_approval_is_approved_by_a_click(
    page: Page, lab: Lab
) -> None:
    team = """
from nbagents import Agent, Orchestrator, Plan, Task
coder = Agent("coder", "Codes", lambda task, context: f"ran {task}")
team = Orchestrator([coder], approve={"coder"})
plan = Plan([Task("a", "this", "coder"), Task("b", "that", "coder", ["a"])])
"""
    notebook = Notebook.of(page, lab, [team, "run = team.run(plan)"])
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    expect(view.locator(".nb-reason")).to_contain_text("waits for your approval")
    inspector = select(view, "a")
    inspector.get_by_role("button", name="Approve").click()
    expect(row(view, "a").locator(".nb-remark")).to_have_text("ran this")
    toolbar(view, "Approve").click()
    expect(state(view)).to_have_text("completed")
    expect(toolbar(view, "Approve")).to_be_hidden()


def test_the_call_of_a_tool_is_refused_by_a_click_and_the_model_is_told_why(
    page: Page, lab: Lab
) -> None:
    team = """
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, ScriptedReply, Task, tool

@tool(approve=True)
def send(to: str) -> str:
    \"\"\"Sends a mail.\"\"\"
    return "sent"

def answer(request):
    return (request.returned or [ScriptedReply(calls=[("send", {"to": "all"})])])[-1]

writer = Agent.llm("writer", "Writes", tools=[send])
team = Orchestrator([writer], ScriptedModel(answer))
"""
    start = 'run = team.run(Plan([Task("mail", "Mail it", "writer")]))'
    notebook = Notebook.of(page, lab, [team, start])
    notebook.run_all()
    view = notebook.output(1).locator(".nbagents-live")
    said = row(view, "mail").locator(".nb-remark")
    expect(said).to_have_text('waits for you: send({"to": "all"})')
    inspector = select(view, "mail")
    inspector.get_by_role("button", name="Refuse").click()
    inspector.get_by_label("Why").fill("not before Monday")
    inspector.get_by_label("Why").press("Enter")
    expect(state(view)).to_have_text("completed")
    expect(said).to_contain_text("a person refused this call: not before Monday")
    expect(inspector.get_by_role("button", name="Refuse")).to_be_hidden()
