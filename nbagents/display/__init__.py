"""How plans and runs look: text, DOT, picture, page, live view.

Whatever is shown, `source` takes a view of it first: the plan or the run at one
moment. `summary` puts it into words for `plain` and `page`; `outline` says what a
picture consists of, `layout` where it stands, `drawing` and `boxes` draw it; `parts`
draws a part of a large one, in a `grid` where need be, and `timeline` says what was
when; `look` is the one table of symbols and colours. `liveview` keeps a run's view
current: `painter` listens and collects what changed, as `frames` words it, and `widget`
brings it to the browser, where `static/` is at work. What takes time (`pictures`, the
static `pages`) is done in `lanes`. `desk` does what the browser asks for, as `asked`
reads it: `commands` are the verbs, `questions` gives answers, such as the `details` of
a task with what `editing` allows, and `clicks` lets it all in while a cell is busy.

`inspector` shows one task at length, its `attempts` as a table and its values by their
type: `rendering` takes what a value `offers` of itself (pictures, HTML), sets Markdown
(`prose`), knows what came of `programs`, and falls back on text (`values`). `safe`,
`markup` and `cleaning` are the barrier between foreign text and all of these.

`comparison` words how two runs differ, and `side_by_side` is its page.

`listing` is the table of the runs in a journal, `plan_changes` is what another plan
would change.

`terminal` keeps the text of a run current where there is no notebook.

`report` is a run as one file: the front end with a `report_film` of what happened,
taken by `report_camera`, and the `report_details` of its tasks.

`magics` is what a notebook can type: `cells` words the cell of `%load_task`,
`definitions` has the code of agents as text.

IPython, ipywidgets, anywidget, graphviz, markdown-it-py and nh3 are imported only when
they are needed.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents.coded import CodeResult
from nbagents.display.source import Steered, look_at
from nbagents.engine.comparison import Comparison, TaskComparison
from nbagents.engine.view import TaskView
from nbagents.graph import PlanChanges
from nbagents.recorded import Runs
from nbagents.redaction import redacted

if TYPE_CHECKING:
    from nbagents.display.liveview import LiveView
    from nbagents.display.terminal import View

__all__ = ["dot", "in_notebook", "live", "mimebundle", "save", "show", "svg", "text"]


def text(value: Any) -> str:
    """Return a plan, a run, a task of one or a comparison as lines of plain text."""
    if isinstance(value, TaskView):
        from nbagents.display import inspector

        return inspector.lines(value)
    if isinstance(value, CodeResult):
        from nbagents.display import programs

        return programs.lines(value)
    if isinstance(value, Comparison | TaskComparison):
        from nbagents.display import comparison

        return comparison.lines(value)
    if isinstance(value, Runs):
        from nbagents.display import listing

        return listing.lines(value)
    if isinstance(value, PlanChanges):
        from nbagents.display import plan_changes

        return plan_changes.lines(value)
    from nbagents.display.plain import lines

    return lines(look_at(value))


def dot(value: Any) -> str:
    """Return the graph of a plan or a run in the DOT language."""
    from nbagents.display.digraph import labelled

    return labelled(look_at(value))


def svg(value: Any) -> str:
    """Return the picture of a plan or a run as an SVG document."""
    from nbagents.display.drawing import draw

    return draw(look_at(value)).svg


def save(value: Any, path: str | os.PathLike[str]) -> Path:
    """Write a run to a file: a page of its own, or its drawing; by the suffix."""
    from nbagents.display import report

    return report.save(value, path)


def mimebundle(value: Any) -> dict[str, Any]:
    """Return what a notebook shows and keeps of any of these, by media type."""
    if isinstance(value, TaskView):
        from nbagents.display import inspector

        return dict(inspector.bundle(value))
    if isinstance(value, CodeResult):
        from nbagents.display import programs

        return dict(programs.bundle(value))
    if isinstance(value, Comparison | TaskComparison):
        from nbagents.display import side_by_side

        return dict(side_by_side.bundle(value))
    if isinstance(value, Runs):
        from nbagents.display import listing

        return dict(listing.bundle(value))
    if isinstance(value, PlanChanges):
        from nbagents.display import plan_changes

        return dict(plan_changes.bundle(value))
    from nbagents.display.page import bundle

    return dict(bundle(look_at(value)))


def live(run: Steered) -> "LiveView | None":
    """Show `run` in the cell and keep it current.

    Returns:
        The view; call its `refresh()` when the run has stopped, so that the cell
        ends with the final picture. `None` outside a notebook, and when showing
        failed, which is a warning: a picture never costs a run.
    """
    if not in_notebook():
        return None
    from nbagents.display import liveview

    try:
        return liveview.show(run)
    except Exception as error:  # noqa: BLE001 - see above
        message = redacted(f"the run cannot be shown live: {error!r}")
        warnings.warn(message, stacklevel=2)
        return None


def show(run: Steered) -> "LiveView | View | None":
    """Show `run` live: in the cell, or outside a notebook as text in the terminal.

    Returns:
        As `live` does; `None` as well where the text was written once.
    """
    if in_notebook():
        return live(run)
    from nbagents.display import terminal

    return terminal.show(run)


def in_notebook() -> bool:
    """Return whether this code runs in the kernel of a notebook."""
    # Where nobody has imported IPython there is none to ask.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None
