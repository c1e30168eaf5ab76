"""Run the first lesson offline and leave a page with what came of it.

Executes `notebooks/01_first_run.ipynb` in a real kernel and writes
`build/demo/index.html`: the summary, the charts and the graph, in one file that needs
no network. Prints the path of the page and the summary.
"""

import html
import re
import sys
from collections.abc import Iterator
from typing import Any

from nbclient.exceptions import CellExecutionError
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from render_notebooks import ROOT, executed, paths

_PNG = "data:image/png;base64,"

PAGE = ROOT / "build" / "demo" / "index.html"

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem;
       padding: 2rem 1.25rem 4rem; color: #1c2024; background: #ffffff; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
.goal, footer, figcaption { color: #5b636d; }
figure { margin: 1rem 0; overflow-x: auto; }
figure img { max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
article { border-left: 3px solid #008060; padding-left: 1.25rem; }
article h3 { margin-top: 0; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8eb; background: #14171a; }
  .goal, footer, figcaption { color: #9aa3ad; }
  .graph img { background: none; }
}
"""


def main() -> int:
    """Run the lesson, write the page, print the summary; return the exit code."""
    (lesson,) = (path for path in paths() if path.name.startswith("01"))
    print(f"Running {lesson.relative_to(ROOT)} in a kernel, offline ...", flush=True)
    try:
        notebook = executed(lesson)
    except CellExecutionError as error:
        print(f"The notebook stopped with an error:\n{error}", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(notebook), "utf-8")
    print(f"\n{summary(notebook)}\n")
    print(f"The graph, the charts and the summary: {PAGE}")
    return 0


def page(notebook: NotebookNode) -> str:
    """Return the page, from the outputs of the executed lesson."""
    charts = "\n".join(
        f'<figure><img alt="Chart {number}" src="{_PNG}{data}"></figure>'
        for number, data in enumerate(_outputs(notebook, "image/png"), start=1)
    )
    # The last output is the bare run: of it the picture, and the line above it.
    *_, shown = _outputs(notebook, "text/html")
    *_, told = _outputs(notebook, "text/plain")
    (graph,) = re.findall(r"<img [^>]*>", shown)
    _, _, caption = told.splitlines()[0].partition(" · ")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nbagents: a first run</title>
<style>{STYLE}</style>
<h1>A goal became a running graph</h1>
<p class="goal">{html.escape(goal(notebook))}</p>
<h2>The summary</h2>
<article>{markdown2html(summary(notebook))}</article>
<h2>The charts</h2>
{charts}
<h2>The run</h2>
<figure class="graph">{graph}<figcaption>{html.escape(caption)}</figcaption></figure>
<footer><p>Made by <code>make demo</code> from real data of 46 Texas areas, with a
simulated model for planning and wording. The lesson behind it is
<code>notebooks/01_first_run.ipynb</code>; <code>make lab</code> opens it.</p></footer>
</html>
"""


def summary(notebook: NotebookNode) -> str:
    """Return the answer of the run, as Markdown."""
    return next(_outputs(notebook, "text/markdown"))


def goal(notebook: NotebookNode) -> str:
    """Return the goal as the lesson's heading quotes it."""
    lines = notebook.cells[0].source.splitlines()
    return " ".join(line[1:].strip() for line in lines if line.startswith(">"))


def _outputs(notebook: NotebookNode, kind: str) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data: dict[str, Any] = output.get("data", {})
            if kind in data:
                yield str(data[kind]).strip()


if __name__ == "__main__":
    sys.exit(main())
