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
from display.shown import Cell, settle
from nbagents import display
from nbagents.display import liveview, outputs
from nbagents.display.outputs import Here
from nbagents.display.painter import INTERVAL
from nbagents.engine import events as e
from nbagents.engine.breakpoints import Breakpoint
from nbagents.graph import Plan


@pytest.fixture
def cell(monkeypatch):
    cell = Cell()
    monkeypatch.setattr(outputs, "display", cell.display)
    monkeypatch.setattr(outputs, "here", lambda: cell.here)
    with warnings.catch_warnings():
        # Without a kernel ipywidgets has no comm to speak through, and says so.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield cell
    settle()


async def test_a_cell_gets_a_widget_and_a_page(cell):
    run = Run(plan("a"))
    liveview.show(run)
    widget, page = cell.outputs
    assert set(widget) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert widget["text/plain"] == ""
    assert 'data-run="run-1"' in page["text/html"]
    assert page["text/plain"].startswith("run run-1 · pending")


async def test_each_stop_writes_the_page_exactly_once(cell):
    run = Run(plan("a", "b"))
    view = liveview.show(run)
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
    view = liveview.show(run)
    assert "planning" in view._widget.picture["svg"]
    run.start().emit(e.RunPlanned(START, plan("a", "b<a")))
    settle()
    picture = view._widget.picture
    assert len(picture["tasks"]) == 2
    run.complete("a")
    assert view._widget.picture is picture


async def test_whoever_asks_for_the_state_gets_that_of_this_moment(cell):
    run = Run(plan("a"))
    view = liveview.show(run)
    run.start().complete("a", "all well")
    state = view._widget.get_state()
    assert state["snapshot"]["tasks"][0][4] == "all well"
    assert "snapshot" not in view._widget.get_state(["run"])


async def test_changes_reach_the_widget_as_patches(cell):
    run = Run(plan("a"))
    view = liveview.show(run)
    run.start().complete("a", "all well")
    await asyncio.sleep(2 * INTERVAL)
    assert view._widget.patch["tasks"][0][4] == "all well"


async def test_without_widgets_there_is_still_a_page(cell, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbagents.display.widget", None)
    run = Run(plan("a"))
    with pytest.warns(UserWarning, match="a static one only"):
        liveview.show(run)
    assert len(cell.outputs) == 1
    run.start().complete("a")
    run.end()
    settle()
    assert "completed" in cell.updates[0]["text/plain"]


async def test_a_notebook_that_takes_no_updates_does_not_hurt_the_run(cell, caplog):
    run = Run(plan("a"))
    liveview.show(run)
    cell.update = None
    run.start().complete("a")
    run.end()
    settle()
    assert "run run-1 could not be shown" in caplog.text


async def test_a_run_that_nobody_holds_takes_its_widget_with_it(cell):
    run = Run(plan("a"))
    view = liveview.show(run)
    widget, seen = weakref.ref(view._widget), weakref.ref(run)
    del run, view
    gc.collect()
    assert seen() is None
    assert widget() is None or widget().comm is None


async def test_a_closed_widget_closes_the_layout_that_it_was_given(cell):
    view = liveview.show(Run(plan("a")))
    layout = view._widget.layout
    view.close()
    assert view._widget.comm is None
    assert layout.comm is None


async def test_a_run_that_is_shown_again_has_one_comm_and_one_listener(cell):
    run = Run(plan("a"))
    views = set()
    opened = []
    for n in range(50):
        cell.here = Here(f"cell {n % 3}", n)
        views.add(view := liveview.show(run))
        opened.append(view._widget.comm.comm_id)
    assert len(views) == len(set(opened)) == len(run.listeners) == 1
    assert len(cell.outputs) == 100
    settle()
    assert not [t for t in threading.enumerate() if t.name == "nbagents-view"]


async def test_every_cell_that_shows_a_run_has_its_page_written_at_a_stop(cell):
    run = Run(plan("a"))
    for name, number in [("one", 1), ("two", 2), ("one", 3), ("one", 3)]:
        cell.here = Here(name, number)
        liveview.show(run)
    # Cell "one" was executed again, so its first page is gone with its outputs.
    first, second, third = cell.handles
    run.start().complete("a")
    run.end()
    settle()
    assert [len(h.updates) for h in (first, second, third)] == [0, 1, 1]
    assert "completed" in third.updates[0]["text/plain"]


async def test_a_page_that_cannot_be_written_costs_no_other(cell, caplog):
    run = Run(plan("a"))
    for number in range(2):
        cell.here = Here(f"cell {number}", number)
        liveview.show(run)
    cell.handles[0].update = None
    run.start().complete("a")
    run.end()
    settle()
    assert len(cell.handles[1].updates) == 1
    assert "run run-1 could not be shown" in caplog.text


async def test_another_run_of_that_id_has_a_view_of_its_own(cell):
    one, other = Run(plan("a")), Run(plan("a"))
    assert liveview.show(one) is not liveview.show(other)
    assert liveview.show(other) is liveview.show(other)


async def test_a_run_that_waits_says_what_going_on_would_take(cell):
    run = Run(plan("a", "b"))
    view = liveview.show(run)
    settle()
    assert view._widget.forecast.startswith("2 tasks will run")
    run.start()
    settle()
    assert view._widget.forecast == ""
    run.complete("a")
    run.emit(e.RunPaused(START + 3, "you paused it"))
    await asyncio.sleep(2 * INTERVAL)
    settle()
    assert view._widget.forecast == "1 task will run · about 1.0 s of work"


async def test_breakpoints_reach_the_widget(cell):
    run = Run(plan("a", "b"))
    run.breakpoints = (Breakpoint(at="a"),)
    view = liveview.show(run)
    assert view._widget.marks == {"tasks": {0: ["before"]}, "others": []}
    run.mark(Breakpoint(at="b", when="after"))
    await asyncio.sleep(2 * INTERVAL)
    assert view._widget.marks == {"tasks": {1: ["after"]}, "others": []}


async def test_each_plan_has_a_picture_and_pictures_are_counted(cell):
    run = Run(plan("a"))
    view = liveview.show(run)
    assert view._widget.picture["version"] == 1
    run.emit(e.PlanEdited(START, plan("a", "b<a")))
    settle()
    assert view._widget.picture["version"] == 2
    assert view._widget.picture["needs"] == [[], [0]]


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
