"""The live view without a browser: what goes to the notebook, and when."""

import asyncio
import gc
import subprocess
import sys
import threading
import warnings
import weakref

import pytest

from display.runs import START, Run, plan
from nbagents import display
from nbagents.display import liveview
from nbagents.display.liveview import LiveView
from nbagents.display.painter import INTERVAL
from nbagents.engine import events as e
from nbagents.graph import Plan


class Cell:
    """Stands for a notebook's cell: keeps what is displayed in it."""

    def __init__(self) -> None:
        self.outputs: list[dict] = []
        self.updates: list[dict] = []

    def display(self, bundle, **options):
        self.outputs.append(bundle)
        return self

    def update(self, bundle, raw):
        self.updates.append(bundle)


@pytest.fixture
def cell(monkeypatch):
    cell = Cell()
    monkeypatch.setattr(liveview, "_display", cell.display)
    with warnings.catch_warnings():
        # Without a kernel ipywidgets has no comm to speak through, and says so.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield cell
    for thread in threading.enumerate():
        if thread.name == "nbagents-view":
            thread.join(5)


def settle():
    for thread in threading.enumerate():
        if thread.name == "nbagents-view":
            thread.join(5)


async def test_a_cell_gets_a_widget_and_a_page(cell):
    run = Run(plan("a"))
    LiveView(run)
    widget, page = cell.outputs
    assert set(widget) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert widget["text/plain"] == ""
    assert 'data-run="run-1"' in page["text/html"]
    assert page["text/plain"].startswith("run run-1 · pending")


async def test_each_stop_writes_the_page_exactly_once(cell):
    run = Run(plan("a", "b"))
    view = LiveView(run)
    run.start().complete("a")
    view.refresh()
    assert cell.updates == []
    run.emit(e.RunPaused(START + 1, "you paused it"))
    view.refresh()
    view.refresh()
    settle()
    assert len(cell.updates) == 1
    assert "you paused it" in cell.updates[0]["text/html"]
    run.emit(e.RunStarted(START + 2))
    run.complete("b")
    run.end()
    settle()
    view.refresh()
    assert len(cell.updates) == 2
    assert "completed" in cell.updates[1]["text/plain"]


async def test_a_plan_that_arrives_later_is_drawn_once(cell):
    run = Run(Plan(goal="Something"))
    view = LiveView(run)
    assert "planning" in view._widget.picture["svg"]
    run.start().emit(e.RunPlanned(START, plan("a", "b<a")))
    settle()
    picture = view._widget.picture
    assert len(picture["tasks"]) == 2
    run.complete("a")
    assert view._widget.picture is picture


async def test_whoever_asks_for_the_state_gets_that_of_this_moment(cell):
    run = Run(plan("a"))
    view = LiveView(run)
    run.start().complete("a", "all well")
    state = view._widget.get_state()
    assert state["snapshot"]["tasks"][0][4] == "all well"
    assert "snapshot" not in view._widget.get_state(["run"])


async def test_changes_reach_the_widget_as_patches(cell):
    run = Run(plan("a"))
    view = LiveView(run)
    run.start().complete("a", "all well")
    await asyncio.sleep(2 * INTERVAL)
    assert view._widget.patch["tasks"][0][4] == "all well"


async def test_without_widgets_there_is_still_a_page(cell, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbagents.display.widget", None)
    run = Run(plan("a"))
    with pytest.warns(UserWarning, match="a static one only"):
        LiveView(run)
    assert len(cell.outputs) == 1
    run.start().complete("a")
    run.end()
    settle()
    assert "completed" in cell.updates[0]["text/plain"]


async def test_a_notebook_that_takes_no_updates_does_not_hurt_the_run(cell, caplog):
    run = Run(plan("a"))
    LiveView(run)
    cell.update = None
    run.start().complete("a")
    run.end()
    settle()
    assert "run run-1 could not be shown" in caplog.text


async def test_a_run_that_nobody_holds_takes_its_widget_with_it(cell):
    run = Run(plan("a"))
    view = LiveView(run)
    widget, seen = weakref.ref(view._widget), weakref.ref(run)
    del run, view
    gc.collect()
    assert seen() is None
    assert widget() is None or widget().comm is None


def test_outside_a_notebook_nothing_is_shown():
    assert display.in_notebook() is False
    assert display.live(Run(plan("a"))) is None


def test_showing_a_plan_as_text_imports_nothing_heavy():
    code = (
        "import sys, nbagents.display as d; from nbagents.graph import Plan, Task;"
        "d.text(Plan([Task('a', '', 'x')])); d.in_notebook();"
        "print(*{'IPython', 'ipywidgets', 'anywidget', 'graphviz'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
