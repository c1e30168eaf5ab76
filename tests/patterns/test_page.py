"""The page on patterns: what it shows can be pasted, in its order."""

import re

import nbagents
from patterns.page import PAGE, check, examples


def test_the_examples_give_what_the_page_says() -> None:
    assert check(examples(with_frameworks=False)) == 44


def test_only_examples_of_frameworks_need_something_else() -> None:
    left = set(examples(with_frameworks=True)) - set(examples(with_frameworks=False))
    assert len(left) == 1


def test_each_row_has_its_section() -> None:
    text = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| \[.+?\]\(#(.+?)\)", text, re.MULTILINE)
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert rows == [title.lower().replace(" ", "-") for title in titles]


def test_what_is_public_is_on_it() -> None:
    text = PAGE.read_text("utf-8")
    patterns = ("DynamicTeam", "Hierarchy", "Orchestrator", "Pipeline", "Router")
    for name in (*patterns, "DesignError", "RoutingError"):
        assert name in nbagents.__all__
        assert name in text


def test_the_example_team_is_less_than_25_lines() -> None:
    _, after = PAGE.read_text("utf-8").split("\n## Example team\n")
    _, team, *_ = re.findall(r"```python\n(.*?)```", after, re.DOTALL)
    assert (
        "Analyze our Q4 sales, find the top 3 trends, chart them, write a summary"
        in (team)
    )
    for name in ("data_analyst", "writer", "coder"):
        assert f'"{name}"' in team
    assert len(team.splitlines()) < 25


def test_what_it_links_to_exists() -> None:
    text = PAGE.read_text("utf-8")
    for link in re.findall(r"\]\((?!http|#)([^)# ]+)", text):
        assert (PAGE.parent / link).exists(), link
