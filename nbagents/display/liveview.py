"""The view of a run in the cells that show it, kept current.

Two outputs in each cell: the widget, of which there is one for each run, and which
lives as long as its run and its kernel; and a static page, which stays in the notebook
when it is saved. The widget hides the page while it is there.

A run that an agent of another run begins has a widget as well, and no output of its
own: the view of the other run opens it in place.
"""

import contextvars
import logging
import threading
import warnings
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from nbagents import reporting
from nbagents.display import frames, lanes, outputs, safe
from nbagents.display.desk import Desk
from nbagents.display.frames import Frame, marks
from nbagents.display.lanes import Lane, Work
from nbagents.display.pages import Pages
from nbagents.display.painter import NEW_PLAN, Kind, Painter
from nbagents.display.pictures import Pictures
from nbagents.display.source import Steered
from nbagents.engine import events as e
from nbagents.engine.lifecycle import WAITING_RUN, WAITING_TASK
from nbagents.redaction import redacted

if TYPE_CHECKING:
    from nbagents.display.widget import LiveWidget

log = logging.getLogger("nbagents")


class LiveView:
    """Shows a run in each cell in which `show` is called, from then on.

    Attributes:
        run: The run.
    """

    def __init__(self, run: Steered) -> None:
        self.run = run
        # Outputs go to the cell whose variables these are, from any thread.
        self._cell = contextvars.copy_context()
        self._pages, self._pictures = Pages(run), Pictures(run)
        self._drawing = Lane(self._within)
        self._inner: dict[str, LiveView] = {}
        self._coming: set[str] = set()
        self._painter = Painter(run, self._send)
        self._desk = Desk(run, self._pictures, self._reply, self._within)
        self._widget = self._made_widget()
        self._unsubscribe = run.subscribe(self._on_event)

    def is_of(self, run: Steered) -> bool:
        """Return whether it shows this very run, which others may hold as well."""
        return self.run.state is run.state

    def show(self) -> None:
        """Show the run in this cell, too."""
        self._cell = contextvars.copy_context()
        if self._widget is not None:
            # What happened between the first look at the run and `subscribe`.
            self._redraw()
            self._widget.marks = marks(self.run.state.plan, self.run.breakpoints)
            bundle, metadata = self._widget._repr_mimebundle_() or ({}, {})
            # Where there are no widgets, the page says it all: no text stands here.
            shown = {**bundle, "text/plain": ""}
            outputs.display(shown, metadata=metadata, raw=True)
        self._pages.add()
        self._send("snapshot", {})

    def nest(self, run: Steered) -> None:
        """Have `run` opened from here, which an agent at work here began."""
        self._coming.add(run.id)
        # Aside: an agent that is a coroutine is on the engine's thread.
        self._drawing.put(partial(_nest, run))

    def awaits(self, run: str) -> bool:
        """Return whether the run of that id is opened from here, or will be soon."""
        return run in self._coming

    def take_in(self, run: Steered) -> None:
        """Make the view of `run`, and offer it where its task is."""
        self._inner[run.id] = _registered(LiveView(run))
        self._tell_of_inner()

    @property
    def reference(self) -> str:
        """What another widget knows this one by; empty where there is none."""
        return "" if self._widget is None else f"anywidget:{self._widget.model_id}"

    def refresh(self) -> None:
        """Write the pages of the run's last stop, if that is still to be done.

        The view does it by itself, soon after a stop. Call it from a cell that waited
        for the stop, and the page is complete before that cell ends, if there is one
        in it.
        """
        # A verb that was clicked waits for no page, nor does the next one.
        if self._pages.stand_here and not lanes.is_current():
            self._pages.write()

    def close(self) -> None:
        """Show nothing any more."""
        self._unsubscribe()
        if self._widget is not None:
            self._widget.close()

    def _on_event(self, event: e.Event) -> None:
        self._painter(event)
        if isinstance(event, NEW_PLAN):
            self._drawing.put(self._redraw, "picture")
            self._drawing.put(self._tell_of_inner, "inner")
        elif isinstance(event, e.RunPaused | e.RunEnded):
            self._pages.stopped()
            self._drawing.put(self._pages.write, "pages")

    def _redraw(self) -> None:
        if self._widget is not None and (picture := self._pictures.draw()):
            self._widget.picture = picture

    def _tell_of_inner(self) -> None:
        if self._widget is not None and self._inner:
            known = {id: (v.reference, v.run) for id, v in list(self._inner.items())}
            self._widget.set_trait("nested", frames.nested(self.run.state, known))

    def _send(self, kind: Kind, frame: Frame) -> None:
        if self._widget is None:
            return
        self._widget.send_frame(kind, frame)
        if self._widget.forecast or _waits(self.run):
            self._drawing.put(self._foretell, "forecast")

    def _reply(self, reply: Frame) -> None:
        if self._widget is not None:
            self._widget.send(reply)

    def _foretell(self) -> None:
        if self._widget is not None:
            said = str(self.run.estimate()) if _waits(self.run) else ""
            self._widget.forecast = safe.one_line(said)

    def _within(self, work: Work) -> None:
        """Do `work` as the cell does that showed the run last."""
        try:
            self._cell.copy().run(work)
        except Exception:
            log.exception("run %s could not be shown", self.run.id)

    def _made_widget(self) -> "LiveWidget | None":
        """Return the widget; `None` where there can be none."""
        try:
            from nbagents.display.widget import LiveWidget

            widget = LiveWidget(self.run.id, _weakly(self._painter.snapshot))
            widget.picture = self._pictures.draw() or {}
            widget.marks = marks(self.run.state.plan, self.run.breakpoints)
        except Exception as error:  # noqa: BLE001 - the static page shows the same
            message = redacted(f"no live view, a static one only: {error!r}")
            warnings.warn(message, stacklevel=2)
            return None
        widget.listen(_weakly(self._desk.take))
        # Widgets are held by a registry, and would hold their run forever.
        weakref.finalize(self, widget.close).atexit = False
        return widget


