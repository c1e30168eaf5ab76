"""The widget: what carries pictures and frames to the browser.

It is an anywidget, so it works wherever Jupyter widgets do. Traits, unlike custom
messages, reach a second view and a reloaded page too. What is large (`picture`) is
sent once for each plan; `patch` is small; `snapshot` is never stored, but made at
the moment somebody asks for it.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from nbagents.display import clicks, frames, look

_STATIC = files("nbagents.display") / "static"


class LiveWidget(anywidget.AnyWidget):
    """The live view of one run in the browser.

    Attributes:
        run: Id of the run.
        looks: How each state looks.
        picture: The drawing, and the tasks in it.
        snapshot: The whole state; always made anew.
        patch: What changed last.
        marks: Where breakpoints are.
        forecast: What going on would take, as a phrase; empty where nothing waits.
        nested: The widgets of the runs that agents of this one began.
    """

    _esm = (_STATIC / "live.js").read_text("utf-8")
    _css = (_STATIC / "live.css").read_text("utf-8") + look.css("nbagents-live")
    run = traitlets.Unicode().tag(sync=True)
    looks = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True)
    patch = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    forecast = traitlets.Unicode().tag(sync=True)
    nested = traitlets.Dict().tag(sync=True)

    def __init__(self, run: str, take: Callable[[], frames.Frame]) -> None:
        """Show run `run`; `take` returns how it stands, whenever it is called."""
        self._take = take
        super().__init__(run=run, looks=frames.looks())

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Return the traits to send, with a snapshot of this moment among them."""
        state = super().get_state(key, drop_defaults)
        if "snapshot" in state:
            state["snapshot"] = self._take()
        return state

    def listen(self, take: Callable[[Any], None]) -> None:
        """Have `take` called with what browsers say, on any thread."""
        self.on_msg(lambda _, said, __: take(said))
        clicks.let_in(self.comm)

    def close(self) -> None:
        """Close it, and the layout that it has as every widget with a view."""
        layout = self.layout if self.comm is not None else None
        super().close()
        if layout is not None:  # It has a comm of its own, which nobody else closes.
            layout.close()

    def send_frame(self, kind: str, frame: frames.Frame) -> None:
        """Send one frame of a painter; may be called on any thread."""
        if kind == "snapshot":
            self.send_state("snapshot")
        else:
            self.set_trait(kind, frame)

    def __repr__(self) -> str:
        return f"Live view of run {self.run}"
