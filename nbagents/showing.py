"""The one door to `display/`: from a value to its picture, and to the magics.

Plans and runs know that they can be shown, not how: `display/` is imported when
somebody looks, so the core stays free of IPython and a script never pays for
pictures it does not show. IPython swallows what a display hook raises, so a
picture that fails becomes a warning, and the text is shown instead.
"""

import importlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any, Protocol

from nbagents.redaction import redacted


class LiveView(Protocol):
    """A view of a run that keeps itself current."""

    def refresh(self) -> None:
        """Complete the picture of a run that has stopped, before the cell ends."""


def text(value: Any) -> str:
    """Return `value` as a few lines of plain text, without keys or passwords."""
    return redacted(str(_display().text(value)))


def dot(value: Any) -> str:
    """Return the graph of `value` in the DOT language."""
    return str(_display().dot(value))


def svg(value: Any) -> str:
    """Return the drawing of `value` as SVG text."""
    return str(_display().svg(value))


def save(value: Any, path: str | os.PathLike[str]) -> Path:
    """Write `value` to a file: a page or a drawing, by its suffix."""
    return Path(_display().save(value, path))


def mimebundle(value: Any) -> dict[str, Any]:
    """Return what a notebook shows for `value`: HTML with its picture, and text."""
    try:
        return dict(_display().mimebundle(value))
    except Exception as error:  # noqa: BLE001 - a picture must not cost the text
        message = redacted(f"the picture could not be drawn: {error!r}")
        warnings.warn(message, stacklevel=2)
        return {"text/plain": text(value)}


def live(run: Any) -> LiveView | None:
    """Show `run` in the cell and keep it current; `None` outside a notebook."""
    if "IPython" not in sys.modules:
        return None  # Not worth importing a display for.
    view: LiveView | None = _display().live(run)
    return view


def show(run: Any) -> LiveView | None:
    """Show `run` as a person asked for: in the cell, or as text in a terminal."""
    view: LiveView | None = _display().show(run)
    return view


def load_ipython_extension(ipython: Any) -> None:
    """Add `%load_task` and `%%agent`: what `%load_ext nbagents` calls."""
    if ipython is not None:
        _magics().load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take them away again: what `%unload_ext nbagents` calls."""
    if ipython is not None:
        _magics().unload(ipython)


def _magics() -> Any:
    return importlib.import_module("nbagents.display.magics")


def _display() -> Any:
    # By name, not by statement: the arrow of imports points from display/ to
    # the core, and this is the single place where it is followed backwards.
    return importlib.import_module("nbagents.display")
