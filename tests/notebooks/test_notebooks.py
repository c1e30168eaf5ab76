"""The lessons: they run, say what they compute, and are committed as they run."""

import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import demo  # noqa: E402 - scripts are no package
import render_notebooks as render  # noqa: E402 - the same

from notebooks.lesson_copies import committed, executed  # noqa: E402 - the same

pytestmark = pytest.mark.notebook

LESSONS = render.paths()
FIRST = LESSONS[0]

Row = dict[str, str]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_gives_what_is_committed(path: Path, tmp_path: Path) -> None:
    # In less mood to wait; not in none, for some of it tells who came first.
    new = executed(path.name, tmp_path, seconds=0.2)
    assert render.texts(new) == render.texts(committed(path.name))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_cells_are_short_and_the_first_only_imports(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    first, *others = [c.source for c in notebook.cells if c.cell_type == "code"]
    for line in first.splitlines():
        assert not line or line.startswith(("import ", "from ", "%matplotlib "))
    for source in [first, *others]:
        assert len(source.splitlines()) <= 15, source


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_is_committed_has_pictures_and_nothing_of_one_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    assert "widgets" not in notebook["metadata"]
    assert "widget-view" not in text
    assert "data:image/svg+xml;base64," in text
    outputs = json.dumps([cell.get("outputs") for cell in notebook["cells"]])
    for private in (str(ROOT), str(Path.home()), "/tmp/", "sk-", "OPENAI_API_KEY="):
        assert private not in outputs
    assert '"output_type": "error"' not in outputs
    assert '"name": "stderr"' not in outputs


def test_every_view_of_the_first_lesson_says_that_the_model_is_simulated() -> None:
    notebook = nbformat.read(FIRST, as_version=4)
    shown = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if 'class="nbagents' in output.get("data", {}).get("text/html", "")
    ]
    assert len(shown) == 4  # a plan, the edited plan, the run as it ran, the run again
    for html in shown:
        assert "simulated" in html
    assert "simulated" in demo.summary(notebook)


# What the summary must say is computed here a second time, from the file, without
# pandas and without the lesson. Then the data change, and it has to hold again.


def as_it_is(row: Row) -> Row | None:
    return row


def the_last_quarter_is_worth_twice_as_much(row: Row) -> Row | None:
    if row["year"] == "2014" and row["month"] in {"10", "11", "12"} and row["volume"]:
        return row | {"volume": str(2 * float(row["volume"]))}
    return row


def half_as_many_homes_are_sold_in_the_last_quarter(row: Row) -> Row | None:
    if row["year"] == "2014" and row["month"] in {"10", "11", "12"} and row["sales"]:
        return row | {"sales": str(float(row["sales"]) / 2)}
    return row


def the_data_end_in_november_2014(row: Row) -> Row | None:
    last = (int(row["year"]), int(row["month"])) <= (2014, 11)
    return row if last else None


def houston_does_not_report_one_month(row: Row) -> Row | None:
    at = (row["city"], row["year"], row["month"])
    return row | {"listings": ""} if at == ("Houston", "2011", "12") else row


@pytest.mark.parametrize(
    "change",
    [
        as_it_is,
        the_last_quarter_is_worth_twice_as_much,
        half_as_many_homes_are_sold_in_the_last_quarter,
        the_data_end_in_november_2014,
        houston_does_not_report_one_month,
    ],
)
def test_the_summary_says_what_is_in_the_data(
    change: Callable[[Row], Row | None], tmp_path: Path
) -> None:
    with (FIRST.parent / "data" / "txhousing.csv").open(encoding="utf-8") as file:
        rows = [new for row in csv.DictReader(file) if (new := change(row)) is not None]
    said = demo.summary(render.executed(lesson_on(rows, tmp_path)))
    year, trends, cities = computed(rows)
    assert f"Home sales in Q4 {year}" in said
    found = re.findall(
        r"\*\*(.*) (rose|fell)\*\* from (.*) to ([\d.]+) .* since Q4 (\d+): (\d+) %",
        said,
    )
    assert [(name.lower(), *rest) for name, *rest in found] == trends
    assert re.findall(r"\*\*(.*) added most:\*\* ([\d,]+)", said) == cities[:1]
    assert re.findall(r"([A-Z][\w ]+) \(([\d,]+)\)", said) == cities[1:]


WALL = """\
__import__("nbagents").Task("wall", "Draw", "chart_maker", ["trends", "cities"])"""


