"""The fourth lesson: who tried what, what was completed, and what a person decided."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import render_notebooks as render  # noqa: E402 - scripts are no package

pytestmark = pytest.mark.notebook

LESSON = render.NOTEBOOKS / "04_when_agents_fail.ipynb"
HELPERS = ("lesson.py", "lesson_debugging.py", "lesson_failing.py")

Known = dict[str, Any]

QUICK = {"first=1": "first=0.01", "task_timeout=2": "task_timeout=0.5"}

# What the kernel knows after each cell, for the test to judge.
TELL = """\
import json

def tell(_):
    if "run" in globals():
        print("TOLD " + json.dumps({
            "id": run.id,
            "status": run.status,
            "reason": run.reason,
            "tasks": {task.id: task.status for task in run.tasks},
            "attempts": {
                task.id: [
                    [each.agent, each.status, str(each.error or "").split(":")[0]]
                    for each in task.attempts
                ]
                for task in run.tasks
            },
            "executed": [row["task_id"] for row in run.trace],
            "metrics": run.metrics,
            "sent": sent,
        }))

get_ipython().events.register("post_run_cell", tell);
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """Return the lesson as it ran, with what was known after each cell."""
    return render.executed(lesson_in(tmp_path_factory.mktemp("lesson")))


def test_a_busy_server_costs_the_tasks_that_need_it(lesson: NotebookNode) -> None:
    run = runs(lesson)[0][-1]
    assert run["status"] == "failed"
    assert run["tasks"] == {"sales": "failed", "chart": "skipped"}
    assert run["attempts"]["sales"] == [["reader", "failed", "Busy"]]


def test_it_is_tried_again_and_the_run_is_completed(lesson: NotebookNode) -> None:
    run = runs(lesson)[1][-1]
    assert run["status"] == "completed"
    tries = [["reader", "failed", "Busy"], ["reader", "completed", ""]]
    assert run["attempts"]["sales"] == tries


def test_who_does_not_answer_is_timed_out_twice_and_replaced(
    lesson: NotebookNode,
) -> None:
    run = runs(lesson)[2][-1]
    late = ["forecaster", "failed", "TaskTimeout"]
    assert run["attempts"]["forecast"] == [late, late, ["simple", "completed", ""]]
    assert run["status"] == "completed"
    figures = run["metrics"]
    assert (figures["tasks_completed"], figures["tasks_failed"]) == (3, 0)
    attempts = sum(map(len, run["attempts"].values()))
    assert len(run["executed"]) == attempts
    assert f"{attempts} attempts, 0 tasks failed" in printed(lesson)


def test_a_bug_is_tried_once_and_what_can_be_said_is_said(lesson: NotebookNode) -> None:
    run = runs(lesson)[3][-1]
    assert run["status"] == "failed"
    assert run["attempts"]["price"] == [["appraiser", "failed", "KeyError"]]
    missing = {id for id, status in run["tasks"].items() if status != "completed"}
    assert missing == {"price", "report"}
    assert "1 of 5 tasks failed: 'price'" in printed(lesson)
    said = answers(lesson)[0]
    assert "This answer is partial" in said
    assert "no price and no report" in said


def test_after_the_repair_only_what_was_missing_is_executed(
    lesson: NotebookNode,
) -> None:
    failed, repaired = runs(lesson)[3][-1], runs(lesson)[4][-1]
    assert repaired["status"] == "completed"
    assert repaired["executed"] == [*failed["executed"], "price", "report"]
    assert set(repaired["tasks"].values()) == {"completed"}
    assert "partial answer" in failed["tasks"]
    assert "partial answer" not in repaired["tasks"]


def test_the_run_asks_then_waits_for_an_approval_and_then_sends(
    lesson: NotebookNode,
) -> None:
    asked, decided, approved = runs(lesson)[5]
    assert asked["status"] == decided["status"] == "paused"
    assert asked["tasks"]["coverage"] == "failed"
    assert "run.edit('coverage', result=...)" in asked["reason"]
    assert decided["tasks"]["report"] == "completed"
    assert "run.approve('publish')" in decided["reason"]
    assert asked["sent"] == decided["sent"] == []
    assert approved["status"] == "completed"
    assert approved["sent"] == [answers(lesson)[-1]]
    assert "Six areas have yet to report July." in approved["sent"][0]


