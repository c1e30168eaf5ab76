"""The page on models: what it shows can be pasted, in its order."""

from models.page import check


def test_the_examples_give_what_the_page_says() -> None:
    assert check("models.md") == 11
