"""Runs that agents begin, in the view of the run these agents work for."""

import gc
import time
import warnings
import weakref

import IPython  # noqa: F401 - nothing is shown where nobody has imported it
import pytest

from display.shown import Cell, settle
from nbagents import Agent, Orchestrator, Plan, Task, display
from nbagents.display import liveview, outputs, painter

INNER = Plan([Task("dig", "dig", "digger")], goal="Dig it up")
OUTER = Plan([Task("first", "x", "digger"), Task("search", "x", "team", ["first"])])


def digger(task, context):
    return f"did {task}"


def inner_team():
    return Orchestrator([digger], journal=None)


async def asynchronous(task, context):
    return (await inner_team().start(INNER)).result


def plain(task, context):
    return inner_team().run(INNER).result


def deep(task, context):
    team = Orchestrator([Agent("team", "", asynchronous), digger], journal=None)
    return team.run(OUTER).result


def outer_team(execute):
    return Orchestrator([Agent("team", "Digs", execute), digger], journal=None)


@pytest.fixture
def cell(monkeypatch):
    cell = Cell()
    monkeypatch.setattr(outputs, "display", cell.display)
    monkeypatch.setattr(outputs, "here", lambda: cell.here)
    monkeypatch.setattr(display, "in_notebook", lambda: True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield cell
        settle()


@pytest.mark.parametrize("execute", [asynchronous, plain])
def test_the_run_of_an_agent_is_offered_where_its_task_is(cell, execute):
    run = outer_team(execute).run(OUTER)
    settle()
    view = liveview.show(run)
    [(reference, name)] = view._widget.nested[1]
    assert name == "Dig it up"
    [inner] = view._inner.values()
    assert reference == f"anywidget:{inner._widget.model_id}"
    assert inner.run.status == "completed"
    assert inner._widget.get_state()["snapshot"]["run"]["status"] == "completed"


def test_the_run_of_an_agent_has_no_output_of_its_own(cell):
    outer_team(plain).run(OUTER)
    settle()
    assert len(cell.pages()) == 1


def test_runs_within_runs_within_runs_are_each_offered_in_the_next(cell):
    run = outer_team(deep).run(OUTER)
    settle()
    view = liveview.show(run)
    [middle] = view._inner.values()
    [innermost] = middle._inner.values()
    assert innermost.run.plan == INNER
    assert len(cell.pages()) == 2  # of `run` and `show`


def test_a_person_who_shows_such_a_run_gets_an_output(cell):
    kept = []

    def keeping(task, context):
        kept.append(inner_team().run(INNER))

    outer_team(keeping).run(OUTER)
    settle()
    before = len(cell.pages())
    kept[0].show()
    assert len(cell.pages()) == before + 1


def test_a_view_that_is_gone_takes_those_within_with_it(cell, monkeypatch):
    # A view repeats its last frame once, and holds the run until then.
    monkeypatch.setattr(painter, "REPEAT", 0.01)
    run = outer_team(plain).run(OUTER)
    settle()
    view = liveview.show(run)
    [inner] = view._inner.values()
    widget = weakref.ref(inner._widget)
    seen = weakref.ref(inner.run)
    del run, view, inner
    deadline = time.monotonic() + 10
    while seen() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
        gc.collect()
    assert seen() is None
    assert widget() is None or widget().comm is None