def test_without_on_the_bug_is_tried_three_times(tmp_path: Path) -> None:
    change = {", on=(ConnectionError, TimeoutError)": ""}
    path = lesson_in(tmp_path, change, until="run.replace(appraiser)")
    run = runs(render.executed(path))[-1][-1]
    assert run["attempts"]["price"] == [["appraiser", "failed", "KeyError"]] * 3


def test_without_the_fallback_the_chart_is_made_all_the_same(tmp_path: Path) -> None:
    change = {'    fallbacks={"forecaster": [simple]},\n': ""}
    path = lesson_in(tmp_path, change, until="reassign")
    run = runs(render.executed(path))[-1][-1]
    done = {"sales": "completed", "chart": "completed", "forecast": "failed"}
    assert run["tasks"] == done


def test_to_go_on_without_an_answer_sends_nothing(tmp_path: Path) -> None:
    path = lesson_in(tmp_path, until='run.approve("publish")')
    notebook = nbformat.read(path, as_version=4)
    _, *others, _ = notebook.cells[-1].source.splitlines()
    notebook.cells[-1].source = "\n".join(others)
    nbformat.write(notebook, path)
    run = runs(render.executed(path))[-1][-1]
    assert run["status"] == "failed"
    assert run["tasks"]["report"] == run["tasks"]["publish"] == "skipped"
    assert run["sent"] == []


def test_a_run_that_may_cost_nothing_stops_before_the_report(tmp_path: Path) -> None:
    limit = "limits=__import__('nbagents').Limits(cost=0)"
    change = {'approve={"publisher"},': f'approve={{"publisher"}}, {limit},'}
    path = lesson_in(tmp_path, change, until='run.approve("publish")')
    notebook = nbformat.read(path, as_version=4)
    edit, resume, *_ = notebook.cells[-1].source.splitlines()
    notebook.cells[-1].source = f"{edit}\n{resume}"
    go_on = "run.limit(cost=0.01).resume();"
    notebook.cells.append(nbformat.v4.new_code_cell(go_on))
    nbformat.write(notebook, path)
    *_, stopped, gone_on = runs(render.executed(path))[-1]
    assert stopped["status"] == "paused"
    assert stopped["tasks"]["report"] == "pending"
    assert gone_on["tasks"]["report"] == "completed"


def test_every_picture_with_a_model_says_that_it_is_simulated() -> None:
    notebook = nbformat.read(LESSON, as_version=4)
    shown = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data:image/svg+xml" in output.get("data", {}).get("text/html", "")
    ]
    assert len(shown) == 6
    assert all("simulated" in html for html in shown[3:])


def lesson_in(
    folder: Path, change: dict[str, str] | None = None, until: str | None = None
) -> Path:
    """Return a copy of the lesson, changed, up to a cell, in less mood to wait."""
    shutil.copytree(LESSON.parent / "data", folder / "data")
    for name in HELPERS:
        helpers = (LESSON.parent / name).read_text("utf-8")
        # Some: the checker is to fail while others have not started.
        quick = re.sub(r"(PACE = |delay=)[\d.]+", r"\g<1>0.2", helpers)
        (folder / name).write_text(quick, "utf-8")
    notebook = nbformat.read(LESSON, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if until is not None:
        code = code[: [until in cell.source for cell in code].index(True)]
    notebook.cells = [code[0], nbformat.v4.new_code_cell(TELL), *code[1:]]
    for old, new in {**QUICK, **(change or {})}.items():
        assert any(old in cell.source for cell in code) or old in QUICK
        for cell in code:
            cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, folder / LESSON.name)
    return folder / LESSON.name


def runs(notebook: NotebookNode) -> list[list[Known]]:
    """Return each run of it, as it was known after each cell that changed it."""
    lines = printed(notebook).splitlines()
    found: dict[str, list[Known]] = {}
    for line in lines:
        if line.startswith("TOLD "):
            known = json.loads(line.removeprefix("TOLD "))
            states = found.setdefault(known["id"], [])
            if states[-1:] != [known]:
                states.append(known)
    return list(found.values())


def printed(notebook: NotebookNode) -> str:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return "".join(out.text for out in outputs if out.output_type == "stream")


def answers(notebook: NotebookNode) -> list[str]:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    found = [out.get("data", {}).get("text/markdown") for out in outputs]
    return [text for text in found if text is not None]
