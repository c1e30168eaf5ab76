"""The lessons: they run, say what they compute, and are committed as they run."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import render_notebooks as render  # noqa: E402 - scripts are no package

pytestmark = pytest.mark.notebook

LESSONS = render.paths()
FIRST = LESSONS[0]


def sources(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def answer(path: Path, change: str) -> str:
    """Return the answer of the first lesson when `change` is made to its data."""
    notebook = nbformat.read(FIRST, as_version=4)
    (loading,) = (c for c in notebook.cells if "read_csv" in c.source)
    loading.source = loading.source.replace("homes.tail(3)", change)
    assert change in loading.source
    changed = path / "changed.ipynb"
    nbformat.write(notebook, changed)
    # The lesson reads its data and its helpers beside itself.
    for name in ("data", "lesson.py"):
        (path / name).symlink_to(FIRST.parent / name)
    return str(markdown(render.executed(changed))[0])


def markdown(notebook: NotebookNode) -> list[str]:
    return [
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_gives_what_is_committed(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    assert render.texts(render.executed(path)) == render.texts(committed)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_cells_are_short_and_the_first_only_imports(path: Path) -> None:
    first, *others = sources(path)
    for line in first.splitlines():
        assert line.startswith(("import ", "from ", "%", "    ", ")")) or not line
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
    for private in ("/home/", "/root/", "/work/", "/tmp/", "sk-", "OPENAI_API_KEY"):
        assert private not in outputs
    assert '"output_type": "error"' not in outputs
    assert '"name": "stderr"' not in outputs


def test_the_summary_follows_when_the_last_quarter_is_worth_twice_as_much(
    tmp_path: Path,
) -> None:
    (before,) = re.findall(r"to ([\d.]+) billion", markdown_of_the_first())
    said = answer(tmp_path, "homes.loc[homes.year == 2014, 'volume'] *= 2")
    (after,) = re.findall(r"to ([\d.]+) billion", said)
    assert float(after) == pytest.approx(2 * float(before), abs=0.1)


def test_the_summary_follows_when_the_last_year_is_cut_off(tmp_path: Path) -> None:
    said = answer(tmp_path, "homes = homes[homes.year < 2014]")
    assert "Q4 2013" in said
    assert "2014" not in said.replace("January 2014", "")
    assert said != markdown_of_the_first()


def markdown_of_the_first() -> str:
    return markdown(nbformat.read(FIRST, as_version=4))[0]
