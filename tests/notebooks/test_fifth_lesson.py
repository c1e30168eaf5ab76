"""The fifth lesson: tools, types, failures and recordings, and what they come to."""

from pathlib import Path

import pandas as pd
import pytest

from notebooks.lesson_copies import after, committed, executed

pytestmark = pytest.mark.notebook

LESSON = "05_models_and_keys.ipynb"
DATA = Path(__file__).resolve().parents[2] / "notebooks" / "data" / "txhousing.csv"


def test_without_a_key_it_says_what_to_do() -> None:
    said = after(committed(LESSON), 'model="gpt-4o"')
    assert "there is no key for model 'gpt-4o'" in said
    assert "OPENAI_API_KEY" in said


def test_its_answers_are_those_of_the_data() -> None:
    notebook = committed(LESSON)
    homes = pd.read_csv(DATA)
    year = homes.groupby("year").sales.sum()
    assert f"In 2014, {year[2014]:,.0f} homes" in after(notebook, "team.run(plan)")
    cities = homes[homes.year == 2014].groupby("city").sales.sum()
    more = cities["Dallas"] - cities["San Antonio"]
    said = f"Dallas sold {cities['Dallas']:,.0f} homes in 2014, {more:,.0f} more"
    assert said in after(notebook, "for call in run")
    growth = round(100 * (year[2014] / year[2013] - 1), 1)
    assert f"growth={growth})" in after(notebook, "class Finding")


def test_the_tool_tells_the_model_how_the_city_is_spelt() -> None:
    said = after(committed(LESSON), "for call in run")
    assert "no city 'San Antone'; there are 'San Angelo', 'San Antonio'" in said


def test_a_mail_that_is_refused_is_not_sent_and_one_that_is_approved_is(
    tmp_path: Path,
) -> None:
    refused = after(committed(LESSON), "run.refuse")
    assert "outbox: []" in refused
    assert "not before Monday" in refused
    change = {'run.refuse("mail", "not before Monday")': 'run.approve("mail")'}
    approved = executed(LESSON, tmp_path, change, until="class Finding")
    said = after(approved, "run.approve")
    assert "outbox: ['all@example.org']" in said
    assert "The mail is on its way." in said


def test_a_conversation_that_is_kept_short_ends_in_an_error(tmp_path: Path) -> None:
    change = {"tools=[homes_sold]": "tools=[homes_sold], max_turns=1"}
    notebook = executed(LESSON, tmp_path, change, until="for call in run")
    assert "✗ answer  guide" in after(notebook, "def homes_sold")
    assert "ToolTurnsError" in after(notebook, "def homes_sold")


def test_only_what_is_worth_it_is_tried_again() -> None:
    said = after(committed(LESSON), "for task in run.tasks")
    tried = [line for line in said.splitlines() if not line.startswith(" ")]
    assert {line.partition(" ")[0] for line in tried if "(2)" in line} == {"busy"}
    assert len(tried) == 7
    assert "busy (2): Sales rose." in tried


def test_what_the_attempts_took_adds_up() -> None:
    assert "\nTrue\n" in after(committed(LESSON), "to_dataframe")


def test_a_recording_gives_the_same_and_shows_what_is_not_in_it() -> None:
    notebook = committed(LESSON)
    assert "the same: True" in after(notebook, "Recording(tape))")
    difference = after(notebook, "exception.difference")
    assert "-Write a report\n+Write a report in a sentence" in difference
    live = after(notebook, "live_after_edit")
    assert "executed: ['report']" in live
    assert "Year by year" not in live
