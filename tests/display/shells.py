"""A shell of IPython in this process, for what is typed into one."""

import atexit
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


class Shell:
    """A shell that has loaded the extension, one cell at a time."""

    def __init__(self, ipython: InteractiveShell) -> None:
        self.ipython = ipython
        self.names: dict[str, Any] = ipython.user_ns
        ipython.reset(new_session=True)
        ipython.run_line_magic("reload_ext", "nbagents")

    def run(self, code: str) -> Any:
        """Return the value of a cell, which must not fail."""
        cell = self.ipython.run_cell(code, store_history=True)
        cell.raise_error()
        return cell.result

    def said(self, code: str) -> str:
        """Return what a cell prints, its error included."""
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            self.ipython.run_cell(code, store_history=True)
        return said.getvalue()

    def load(self, line: str) -> str:
        """Return the cell that `%load_task` gives."""
        self.ipython.set_next_input("")
        self.run(f"%load_task {line}")
        return str(self.ipython.rl_next_input)


@contextmanager
def shell() -> Iterator[Shell]:
    """Give an empty shell, and this process back as it was."""
    ipython = _ipython()
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ipython.user_module
    try:
        yield Shell(ipython)
    finally:
        sys.modules["__main__"] = main


@cache
def _ipython() -> InteractiveShell:
    config = Config()
    config.HistoryManager.enabled = False  # It would be a file, and a thread.
    new = InteractiveShell(config=config, colors="nocolor")
    new.restore_sys_module_state()
    atexit.unregister(new.atexit_operations)  # Nothing of it is kept.
    return new
