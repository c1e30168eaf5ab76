"""The third lesson: each row is drawn, and what it tells is computed and true."""

import csv
import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import render_notebooks as render  # noqa: E402 - scripts are no package

pytestmark = pytest.mark.notebook

LESSON = render.NOTEBOOKS / "03_patterns.ipynb"
HELPERS = (
    "lesson.py",
    "lesson_debugging.py",
    "lesson_failing.py",
    "lesson_patterns.py",
)

ROWS = [
    "Orchestrator",
    "Pipeline",
    "Router",
    "Hierarchy",
    "Dynamic team",
    "Plan review",
    "Map",
    "Conditional task",
    "Loop",
    "Planning anew",
    "Retry",
    "Fallbacks",
    "Partial results",
    "Stepping down",
    "Human oversight",
    "One interface",
    "Production",
    "Monitoring",
]

Row = dict[str, str]


def sections(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return the cells of each section, by what stands before the colon."""
    found: dict[str, list[NotebookNode]] = {}
    for cell in notebook.cells:
        if title := re.match(r"## \d+\. (.+?):", cell.source):
            found[title[1]] = []
        if found:
            next(reversed(found.values())).append(cell)
    return found


def shown(cells: list[NotebookNode], kind: str) -> list[str]:
    outputs = [out for cell in cells for out in cell.get("outputs", [])]
    return [out.data[kind] for out in outputs if kind in out.get("data", {})]


def printed(cells: list[NotebookNode]) -> str:
    outputs = [out for cell in cells for out in cell.get("outputs", [])]
    return "".join(out.text for out in outputs if out.output_type == "stream")


def test_every_row_has_a_section_that_draws_it() -> None:
    found = sections(nbformat.read(LESSON, as_version=4))
    assert list(found) == ROWS
    for row in ROWS[:-1]:  # The last is a table of the run before.
        pictures = [h for h in shown(found[row], "text/html") if "image/svg+xml" in h]
        assert pictures, row
    assert "<table" in shown(found["Monitoring"], "text/html")[0]


def test_no_section_is_a_wall_of_text() -> None:
    for name, cells in sections(nbformat.read(LESSON, as_version=4)).items():
        first, *_ = cells
        assert len(first.source.splitlines()) <= 5, name


def test_each_row_tells_what_happened() -> None:
    said = {
        name: printed(cells)
        for name, cells in sections(nbformat.read(LESSON, as_version=4)).items()
    }
    assert said["Orchestrator"].startswith("True 4\n")
    assert said["Router"].startswith("pricer says")
    assert "Nobody looks at the prices." in said["Plan review"]
    assert re.fullmatch(r"\['[\d,]+ homes in 2013', '[\d,]+ .*'\]\n", said["Map"])
    assert said["Conditional task"].splitlines()[0].endswith("completed")
    assert said["Conditional task"].splitlines()[1].startswith("skipped")
    assert re.match(r"[\d,]+ homes sold in 2014", said["Loop"])
    assert "{'sold': ('completed', 1), 'price'" in said["Planning anew"]
    assert re.findall(r"^\d (\w+)", said["Retry"], re.MULTILINE) == [
        *("failed", "failed", "completed")
    ]
    assert said["Fallbacks"] == "1 columnist failed\n2 writer completed\n"
    assert said["Partial results"].startswith("1 of 3 tasks failed: 'forecast'")
    assert said["Stepping down"].startswith("single because 1 of 3")
    assert "sent: []" in said["Human oversight"]
    assert said["Human oversight"].endswith("1 sent\n")
    assert "success_rate 1.0" in said["Production"]


def as_it_is(row: Row) -> Row | None:
    return row


def half_as_many_homes_are_sold_in_2014(row: Row) -> Row | None:
    if row["year"] == "2014" and row["sales"]:
        return row | {"sales": str(float(row["sales"]) / 2)}
    return row


def houston_does_not_report_one_month(row: Row) -> Row | None:
    at = (row["city"], row["year"], row["month"])
    return row | {"sales": "NA"} if at == ("Houston", "2013", "2") else row


@pytest.mark.parametrize(
    "change",
    [
        as_it_is,
        half_as_many_homes_are_sold_in_2014,
        houston_does_not_report_one_month,
    ],
)
def test_the_figures_are_those_of_the_data(change: Any, tmp_path: Path) -> None:
    rows = [new for row in data() if (new := change(row)) is not None]
    notebook = render.executed(lesson_on(rows, tmp_path, until="Pipeline(["))
    sold, price = computed(rows)
    said = printed(notebook.cells)
    assert f"Homes sold: {told(*sold)} on 2013." in said
    assert f"Average price in dollars: {told(*price)} on 2013." in said


TRIED = {
    "What does a home cost?": "How many homes were sold?",
    'print(run["route"].result, "says", run.result["2014"])': (
        'print(run["route"].result)\n'
        'run.edit("route", result="pricer").resume()\n'
        'print(run.result["measure"], run["route"].attempts[-1].number)'
    ),
    'newsroom.run(designs.without("critic"))': (
        "newsroom.run(designs)\nprint([task.id for task in run.tasks])"
    ),
    "busy=2": "busy=3",
    'error or "")': (
        'error or "")\nprint(run.status)\nprint(run.retry("sold").status)'
    ),
    'print(run.summary()["note"])': (
        'run = Orchestrator([pricer, oracle, writer], on_failure="ask").run(plan)\n'
        "print(run.status, run.reason)"
    ),
    'on_failure="partial"': 'on_failure="stop"',
    'run.approve("publish")': 'run.skip("publish")\nprint(run["publish"].status)',
}


def test_it_survives_what_it_tells_to_try(tmp_path: Path) -> None:
    path = lesson_on(data(), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for old, new in TRIED.items():
        (cell,) = (c for c in code if old in c.source)
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)
    found = sections(render.executed(path))
    said = {name: printed(cells) for name, cells in found.items()}
    assert said["Router"] == "counter\naverage price in dollars 1\n"
    assert said["Dynamic team"] == "['verse', 'check', 'answer']\n"
    assert said["Retry"].endswith(
        "3 failed ConnectionError: 503: the server is overloaded\nfailed\ncompleted\n"
    )
    assert said["Partial results"].startswith("paused")
    assert "run.skip('forecast')" in said["Partial results"]
    assert said["Human oversight"].endswith("skipped\n0 sent\n")


def told(before: int, now: int) -> str:
    return f"{now:,} in 2014, {100 * (now / before - 1):+.1f} %"


def computed(rows: list[Row]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the homes sold and their average price, in 2013 and in 2014."""
    months: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for row in rows:
        told = {"", "NA"}.isdisjoint([row["sales"], row["volume"]])
        if row["year"] in {"2013", "2014"} and told:
            entry = (row["year"], float(row["sales"]), float(row["volume"]))
            months[row["city"]].append(entry)
    kept = [each for city in months.values() if len(city) == 24 for each in city]
    sold = {year: sum(s for y, s, _ in kept if y == year) for year in ("2013", "2014")}
    value = {year: sum(v for y, _, v in kept if y == year) for year in sold}
    prices = [round(value[year] / sold[year]) for year in sold]
    return (round(sold["2013"]), round(sold["2014"])), (prices[0], prices[1])


def data() -> list[Row]:
    with (LESSON.parent / "data" / "txhousing.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lesson_on(rows: list[Row], folder: Path, until: str | None = None) -> Path:
    """Return a copy of the lesson beside other data, up to a cell, without waits."""
    shutil.copytree(LESSON.parent / "data", folder / "data")
    with (folder / "data" / "txhousing.csv").open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for name in HELPERS:
        helpers = (LESSON.parent / name).read_text("utf-8")
        quick = re.sub(r"(PACE = |delay=)[\d.]+", r"\g<1>0", helpers)
        (folder / name).write_text(quick, "utf-8")
    notebook = nbformat.read(LESSON, as_version=4)
    if until is not None:
        at = [until in cell.source for cell in notebook.cells].index(True)
        notebook.cells = notebook.cells[:at]
    for cell in notebook.cells:
        cell.source = cell.source.replace("first=0.5", "first=0.01")
    nbformat.write(notebook, folder / LESSON.name)
    return folder / LESSON.name
