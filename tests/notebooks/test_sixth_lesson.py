"""The sixth lesson: programs that work, are mended, and get nothing they may not."""

import re
from pathlib import Path

import pandas as pd
import pytest

from notebooks.lesson_copies import after, committed, executed, html

pytestmark = pytest.mark.notebook

LESSON = "06_code_in_sandboxes.ipynb"
DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data" / "txhousing.csv"

HELD = {
    "key": "There is no key in this environment.",
    "files": "There is no way to that folder.",
    "call": "There is no way to that server.",
    "memory": "There is no such memory.",
}


def test_its_answers_are_those_of_the_data() -> None:
    notebook = committed(LESSON)
    homes = pd.read_csv(DATA)
    by_year, by_month = (homes.groupby(each).sales.sum() for each in ("year", "month"))
    best = f"Most homes were sold in {by_year.idxmax()}: {by_year.max():,.0f}."
    assert best in after(notebook, 'run["count"].result')
    month = pd.Timestamp(2000, by_month.idxmax(), 1).month_name()
    best = f"Most homes were sold in {month}: {by_month.max():,.0f}."
    assert best in after(notebook, "by month")
    assert "the same: True" in after(notebook, "read_csv")


def test_the_second_program_is_shown_with_its_figure_and_what_held_it() -> None:
    notebook = committed(LESSON)
    assert "ValueError: could not convert string to float" in after(notebook, "told =")
    shown = next(each for each in html(notebook) if "sandbox: " in each)
    assert "data:image/png" in shown
    assert re.search(r"sandbox: (bubblewrap|landlock)", shown)


def test_a_program_that_means_harm_gets_nothing() -> None:
    said = after(committed(LESSON), "for task in run.tasks")
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert "it was killed after" in lines.pop("forever")
    assert lines == HELD


def test_only_what_the_edit_touches_is_executed() -> None:
    said = after(committed(LESSON), "by month")
    assert "executed: ['count', 'report']" in said


def test_without_the_key_nothing_is_asked_of_hopx() -> None:
    said = after(committed(LESSON), 'sandbox="hopx"')
    assert "Set HOPX_API_KEY" in said


def test_without_repairs_the_first_program_is_the_last(tmp_path: Path) -> None:
    change = {"repairs=2": "repairs=0"}
    notebook = executed(LESSON, tmp_path, change, until='run["count"].result')
    said = after(notebook, "repairs=0")
    assert "✗ count" in said
    assert "⊘ report" in said


def test_a_plain_process_holds_nothing_back(tmp_path: Path) -> None:
    change = {'"stranger", model': '"stranger", sandbox="subprocess", model'}
    notebook = executed(LESSON, tmp_path, change, until="debug(plan)")
    said = after(notebook, "for task in run.tasks")
    lines = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert "it was killed after" in lines.pop("forever")
    # What is kept from it even then: your variables are not handed on.
    assert {name for name, line in lines.items() if line == HELD[name]} == {
        "key",
        "memory",
    }
    assert lines["files"].startswith("Got them:")
    assert lines["call"] == "Got through to the server"
