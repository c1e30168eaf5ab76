"""Run the first lesson offline and leave a page with what came of it.

Executes `notebooks/01_first_run.ipynb` in a real kernel and writes
`build/demo/index.html`: the graph, the summary and the charts, in one file that needs
no network. Prints the path of the page and the summary.
"""

import html
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template
from typing import Any

from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from render_notebooks import ROOT, executed

LESSON = ROOT / "notebooks" / "01_first_run.ipynb"
PAGE = ROOT / "build" / "demo" / "index.html"
TEMPLATE = Path(__file__).with_name("demo.html")

_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main() -> int:
    """Run the lesson, write the page, print the summary; return the exit code."""
    show(f"Running {LESSON.name} in a kernel, offline:")
    try:
        notebook = executed(LESSON, watch=told())
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        words = _TERMINAL_COLOURS.sub("", str(error)).strip()
        print(
            f"\nThe demo failed, the notebook did not finish:\n{words}", file=sys.stderr
        )
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(notebook), "utf-8")
    show(f"\n{summary(notebook)}\n")
    show(f"The graph, the summary and the charts: {PAGE}")
    return 0


def told() -> Callable[[NotebookNode], None]:
    """Return a function that shows a line for each cell, and a run as it ended."""
    began = time.perf_counter()

    def tell(cell: NotebookNode) -> None:
        nonlocal began
        now = time.perf_counter()
        show(f"  {now - began:4.1f} s  {first_line(cell.source)}")
        began = now
        for text in _outputs([cell], "text/plain"):
            if text.startswith("run ") and cell.source.startswith("run ="):
                show("".join(f"          {line}\n" for line in text.splitlines()))

    return tell


def first_line(source: str) -> str:
    """Return the line that says what a cell is about."""
    lines = source.splitlines()
    return next(line for line in lines if not line.startswith("@"))


def page(notebook: NotebookNode) -> str:
    """Return the page, from the outputs of the executed lesson."""
    # The last output is the bare run: of it the picture, and the line above it.
    *_, shown = _outputs(notebook.cells, "text/html")
    *_, words = _outputs(notebook.cells, "text/plain")
    (graph,) = re.findall(r"<img [^>]*>", shown)
    _, _, caption = words.splitlines()[0].partition(" · ")
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        goal=html.escape(goal(notebook)),
        graph=graph,
        caption=html.escape(caption),
        summary=markdown2html(harmless(summary(notebook))),
        charts="\n".join(charts(notebook)),
    )


def charts(notebook: NotebookNode) -> Iterator[str]:
    """Yield each chart as a figure, described by the cell that shows it."""
    for cell in notebook.cells:
        for data in _outputs([cell], "image/png"):
            source = f"data:image/png;base64,{data}"
            alt = html.escape(cell.source)
            yield f'<figure><img alt="{alt}" src="{source}"></figure>'


def summary(notebook: NotebookNode) -> str:
    """Return the answer of the run, as the Markdown that the model wrote."""
    # The lesson makes it harmless with entities before it shows it.
    return html.unescape(next(_outputs(notebook.cells, "text/markdown")))


def harmless(markdown: str) -> str:
    """Return Markdown in which neither HTML nor links work: a model wrote it."""
    return html.escape(markdown, quote=False).replace("[", "&#91;")


def goal(notebook: NotebookNode) -> str:
    """Return the goal as the lesson's heading quotes it."""
    lines = notebook.cells[0].source.splitlines()
    return " ".join(line[1:].strip() for line in lines if line.startswith(">"))


def show(text: str) -> None:
    """Print at once, so that a person sees how far it is."""
    print(text, flush=True)


def _outputs(cells: list[NotebookNode], kind: str) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", []):
            data: dict[str, Any] = output.get("data", {})
            if kind in data:
                yield str(data[kind]).strip()


if __name__ == "__main__":
    sys.exit(main())
