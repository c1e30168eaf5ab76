"""The README: what it shows can be pasted."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_first_cell_works_when_pasted() -> None:
    cell, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(cell.splitlines()) <= 12
    names: dict[str, object] = {}
    exec(cell, names)
    shown = repr(names["run"])
    assert "3 of 3 tasks" in shown
    assert "Compare them: 2 results to build on" in shown


def test_every_file_and_command_it_names_exists() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile
