"""The second lesson: what it promises to execute, and the figures it ends with."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import render_notebooks as render  # noqa: E402 - scripts are no package

pytestmark = pytest.mark.notebook

LESSON = render.NOTEBOOKS / "02_step_debugging.ipynb"
HELPERS = ("lesson.py", "lesson_debugging.py")

# What the kernel knows when the lesson is over, for the test to judge.
TOLD = """\
import json

print(json.dumps({
    "ran": [row["task_id"] for row in run.trace],
    "kept": {task.id: len(task.attempts) for task in run.tasks},
    "cost": [first.metrics["total_cost"], run.metrics["total_cost"]],
    "wrong": first.result,
    "right": run.result,
}))
"""
# What it tells to try: six areas did not report the last month.
SIX_AREAS = """\
@agent
def counter(task, context):
    late = homes[(homes.year == 2015) & homes.sales.isna()].city
    known = homes[~homes.city.isin(late)]
    return known.pivot_table("sales", "month", "year", aggfunc="sum")

run.replace(counter)
run.resume();
"""


def as_it_is(homes: pd.DataFrame) -> pd.DataFrame:
    return homes


def the_data_end_in_march(homes: pd.DataFrame) -> pd.DataFrame:
    return homes[(homes.year < 2015) | (homes.month <= 3)]


def half_as_many_homes_are_sold_in_2015(homes: pd.DataFrame) -> pd.DataFrame:
    return homes.assign(sales=homes.sales.where(homes.year < 2015, homes.sales // 2))


@pytest.mark.parametrize(
    "change", [as_it_is, the_data_end_in_march, half_as_many_homes_are_sold_in_2015]
)
def test_the_first_answer_is_wrong_and_the_last_is_right(
    change: Callable[[pd.DataFrame], pd.DataFrame], tmp_path: Path
) -> None:
    homes = change(pd.read_csv(LESSON.parent / "data" / "txhousing.csv"))
    told = after(lesson_on(homes, tmp_path))
    new = homes[homes.year == 2015]
    old = homes[homes.year == 2014]
    alike = old[old.month <= new.month.max()]
    wrong = f"{abs(percent(old, new)):.1f} %"
    right = f"{abs(percent(alike, new)):.1f} %"
    assert wrong in told["wrong"]
    assert right not in told["wrong"]
    moved = "rose" if percent(alike, new) > 0 else "fell"
    assert f"Home sales {moved} {right}\n" in told["right"]
    assert wrong not in told["right"]
    months = f"January to {pd.Timestamp(2015, new.month.max(), 1):%B} 2015"
    homes_sold = f"{new.sales.sum():,.0f} homes were sold from {months}"
    assert f"{homes_sold}, after {alike.sales.sum():,.0f} in" in told["right"]


def test_only_what_the_lesson_promises_is_executed(tmp_path: Path) -> None:
    lesson = lesson_on(pd.read_csv(LESSON.parent / "data" / "txhousing.csv"), tmp_path)
    notebook = told_by(lesson, TOLD)
    told = json.loads(printed(notebook)[-1])
    first, correction = told["ran"][:8], told["ran"][8:]
    assert sorted(first) == sorted(told["kept"])
    assert correction == ["report", "answer", "growth"]
    twice = {id for id, attempts in told["kept"].items() if attempts == 2}
    assert twice == {"report", "answer", "growth"}
    assert told["cost"][1] < 2 * told["cost"][0]
    said = "".join(printed(notebook))
    assert "2 tasks ran again, 6 kept their result" in said
    assert "1 of 8 tasks ran again" in said
    assert "months that count: {2014: 12, 2015: 7}" in said


@pytest.mark.parametrize(
    "old, new, more, ran",
    [
        ("two.dropna()", "two.head(6)", "", ["growth", "report", "answer"]),
        ("", "", SIX_AREAS, ["growth", "sales", "growth", "chart", "report", "answer"]),
    ],
)
def test_the_lesson_does_what_it_tells_to_try(
    old: str, new: str, more: str, ran: list[str], tmp_path: Path
) -> None:
    path = lesson_on(pd.read_csv(LESSON.parent / "data" / "txhousing.csv"), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if old and cell.source.startswith("run = first.fork()"):
            assert old in cell.source
            cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)
    told = json.loads(printed(told_by(path, more + TOLD))[-1])
    assert sorted(told["ran"][10:]) == sorted(ran)


def test_every_picture_says_that_the_model_is_simulated() -> None:
    notebook = nbformat.read(LESSON, as_version=4)
    shown = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data:image/svg+xml" in output.get("data", {}).get("text/html", "")
    ]
    assert len(shown) == 3  # the first run, the one to step through, what is stale
    assert all("simulated" in html for html in shown)


def after(path: Path) -> Any:
    """Return what the kernel knows after the lesson at `path`."""
    return json.loads(printed(told_by(path, TOLD))[-1])


def told_by(path: Path, source: str) -> NotebookNode:
    """Return the lesson as it was executed with one more cell at its end."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)
    return render.executed(path)


def printed(notebook: NotebookNode) -> list[str]:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return [out.text for out in outputs if out.output_type == "stream"]


def percent(before: pd.DataFrame, now: pd.DataFrame) -> float:
    return 100 * (now.sales.sum() / before.sales.sum() - 1)


def lesson_on(homes: pd.DataFrame, folder: Path) -> Path:
    """Return a copy of the lesson beside other data, in no mood to wait."""
    (folder / "data").mkdir()
    homes.to_csv(folder / "data" / "txhousing.csv", index=False)
    for name in HELPERS:
        helpers = (LESSON.parent / name).read_text("utf-8")
        quick = re.sub(r"(PACE = |delay=)[\d.]+", r"\g<1>0", helpers)
        assert quick != helpers
        (folder / name).write_text(quick, "utf-8")
    return Path(shutil.copy(LESSON, folder))
