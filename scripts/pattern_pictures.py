"""Draw the pictures of docs/patterns.md from the examples of that page.

    python scripts/pattern_pictures.py           # write docs/images/patterns/
    python scripts/pattern_pictures.py --check   # say which of them are not current

A picture on the page stands after the example that it shows, and its title, in quotes
behind the address, is what is drawn: a plan or a run. Times differ from run to run, so
they are left out.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbagents.display import plan_changes
from nbagents.display.drawing import draw
from nbagents.display.source import View, look_at
from nbagents.engine.record import Attempt, TaskState
from nbagents.graph import PlanChanges

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "patterns.md"
FOLDER = ROOT / "docs" / "images" / "patterns"

# Agents of other frameworks are on the page, and none of these is needed to draw.
_THEIRS = re.compile(r"^from pydantic_ai ", re.MULTILINE)
_PART = re.compile(
    r"```python\n(?P<code>.*?)```"
    r'|!\[[^]]*\]\(images/patterns/(?P<name>\S+) "(?P<what>.+?)"\)',
    re.DOTALL,
)
_TIME = re.compile(r" ?\b0\.0 s(?=</text>)")


def pictures() -> Iterator[tuple[str, str]]:
    """Run the examples one after another; yield each picture, by its file's name."""
    names: dict[str, Any] = {}
    for part in _PART.finditer(PAGE.read_text("utf-8")):
        code, name = part["code"], part["name"]
        if name is not None:
            yield name, picture(eval(part["what"], names))  # noqa: S307 - our own page
        elif not _THEIRS.search(code):
            exec(code, names)  # noqa: S102 - the same


def picture(value: Any) -> str:
    """Return the drawing of any of these, without what differs from run to run."""
    if isinstance(value, PlanChanges):
        return f"{plan_changes.svg(value)}\n"
    svg = _TIME.sub("", draw(timeless(look_at(value))).svg)
    return f"{svg}\n"


def timeless(view: View) -> View:
    """Return `view` as if nothing in it had taken any time."""
    tasks = {id: _at_once(task) for id, task in view.tasks.items()}
    return replace(view, tasks=tasks, now=0.0, started=None)


def _at_once(task: TaskState) -> TaskState:
    last = None if task.last is None else _instant(task.last)
    return replace(task, last=last, earlier=tuple(map(_instant, task.earlier)))


def _instant(attempt: Attempt) -> Attempt:
    return replace(attempt, started=0.0, ended=0.0)


def current() -> dict[str, str]:
    """Return the pictures that are there, by name."""
    return {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}


def drawn() -> dict[str, str]:
    """Return the pictures as the page draws them now; its runs are kept nowhere."""
    with tempfile.TemporaryDirectory() as elsewhere:
        before = Path.cwd()
        os.chdir(elsewhere)
        try:
            return dict(pictures())
        finally:
            os.chdir(before)


def write(new: dict[str, str]) -> None:
    """Make the folder what `new` says, without pictures of before."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in current().keys() - new.keys():
        (FOLDER / name).unlink()
    for name, svg in new.items():
        (FOLDER / name).write_text(svg, "utf-8")


def main() -> int:
    """Write the pictures, or compare them, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    new, old = drawn(), current()
    changed = sorted(n for n in new.keys() | old.keys() if new.get(n) != old.get(n))
    for name in changed:
        print(f"{'not current' if check else 'changed'}: {name}")
    if not check:
        write(new)
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