@pytest.mark.parametrize(
    "old, new, shown",
    [
        ("tail(10)", "tail(6)", "**Homes for sale fell**"),
        ("before, now = ", "before, now = 1 / 0, ", "There is no answer"),
        ('.without("post")', f'.without("post").add({WALL})', "`wall`"),
    ],
)
def test_the_lesson_survives_what_it_tells_to_try(
    old: str, new: str, shown: str, tmp_path: Path
) -> None:
    with (FIRST.parent / "data" / "txhousing.csv").open(encoding="utf-8") as file:
        path = lesson_on(list(csv.DictReader(file)), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (c for c in notebook.cells if c.cell_type == "code" and old in c.source)
    cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)
    assert shown in demo.summary(render.executed(path))


def lesson_on(rows: list[Row], folder: Path) -> Path:
    """Return a copy of the first lesson beside other data, in no mood to wait."""
    (folder / "data").mkdir()
    with (folder / "data" / "txhousing.csv").open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    helpers = (FIRST.parent / "lesson.py").read_text("utf-8")
    quick = re.sub(r"(PACE = |delay=)[\d.]+", r"\g<1>0", helpers)
    assert quick != helpers
    (folder / "lesson.py").write_text(quick, "utf-8")
    (folder / FIRST.name).write_bytes(FIRST.read_bytes())
    return folder / FIRST.name


def computed(
    rows: list[Row],
) -> tuple[int, list[tuple[str, ...]], list[tuple[str, str]]]:
    """Return the latest year with a Q4, the top 3 trends and the top 3 cities."""
    months: dict[tuple[str, int], list[list[float]]] = defaultdict(list)
    for row in rows:
        cells = [row["sales"], row["volume"], row["listings"]]
        if int(row["month"]) >= 10 and not {"", "NA"}.intersection(cells):
            months[row["city"], int(row["year"])].append([float(c) for c in cells])
    full = {
        at: tuple(map(sum, zip(*m, strict=True)))
        for at, m in months.items()
        if len(m) == 3
    }
    cities = {city for city, _ in months}
    years = sorted({year for _, year in full})
    years = [y for y in years if sum((c, y) in full for c in cities) > len(cities) / 2]
    years = years[-10:]
    kept = [city for city in cities if all((city, year) in full for year in years)]
    sums = {y: [sum(full[c, y][n] for c in kept) for n in range(3)] for y in years}
    measures = {
        "homes sold": [sums[y][0] / 1e3 for y in years],
        "value of sales": [sums[y][1] / 1e9 for y in years],
        "average price": [sums[y][1] / sums[y][0] / 1e3 for y in years],
        "homes for sale": [sums[y][2] / 3e3 for y in years],
        "supply of homes": [sums[y][2] / sums[y][0] for y in years],
    }
    last = years[-1]
    value = {c: (full[c, last][1] - full[c, last - 1][1]) / 1e6 for c in kept}
    top = sorted(kept, key=lambda city: -value[city])[:3]
    ranked = sorted((trend(name, years, of) for name, of in measures.items()))
    return (
        last,
        [said for _, said in ranked[:3]],
        [(c, f"{value[c]:,.0f}") for c in top],
    )


def trend(
    name: str, years: list[int], values: list[float]
) -> tuple[float, tuple[str, ...]]:
    """Return how far a measure moved (the further, the less) and what is said of it."""
    rising = values[-1] > values[-2]
    start = len(values) - 2
    while start > 0 and (values[start] > values[start - 1]) == rising:
        start -= 1
    old, new = values[start], values[-1]
    percent = f"{abs(100 * (new / old - 1)):.0f}"
    moved = "rose" if rising else "fell"
    said = (name, moved, f"{old:.1f}", f"{new:.1f}", str(years[start]), percent)
    return -max(new / old, old / new), said


def test_the_page_of_the_demo_needs_no_network_and_runs_nothing() -> None:
    page = demo.page(nbformat.read(FIRST, as_version=4))
    assert not re.findall(r"(?:src|href)=\"(?!data:image/|#)[^\"]*", page)
    assert "<script" not in page
    assert page.count("data:image/svg+xml;base64,") == 1
    assert page.count("data:image/png;base64,") == 2
    assert "Home sales in Q4" in page
    assert "$" not in re.sub(r"base64,[^\"]+", "", page)


def test_what_a_model_wrote_is_text_on_the_page_of_the_demo() -> None:
    notebook = nbformat.read(FIRST, as_version=4)
    for data in markdown_outputs(notebook):
        data["text/markdown"] = "<img src=x onerror=alert(1)> [x](javascript:alert(2))"
    page = demo.page(notebook)
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def markdown_outputs(notebook: NotebookNode) -> list[NotebookNode]:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    return [out.data for out in outputs if "text/markdown" in out.get("data", {})]


def test_the_demo_fails_with_the_error_of_the_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(broken, tmp_path / "broken.ipynb")
    monkeypatch.setattr(demo, "LESSON", tmp_path / "broken.ipynb")
    monkeypatch.setattr(demo, "PAGE", tmp_path / "index.html")
    assert demo.main() == 1
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()
