"""Copies of a lesson that are changed as it tells to, and run in less time."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import render_notebooks as render  # noqa: E402 - scripts are no package

_PAUSE = re.compile(r"(PACE = |delay=)[\d.]+")


def executed(
    lesson: str,
    folder: Path,
    change: Mapping[str, str] | None = None,
    until: str | None = None,
    seconds: float = 0,
) -> NotebookNode:
    """Return a lesson as it runs in `folder`, changed, and up to a cell if asked to.

    Args:
        lesson: Name of the notebook.
        folder: An empty folder for it, the data and the helpers.
        change: What to write instead of what, in its cells.
        until: The first cell with this is left out, and all after it.
        seconds: How long its pauses are.
    """
    _copy_helpers(folder, seconds)
    notebook = committed(lesson)
    if until is not None:
        notebook.cells = _up_to(notebook.cells, until)
    for old, new in (change or {}).items():
        assert any(old in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, folder / lesson)
    return render.executed(folder / lesson)


def committed(lesson: str) -> NotebookNode:
    """Return a lesson with the outputs that are committed."""
    return nbformat.read(render.NOTEBOOKS / lesson, as_version=4)


def after(notebook: NotebookNode, source: str) -> str:
    """Return what the first cell with `source` printed and showed, as plain text."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = next(cell for cell in code if source in cell.source)
    said = [_text(output) for output in cell.outputs]
    return "\n".join(filter(None, said))


def html(notebook: NotebookNode) -> list[str]:
    """Return the HTML of all outputs, in order."""
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    found = [out.get("data", {}).get("text/html") for out in outputs]
    return [each for each in found if each is not None]


def _copy_helpers(folder: Path, seconds: float) -> None:
    shutil.copytree(render.NOTEBOOKS / "data", folder / "data")
    for helpers in render.NOTEBOOKS.glob("lesson*.py"):
        quick = _PAUSE.sub(rf"\g<1>{seconds}", helpers.read_text("utf-8"))
        (folder / helpers.name).write_text(quick, "utf-8")


def _up_to(cells: list[NotebookNode], until: str) -> list[NotebookNode]:
    code = [cell for cell in cells if cell.cell_type == "code"]
    return code[: [until in cell.source for cell in code].index(True)]


def _text(output: NotebookNode) -> str:
    data = output.get("data", {})
    shown = data.get("text/markdown") or data.get("text/plain") or ""
    return str(output.get("text") or shown)
