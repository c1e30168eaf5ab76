"""Which texts are Markdown, and what becomes of them."""

from time import perf_counter

import pytest

from display.inert import read
from nbagents.display import prose

TABLE = "| city | price |\n|:-----|------:|\n| Austin | 1 |"


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nWords below.",
        "# Title\nWords below.",
        "Words above.\n\n## Part\nWords below.",
        "- one\n- two",
        "1. one\n2. two",
        "* one\n\n* two",
        "This is **important**.",
        "Rates:\n\nCAGR = 3.5 %\n\n**All** of them.",
        "See [the table](https://example.org/t).",
        "```python\nx = f(1)\n```",
        "Run this:\n\n~~~\nimport os\n~~~",
        TABLE,
        "city | price\n--- | ---\nAustin | 1",
        "![chart](chart.png)",
    ],
)
def test_a_text_that_says_so_clearly_is_markdown(text):
    assert prose.is_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All 46 cities are in the table.",
        "Two sentences. And a second one, with a dash - like this.",
        "Two\nlines",
        "# of rows: 5",
        "#1 in the market",
        "- one item",
        "2 * 3 * 4 and 2**3 or 4**5",
        "a_b_c and *one* word",
        "array[1](2)",
        "city|price\nAustin|1",
        "name   price\nAustin  1",
        '{"a": "**bold**", "b": [1, 2]}',
        "# load the table\nimport pandas as pd\n# and show it\ndf = pd.read_csv(path)",
        "def f(a, **options):\n    return g(**options) + h(**options)",
        "#!/bin/sh\n# a\n# b\necho",
        "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n- one\n- two\n+ three",
        "SELECT **\n# a\n\n## b",
        "<html>\n<h1>**Title**</h1>",
        "/* a */\n** b **\nint x;",
    ],
)
def test_words_programs_and_data_are_not_markdown(text):
    assert not prose.is_markdown(text)


def test_markdown_becomes_headings_lists_tables_code_and_links():
    text = (
        f"# Title\n\n- one\n- two\n\n{TABLE}\n\n```\na  b\n```\n[x](https://e.org/) *i*"
    )
    page = read(prose.render(text))
    names = [name for name, _ in page.tags]
    assert {"h1", "ul", "li", "table", "th", "td", "pre", "a", "em"} <= set(names)
    styles = [cell["style"].rpartition(":")[2] for cell in page.all("td")]
    assert styles == ["left", "right"]
    assert "a  b\n" in page.text


def test_a_line_of_its_own_stays_one():
    assert prose.render("**Road** 1\nTown").count("<br>") == 1


def test_no_text_has_a_colour_of_its_own_on_a_ground_that_is_not():
    page = read(prose.render(f"# T\n\n`c` [x](https://e.org)\n\n> q\n\n{TABLE}\n"))
    for _, attributes in page.tags:
        rules = dict(r.split(":") for r in attributes.get("style", "").split(";") if r)
        assert rules.get("color", "inherit") == "inherit"
        assert not rules.get("background", "rgba(").startswith("#")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("![a chart](https://e.org/x.png)", "picture: a chart"),
        ("![a chart](x.png)", "picture: a chart"),
        ("![](//e.org/x.png)", "picture: //e.org/x.png"),
        ("![inside](data:image/png;base64,iVBORw0KGgo=)", "inside"),
        ("![no](data:image/svg+xml;base64,PHN2Zz4=)", "data:image/svg+xml"),
        ('![a"b<c](http://e.org/)', 'picture: a"b<c'),
    ],
)
def test_a_picture_from_elsewhere_is_named_and_not_loaded(text, shown):
    page = read(prose.render(text))
    assert shown in page.text
    assert len(page.all("img")) == ("png;base64" in text)


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#x09;script:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](<java\tscript:alert(1)>)",
        "[x](%6Aavascript:alert(1))",
        "[x](vbscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](file:///etc/passwd)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        '[x](https://e.org "a\\" onclick=alert(1)")',
        "**<script>alert(1)</script>**",
        "# <img src=x onerror=alert(1)>",
        "- <svg/onload=alert(1)>\n- <style>*{background:url(//e.org)}</style>",
        "> <iframe src=//e.org></iframe><base href=//e.org>",
        "| <form action=//e.org> | <meta http-equiv=refresh> |\n|--|--|\n| a | b |",
        "```<script>\nalert(1)\n```",
        '```"><script>alert(1)\nalert(1)\n```',
        "**bidi \u202e** \x1b[31m \x00",
        "**&#x202e;&#0;&#27;** alert(1)",
    ],
)
def test_nothing_in_markdown_acts_and_its_text_can_be_read(text):
    page = read(prose.render(text))
    assert page.text.strip()
    # What is left of a link that is no link any more is its words.
    assert "alert(1)" in page.text or "alert(1)" not in text or page.all("a")


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 20_000, "![" * 10_000, "\n" * 20_000, "> " * 10_000, "**a" * 6000),
        *("|" * 20_000, "```\n" * 5000, " \t" * 10_000, "a[" * 10_000, "*" * 20_000),
    ],
    ids=lambda text: repr(text[:4]),
)
def test_a_text_made_to_be_slow_is_not(text):
    began = perf_counter()
    prose.is_markdown(text)
    prose.render(text)
    assert perf_counter() - began < 5
