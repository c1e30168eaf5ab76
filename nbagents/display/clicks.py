"""Lets clicks in while a cell computes.

JupyterLab sends what a widget says to a thread of the kernel of its own, a subshell.
ipykernel 7.4 sends it back to the thread that the widget was made on, where it waits
until the cell ends. What comes here is only put into a queue, so it may come on any
thread. This is a private matter of ipykernel: where it is not as expected, nothing is
changed, and clicks are seen to as soon as no cell is in the way.
"""

import inspect
from typing import Any


def let_in(comm: Any) -> bool:
    """Have what `comm` is told seen to where it arrives; return whether that works."""
    try:
        route = comm._reply_subshell_for  # noqa: SLF001
        if list(inspect.signature(route).parameters) != ["data", "default"]:
            return False
        comm._reply_subshell_for = _where_it_arrives  # noqa: SLF001
    except Exception:  # noqa: BLE001 - another kernel, or another version of it
        return False
    return True


def _where_it_arrives(data: Any, default: Any) -> Any:  # noqa: ARG001 - so it is called
    return default