def show(run: Steered) -> LiveView:
    """Show `run` in this cell and return its view: one for each run, in any cell.

    A run that an agent begins is opened from the view of the agent's run, if that is
    shown, and that is the view which is returned.
    """
    if (outer := _outer(run)) is not None:
        outer.nest(run)
        return outer
    view = _VIEWS.get(run.id)
    if view is None or not view.is_of(run):
        view = _registered(LiveView(run))
    # What a browser asks for may begin a run, and that shows it: it is shown already.
    if not lanes.is_current():
        view.show()
    return view


_VIEWS: weakref.WeakValueDictionary[str, LiveView] = weakref.WeakValueDictionary()
"""The views of this kernel's runs, by the id of the run."""

_registering = threading.Lock()


def _outer(run: Steered) -> LiveView | None:
    """Return the view of the run that began `run`; `None` where a person shows it."""
    within = run.state.within
    if within is None or within != reporting.outer_run():
        return None
    known = _VIEWS.get(within)
    views = list(_VIEWS.values()) if known is None else []
    return next((each for each in views if each.awaits(within)), known)


def _nest(run: Steered) -> None:
    outer = _VIEWS.get(run.state.within or "")
    if outer is not None:
        outer.take_in(run)


def _registered(new: LiveView) -> LiveView:
    """Return `new`, or the view that another thread has made of the run meanwhile."""
    # Made before it is held: making one asks the engine's thread, which may wait here.
    run = new.run
    with _registering:
        known = _VIEWS.get(run.id)
        if known is None or not known.is_of(run):
            _VIEWS[run.id] = new
            return new
    new.close()
    return known


def _waits(run: Steered) -> bool:
    """Return whether going on with `run` would start anything."""
    counts, status = run.state.counts, run.state.status
    return status in WAITING_RUN and any(counts[each] for each in WAITING_TASK)


def _weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    reference = weakref.WeakMethod(method)

    def call(*args: Any) -> Any:
        alive = reference()
        return {} if alive is None else alive(*args)

    return call
