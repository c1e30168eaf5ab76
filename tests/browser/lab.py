"""A JupyterLab of the tests' own, and a browser page that works in it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

START_SECONDS = 90
RUN_SECONDS = 90
_DARK, _LIGHT = "JupyterLab Dark", "JupyterLab Light"


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Run a JupyterLab on loopback that knows nothing of the user's own."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    (folder / "work").mkdir()
    _write_settings(folder / "settings" / "@jupyterlab" / "apputils-extension")
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(
            _command(folder, port), env=_environment(folder), stdout=log, stderr=log
        )
        try:
            _await_server(url, process, folder / "lab.log")
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _command(folder: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser"),
        f"--ServerApp.root_dir={folder / 'work'}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.allow_root=True",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _environment(folder: Path) -> dict[str, str]:
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{name}": str(folder / name.lower()) for name in names}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    own["IPYTHONDIR"] = str(folder / "ipython")
    return os.environ | own


def _write_settings(folder: Path) -> None:
    """Answer the question about news, which would lie over the notebook."""
    folder.mkdir(parents=True)
    answered = json.dumps({"fetchNews": "false", "checkForUpdates": False})
    (folder / "notification.jupyterlab-settings").write_text(answered)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _await_server(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    message = f"JupyterLab did not start:\n{log.read_text()[-2000:]}"
    raise RuntimeError(message)


class Notebook:
    """One notebook, open in a browser."""

    def __init__(self, page: Page, url: str, path: Path, app: str = "lab") -> None:
        self.page = page
        self.path = path
        self._url = url
        self._app = app

    @classmethod
    def of(
        cls, page: Page, lab: tuple[str, Path], cells: Sequence[str], app: str = "lab"
    ) -> "Notebook":
        """Write a notebook with `cells` and open it in `"lab"` or `"notebook"` 7."""
        url, folder = lab
        path = folder / "work" / f"test-{time.monotonic_ns()}.ipynb"
        made = [nbformat.v4.new_code_cell(cell) for cell in cells]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
        nbformat.write(notebook, path)
        opened = cls(page, url, path, app)
        opened.open()
        return opened

    def open(self) -> None:
        """Open the notebook, in a workspace in which nothing else is open."""
        where = {"lab": "lab/tree", "notebook": "notebooks"}[self._app]
        self.page.goto(f"{self._url}/{where}/{self.path.name}?reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self.page.wait_for_function("() => window.jupyterapp")

    def run_all(self) -> None:
        """Execute every cell and wait until the kernel is done with all of them."""
        self.start_all()
        self.wait()

    def start_all(self) -> None:
        """Execute every cell and return at once."""
        self.page.wait_for_function(_KERNEL_IS_IDLE, timeout=RUN_SECONDS * 1000)
        self.command("notebook:run-all-cells", wait=False)

    def wait(self) -> None:
        """Wait until every code cell has a number and the kernel is idle."""
        self.page.wait_for_function(_ALL_CELLS_DONE, timeout=RUN_SECONDS * 1000)

    def command(self, name: str, *, wait: bool = True, **arguments: Any) -> None:
        """Run a command of JupyterLab."""
        call = f"window.jupyterapp.commands.execute({name!r}, {json.dumps(arguments)})"
        self.page.evaluate(f"async () => {{ {'await ' if wait else ''}{call} }}")

    def select(self, cell: int) -> None:
        """Make a cell the active one, counted from 0."""
        self.page.evaluate(f"() => {{ {_PANEL}.content.activeCellIndex = {cell} }}")

    def save(self) -> Any:
        """Save the notebook and return it as it now is on disk."""
        self.command("docmanager:save")
        return nbformat.read(self.path, as_version=4)

    def shut_down(self) -> None:
        """End the kernel of the notebook."""
        self.page.evaluate(_SHUT_DOWN)

    def theme(self, *, dark: bool) -> None:
        """Choose the dark or the light theme."""
        self.command("apputils:change-theme", theme=_DARK if dark else _LIGHT)
        wanted = "false" if dark else "true"
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{wanted}']", state="attached"
        )

    def output(self, cell: int) -> Locator:
        """Return the output area of a cell, counted from 0."""
        return self.page.locator(".jp-Cell").nth(cell).locator(".jp-OutputArea")


_PANEL = "window.jupyterapp.shell.currentWidget"
_KERNEL_IS_IDLE = f"() => {_PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
_SHUT_DOWN = f"async () => {{ await {_PANEL}.sessionContext.shutdown() }}"
_ALL_CELLS_DONE = f"""() => {{
  const panel = {_PANEL};
  const cells = panel.content.widgets.filter((cell) => cell.model.type === "code");
  const done = cells.every((cell) => cell.model.executionState === "idle"
    && cell.model.executionCount !== null);
  return done && panel.sessionContext.session?.kernel?.status === "idle";
}}"""
