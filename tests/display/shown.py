"""A notebook's cell without a notebook."""

import threading
import time

from nbagents.display.lanes import THREAD_NAME
from nbagents.display.outputs import Here


class Cell:
    """Stands for a notebook's cell: keeps what is displayed in it."""

    def __init__(self) -> None:
        self.outputs: list[dict] = []
        self.updates: list[dict] = []
        self.here = Here("", None)
        self.handles: list[Handle] = []

    def display(self, bundle, **options):
        self.outputs.append(bundle)
        known = {each.display_id: each for each in self.handles}
        id = options.get("display_id")
        handle = known.get(id) or Handle(self, f"page {len(self.handles)}")
        if id is True:
            self.handles.append(handle)
        return handle

    def update(self, bundle, raw):
        self.updates.append(bundle)

    def pages(self):
        return [each for each in self.outputs if "text/html" in each]


class Handle:
    """Stands for what IPython gives to update an output."""

    def __init__(self, cell, display_id):
        self.cell, self.display_id = cell, display_id
        self.updates: list[dict] = []

    def update(self, bundle, raw):
        self.updates.append(bundle)
        self.cell.update(bundle, raw)


def settle() -> None:
    """Wait until the views have drawn and written what there is to draw and write."""
    deadline = time.monotonic() + 10
    while any(each.name == THREAD_NAME for each in threading.enumerate()):
        assert time.monotonic() < deadline, "a view is still at work"
        time.sleep(0.001)
