"""HTML of others: what is kept of it, and what is not."""

import sys
from time import perf_counter

import pandas as pd
import pytest

from display.inert import Shows, read
from nbagents.display import cleaning, prose, safe
from nbagents.display.rendering import rendered


def test_html_keeps_tables_and_spans_and_what_is_hidden():
    html = (
        "<style>td{color:#000}</style>"
        "<table class=x><tr><td colspan=2 style='color:red'>cell</td></tr></table>"
        "<p hidden>one</p><p style='display: none'>two</p>"
    )
    page = read(rendered(Shows(html=html)))
    (cell,) = page.all("td")
    assert cell["colspan"] == "2"
    assert "color:red" not in cell["style"]
    assert page.all("p") == [{"hidden": ""}, {"style": "display:none"}]


HOSTILE_HTML = [
    "words<script>alert(1)</script>",
    "words<SCRIPT SRC=//e.org/x.js></SCRIPT>",
    "words<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<b onclick=alert(1)>words</b>",
    "<b/onmouseover='alert(1)'>words</b>",
    "<a href='javascript:alert(1)'>words</a>",
    "<a href=JaVaScRiPt:alert(1)>words</a>",
    "<a href='java\tscript:alert(1)'>words</a>",
    "<a href='java&#10;script:alert(1)'>words</a>",
    "<a href='&#x6A;avascript&colon;alert(1)'>words</a>",
    "<a href=' \x01javascript:alert(1)'>words</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>words</a>",
    "<a href='vbscript:x'>words</a><a href='/logout'>more</a><a href='//e.org'>x</a>",
    "<svg onload=alert(1)><text>words</text></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>words",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>words",
    "<style>*{background:url(//e.org)}</style>words",
    "<style>@import '//e.org'</style><link rel=stylesheet href=//e.org>words",
    "<p style='background:url(//e.org);position:fixed;inset:0'>words</p>",
    "<p style='display:none;background:url(//e.org)'>words</p>",
    "<meta http-equiv=refresh content='0;url=//e.org'>words",
    "<iframe src=//e.org srcdoc='<script>alert(1)</script>'>x</iframe>words",
    "<object data=//e.org></object><embed src=//e.org>words",
    "<form action=//e.org><input name=x><button>words</button></form>",
    "<base href=//e.org>words",
    "<img src=//e.org/x.png alt=words>",
    "<img src=http://e.org/x.png srcset='//e.org 2x' alt='words &lt;script&gt;'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>' alt='words'>",
    "<img src='data:text/html;base64,PHN2Zz4=' alt='words'>",
    "<img alt='words\" onerror=alert(1) x=\"'>",
    "<video poster=//e.org src=//e.org></video><audio src=//e.org></audio>words",
    "<table background=//e.org><tr><td background=//e.org>words</table>",
    "<bdo dir=rtl>words</bdo><p dir=rtl>&#x202e;x</p>",
    "\u202e\x00\x1b words &#x202e; &#27; &#x85; \ud83d",
    "<!--><script>alert(1)</script>-->words",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>words</noscript>",
    "<template><script>alert(1)</script></template>words",
    "<textarea></textarea><img src=x onerror=alert(1)>words<xmp><script></xmp>",
    "<title><b>words</title><plaintext><script>alert(1)",
    "<details ontoggle=alert(1) open>words</details>",
    "<b title='words'><img title='<img src=x onerror=alert(1)>' alt='words'>",
]


@pytest.mark.parametrize("html", HOSTILE_HTML)
def test_nothing_in_html_of_others_acts_and_nothing_is_lost(html):
    page = read(rendered(Shows(html=html)))
    shown, _, rest = page.text.partition("source")
    assert "words" in shown or "Nothing of its HTML" in shown
    assert safe.visible(html) in rest


def test_a_link_of_others_opens_beside_the_notebook():
    (link,) = read(
        rendered(Shows(html="<a href='https://e.org/' target=_top>x</a>"))
    ).all("a")
    assert link["target"] == "_blank"


def test_what_was_left_out_of_html_is_told():
    assert "left out" in read(rendered(Shows(html="<b>a</b><script>1</script>"))).text
    assert "left out" not in read(rendered(Shows(html="<b>one = 1, on = 2</b>"))).text


@pytest.mark.parametrize(
    "html", ["<script>alert(1)</script>", "", "<style>p{}</style>", " "]
)
def test_html_that_shows_nothing_gives_way_to_the_repr(html):
    assert "<the repr>" in read(rendered(Shows(html=html))).text


def reopened(n):
    return "<p>" + "".join(f"<b title={i}>" for i in range(n)) + "</p>" + "<p>x" * n


@pytest.mark.parametrize(
    "html, told",
    [
        ("x" * 50_000_000, "50,000,000 characters"),
        ("<div>" * 100_000, "100,000 tags"),
        (reopened(5000), "10,002 tags"),
    ],
    ids=["50 MB", "deep", "reopened"],
)
def test_html_that_is_too_much_is_a_sentence(html, told):
    began = perf_counter()
    page = read(rendered(Shows(html=html)))
    assert perf_counter() - began < 5
    assert told in page.text
    assert "<the repr>" in page.text


@pytest.fixture
def without(monkeypatch):
    """Return a function after which a library is not installed."""
    forget = (cleaning._cleaner.cache_clear, prose._parser.cache_clear)

    def remove(library):
        monkeypatch.setitem(sys.modules, library, None)
        for each in forget:
            each()

    yield remove
    for each in forget:
        each()


@pytest.mark.parametrize("library", ["nh3", "markdown_it"])
def test_markdown_is_text_without_the_libraries_that_render_it(library, without):
    without(library)
    assert read(rendered("**bold**")).text == "**bold**"


def test_html_that_nobody_cleans_is_not_shown(without):
    without("nh3")
    page = read(rendered(Shows(html="<b>bold</b>")))
    assert "nh3" in page.text
    assert "<the repr>" in page.text
    assert "[1 rows x 1 columns]" in read(rendered(pd.DataFrame({"a": [1]}))).text
