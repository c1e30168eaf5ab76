"""The view of a run in the cell that started it, kept current.

Two outputs: the widget, which lives as long as its run and its kernel, and a static
page, which stays in the notebook when it is saved. The widget hides the page while
it is there. The page is written anew at each stop.
"""

import contextvars
import importlib
import logging
import threading
import warnings
import weakref
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nbagents.display import frames, page
from nbagents.display.frames import Frame
from nbagents.display.markup import Markup, element
from nbagents.display.painter import Kind, Painter
from nbagents.display.source import Source, look_at
from nbagents.engine import events as e
from nbagents.engine.lifecycle import STOPPED_RUN
from nbagents.redaction import redacted

if TYPE_CHECKING:
    from nbagents.display.widget import LiveWidget

log = logging.getLogger("nbagents")


class LiveView:
    """Shows a run in the cell this is made in, from now on."""

    def __init__(self, run: Source) -> None:
        self._run = run
        # Outputs go to the cell whose variables these are, from any thread.
        self._cell = contextvars.copy_context()
        self._number = _cell_number()
        self._painter = Painter(run, self._send)
        self._widget = _shown_widget(run, self._painter)
        self._stops = self._written = 0
        self._writing = threading.Lock()
        with self._writing:  # A stop that comes now is written after the first page.
            run.subscribe(self._on_event)
            self._page = _shown_page(run)
        # What happened between the first look at the run and `subscribe`.
        self._send("snapshot", {})

    def refresh(self) -> None:
        """Write the page of the run's last stop, if that is still to be done.

        The view does it by itself, soon after a stop. Call it from a cell that waited
        for the stop, and the page is complete before that cell ends, if it is the one
        the page stands in.
        """
        if self._number == _cell_number():
            self._write()

    def _write(self) -> None:
        with self._writing:
            stopped = self._run.state.status in STOPPED_RUN
            if stopped and self._written != self._stops:
                self._written = self._stops
                self._page.update(_kept(self._run), raw=True)

    def _on_event(self, event: e.Event) -> None:
        self._painter(event)
        if isinstance(event, e.RunPlanned | e.PlanEdited | e.RunRewound):
            self._aside(self._redraw)
        elif isinstance(event, e.RunPaused | e.RunEnded):
            self._stops += 1
            self._aside(self._write)

    def _redraw(self) -> None:
        if self._widget is not None:
            self._widget.picture = frames.picture(look_at(self._run))

    def _send(self, kind: Kind, frame: Frame) -> None:
        if self._widget is not None:
            self._widget.send_frame(kind, frame)

    def _aside(self, work: Callable[[], None]) -> None:
        """Do `work` off the engine's thread, which drawing would hold up."""

        def guarded() -> None:
            try:
                self._cell.copy().run(work)
            except Exception:
                log.exception("run %s could not be shown", self._run.id)

        threading.Thread(target=guarded, name="nbagents-view", daemon=True).start()


def _shown_widget(run: Source, painter: Painter) -> "LiveWidget | None":
    """Display the widget and return it; `None` where there can be none."""
    try:
        from nbagents.display.widget import LiveWidget

        widget = LiveWidget(run.id, _weakly(painter.snapshot))
        widget.picture = frames.picture(look_at(run))
        bundle, metadata = widget._repr_mimebundle_() or ({}, {})
        # Where there are no widgets, the page says it all: nothing need stand here.
        _display({**bundle, "text/plain": ""}, metadata=metadata, raw=True)
    except Exception as error:  # noqa: BLE001 - the static page shows the same
        message = redacted(f"no live view, a static one only: {error!r}")
        warnings.warn(message, stacklevel=2)
        return None
    # Widgets are held by a registry, and would hold their run forever.
    weakref.finalize(run, widget.close).atexit = False
    return widget


def _weakly(method: Callable[[], Frame]) -> Callable[[], Frame]:
    reference = weakref.WeakMethod(method)

    def call() -> Frame:
        alive = reference()
        return {} if alive is None else alive()

    return call


def _cell_number() -> int | None:
    """Return the number of the cell that is executed; `None` outside a notebook."""
    ipython: Any = importlib.import_module("IPython")
    shell = ipython.get_ipython()
    return None if shell is None else int(shell.execution_count)


def _shown_page(run: Source) -> Any:
    """Display the static page and return the handle that updates it."""
    return _display(_kept(run), raw=True, display_id=True)


def _display(*outputs: Any, **options: Any) -> Any:
    ipython: Any = importlib.import_module("IPython.display")
    return ipython.display(*outputs, **options)


def _kept(run: Source) -> dict[str, str]:
    bundle = page.bundle(look_at(run))
    style = (files("nbagents.display") / "static" / "kept.css").read_text("utf-8")
    return bundle | {"text/html": element("style", Markup(style)) + bundle["text/html"]}
