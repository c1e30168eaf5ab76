"""The static pages of a run: one in each cell that shows it, written at each stop.

They are what stays in the notebook when it is saved.
"""

import contextvars
import logging
import threading
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from nbagents.display import outputs, page
from nbagents.display.markup import Markup, element
from nbagents.display.source import Source, look_at
from nbagents.engine.lifecycle import STOPPED_RUN

log = logging.getLogger("nbagents")


class Pages:
    """The static pages of one run."""

    def __init__(self, run: Source) -> None:
        self._run = run
        self._pages: dict[str, _Page] = {}
        self._lock = threading.Lock()
        self._stops = self._written = 0

    def __len__(self) -> int:
        return len(self._pages)

    def add(self) -> None:
        """Put a page into this cell; a cell that is executed again has the new one."""
        here = outputs.here()
        with self._lock:  # A stop that comes now is written after the first page.
            known = self._pages.get(here.cell)
            same = known is not None and known.number == here.number
            id = known.handle.display_id if known is not None and same else True
            handle = outputs.display(_kept(self._run), raw=True, display_id=id)
            cell = contextvars.copy_context()
            self._pages[here.cell] = _Page(self._run.id, here.number, handle, cell)

    def stopped(self) -> None:
        """Take note of a stop of the run: the pages are to be written."""
        self._stops += 1

    @property
    def stand_here(self) -> bool:
        """Whether one of them is in the cell that is executed now."""
        number = outputs.here().number
        return any(each.number == number for each in list(self._pages.values()))

    def write(self) -> None:
        """Write the pages of the last stop, if that is still to be done."""
        with self._lock:
            stopped = self._run.state.status in STOPPED_RUN
            if not stopped or self._written == self._stops:
                return
            self._written = self._stops
            kept = _kept(self._run)
            for each in self._pages.values():
                each.write(kept)


@dataclass(frozen=True, slots=True)
class _Page:
    run: str
    number: int | None
    handle: Any
    # Outputs go to the cell whose variables these are, from any thread.
    cell: contextvars.Context

    def write(self, kept: dict[str, str]) -> None:
        try:
            self.cell.copy().run(self.handle.update, kept, raw=True)
        except Exception:
            log.exception("run %s could not be shown", self.run)


def _kept(run: Source) -> dict[str, str]:
    bundle = page.bundle(look_at(run))
    style = (files("nbagents.display") / "static" / "kept.css").read_text("utf-8")
    return bundle | {"text/html": element("style", Markup(style)) + bundle["text/html"]}
