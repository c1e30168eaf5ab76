"""The view of a run in the cells that show it, kept current.

Two outputs in each cell: the widget, of which there is one for each run, and which
lives as long as its run and its kernel; and a static page, which stays in the notebook
when it is saved. The widget hides the page while it is there.
"""

import contextvars
import logging
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbagents.display import lanes, outputs, safe
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
        elif isinstance(event, e.RunPaused | e.RunEnded):
            self._pages.stopped()
            self._drawing.put(self._pages.write, "pages")

    def _redraw(self) -> None:
        if self._widget is not None and (picture := self._pictures.draw()):
            self._widget.picture = picture

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
    """Show `run` in this cell and return its view: one for each run, in any cell."""
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
