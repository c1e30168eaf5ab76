"""What the lesson on code in sandboxes brings along: one mistake, and its repair."""

import importlib
from pathlib import Path

import pytest

from fake_sandboxes import Plain
from nbagents import Agent, Orchestrator, Plan, Task

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"


def test_the_first_program_fails_and_the_second_adds_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    monkeypatch.setenv("MPLBACKEND", "agg")
    lesson = importlib.import_module("lesson_coding")
    monkeypatch.setattr(importlib.import_module("lesson"), "PACE", 0)
    monkeypatch.setattr(lesson.model, "delay", 0)
    coder, writer = Agent.coder(sandbox=Plain()), Agent.llm("writer", "Writes reports")
    plan = Plan(
        [
            Task("sales", "Get the homes sold", "clerk"),
            Task("count", "Count them by year, and chart them", "coder", ["sales"]),
            Task("report", "Write a report", "writer", ["count"]),
        ]
    )
    run = Orchestrator([lesson.clerk, coder, writer], model=lesson.model).run(plan)
    assert run["count"].result.repairs == 1
    assert run["count"].result.files["sold.csv"].startswith(b"year,homes")
    # The sum, by pandas.
    by_year = lesson.homes.groupby("year").sales.sum()
    best = f"Most homes were sold in {by_year.idxmax()}: {by_year.max():,.0f}."
    assert run.result == f"{best} All figures are in sold.csv."
