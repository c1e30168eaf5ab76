"""Cells: which one is executed, and what is put into it."""

import importlib
from typing import Any, NamedTuple


class Here(NamedTuple):
    """The cell that is executed now.

    Attributes:
        cell: What the cell keeps when it is executed again.
        number: Of this execution; `None` outside a notebook.
    """

    cell: str
    number: int | None


def here() -> Here:
    """Return which cell is executed now."""
    ipython: Any = importlib.import_module("IPython")
    shell = ipython.get_ipython()
    number = None if shell is None else int(shell.execution_count)
    return Here(_cell_id(shell) or f"execution {number}", number)


def display(*outputs: Any, **options: Any) -> Any:
    """Put `outputs` into the cell whose variables these are, as IPython does."""
    ipython: Any = importlib.import_module("IPython.display")
    return ipython.display(*outputs, **options)


def _cell_id(shell: Any) -> str:
    """Return the id that JupyterLab sends with what is executed; empty without one."""
    try:
        return str(shell.kernel.get_parent()["metadata"].get("cellId") or "")
    except Exception:  # noqa: BLE001 - no kernel, or one of another make
        return ""
