"""Execute the notebooks and write, or check, the outputs that are committed.

    python scripts/render_notebooks.py           # execute, and write the outputs
    python scripts/render_notebooks.py --check   # execute, and compare with them

Each notebook runs in a kernel of its own, offline and without keys. What varies from
run to run is kept out of the files: execution times, the state of widgets, ids. What
remains and still varies, such as durations, is normalised before it is compared.
"""

import argparse
import base64
import difflib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
GUARD = ROOT / "tests" / "guard"
PICTURE = ROOT / "docs" / "images" / "run.svg"
SECONDS = 60

# Only a live kernel can show a widget; the static page beside it is what is kept.
_LIVE = "application/vnd.jupyter.widget-view+json"


def paths() -> list[Path]:
    """Return the notebooks, in the order of the lessons."""
    return sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def executed(
    path: Path, watch: Callable[[NotebookNode], None] | None = None
) -> NotebookNode:
    """Return the notebook at `path` with the outputs of a run from top to bottom.

    Args:
        path: The notebook, which stays as it is.
        watch: Called with each cell of code that has been executed.

    Raises:
        CellExecutionError: A cell raised.
        CellTimeoutError: A cell took longer than `SECONDS`.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        # A print may arrive in pieces, now in one and now in two.
        coalesce_streams=True,
        record_timing=False,
        # It warns of its unencrypted connection, which is on loopback.
        extra_arguments=["--log-level=ERROR"],
    )
    if watch is not None:
        client.on_cell_executed = lambda cell, **_: watch(cell)
    client.execute(env=_offline())
    return tidied(notebook)


def tidied(notebook: NotebookNode) -> NotebookNode:
    """Return it without what belongs to one run or one machine only."""
    notebook.metadata = NotebookNode(
        kernelspec={
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        language_info={"name": "python"},
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if _LIVE not in _data(each)]
            _leave_out_folders(cell.outputs)
    return notebook


def picture(notebook: NotebookNode) -> bytes:
    """Return the last picture of a graph in it, as an SVG document."""
    found = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", json.dumps(notebook))
    return base64.b64decode(found[-1].rstrip("\\"))


def texts(notebook: NotebookNode) -> list[str]:
    """Return the outputs as lines that are the same for every run."""
    lines = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            lines.append(f"--- cell {number}: {output.output_type}")
            lines += [
                normalised(line)
                for text in _texts(output)
                for line in text.splitlines()
            ]
    return lines


def normalised(line: str) -> str:
    """Return `line` with times, ids and addresses in memory made the same."""
    for pattern, same in _VARYING:
        line = pattern.sub(same, line)
    return line.rstrip()


_VARYING = [
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{4,8}"), "RUN"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min|seconds)\b"), "TIME"),
    (re.compile(r"sandbox: \w+"), "sandbox: LEVEL"),
    (re.compile(r"0x[0-9a-f]+"), "ADDRESS"),
    (re.compile(r"[ ]{2,}"), "  "),
]


# Where a traceback says that a line of code is; in HTML a quote is an entity. What a
# kernel calls the file of a cell is made anew for each kernel.
_FOLDER = re.compile(r"""(File (?:"|&\#?\w+;))/[^"&\n]*/([^/"&\n]+)""")
_CELL = re.compile(r"""(File (?:"|&\#?\w+;))/[^"&\n]*/ipykernel_\d+/\d+\.py""")


def _leave_out_folders(outputs: list[NotebookNode]) -> None:
    for data in (each.data for each in outputs if "data" in each):
        for kind in ("text/html", "text/plain"):
            if kind in data:
                text = _CELL.sub(r"\1notebook", data[kind])
                data[kind] = _FOLDER.sub(r"\1\2", text)


def _data(output: NotebookNode) -> dict[str, Any]:
    return dict(output.get("data", {}))


def _texts(output: NotebookNode) -> Iterator[str]:
    # A picture differs in its bytes from one version of a library to the next; that
    # there is one, and the words beside it, must not.
    yield str(output.get("text", ""))
    for kind, value in sorted(_data(output).items()):
        yield f"[{kind}]"
        if kind in ("text/plain", "text/markdown"):
            yield str(value)


def _offline() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "HOPX_"))
    }
    return {**kept, "PYTHONPATH": str(GUARD)}


def main() -> int:
    """Do it for every notebook, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    changed = False
    for path in paths():
        began = time.perf_counter()
        new = executed(path)
        old = nbformat.read(path, as_version=4)
        print(f"{path.name}: {time.perf_counter() - began:.1f} s")
        if check:
            lines = list(difflib.unified_diff(texts(old), texts(new), lineterm=""))
            changed = changed or bool(lines)
            print(*lines, sep="\n", end="\n" if lines else "")
        else:
            nbformat.write(new, path)
        if not check and path == paths()[0]:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            PICTURE.write_bytes(picture(new))
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
