"""A value as HTML, by its type."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from display.inert import Shows, read
from nbagents.display import safe
from nbagents.display.rendering import rendered

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script/></svg>"
JPEG = b"\xff\xd8"


class Panic(BaseException):
    pass


def test_a_plain_sentence_is_shown_as_it_is():
    page = read(rendered("a < b & c > d\nsecond line"))
    assert page.text == "a < b & c > d\nsecond line"
    assert [name for name, _ in page.tags] == ["div"]


def test_columns_of_blanks_keep_their_places():
    page = read(rendered("name    price\nAustin      1"))
    assert [name for name, _ in page.tags] == ["pre"]


def test_markdown_is_rendered_and_its_source_is_there():
    text = "# Title\n\n- **one**\n- two"
    page = read(rendered(text))
    assert page.all("h1")
    assert page.all("details") == [{}]
    assert text in page.text


def test_json_is_indented_and_keeps_its_letters():
    page = read(rendered({"Stadt": "Köln 日本", "tags": ["<b>"]}))
    assert page.text == '{\n  "Stadt": "Köln 日本",\n  "tags": [\n    "<b>"\n  ]\n}'


@pytest.mark.parametrize(
    "value, shown",
    [
        (b"\x00\xff", "2 bytes: 00 ff"),
        (np.arange(3), "array([0, 1, 2])"),
        (np.arange(10**6), "array([     0,      1, "),
        (float("nan"), "nan"),
        ({"x": float("nan")}, "NaN"),
        (Shows(), "<the repr>"),
        (None, "None"),
    ],
)
def test_anything_else_is_its_repr(value, shown):
    page = read(rendered(value))
    assert shown in page.text
    assert [name for name, _ in page.tags] == ["pre"]


@pytest.mark.parametrize("text", ["word " * 5000, "a  b " * 5000, "**word** " * 3000])
def test_what_was_cut_is_counted(text):
    shown = read(rendered(text)).text
    assert f"irst 20,000 of {len(text):,} characters" in shown
    assert len(shown) < 45_000


def test_a_list_that_nobody_counted_is_longer_than_said():
    assert "(the first 20,000 of more than 500," in rendered(list(range(10**6)))


@pytest.mark.parametrize("kind", [pd.DataFrame, pd.Series])
def test_a_long_table_is_short_and_says_how_long_it_is(kind):
    page = read(rendered(kind(range(1000))))
    assert len(page.all("tr")) < 25
    assert "1000 rows × 1 columns" in page.text
    assert "999" in page.text
    assert any("overflow:auto" in each["style"] for each in page.all("div"))


def test_options_of_pandas_stay_as_they_are():
    before = pd.get_option("display.max_rows"), pd.get_option("display.max_colwidth")
    rendered(pd.DataFrame({"word": ["x" * 500] * 1000}))
    after = pd.get_option("display.max_rows"), pd.get_option("display.max_colwidth")
    assert before == after


def test_columns_in_groups_keep_their_spans():
    columns = pd.MultiIndex.from_product([["a", "b"], ["x", "y"]])
    page = read(rendered(pd.DataFrame([[1, 2, 3, 4]], columns=columns)))
    assert [each.get("colspan") for each in page.all("th")].count("2") == 2


HOSTILE_CELLS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></table><iframe src=//e.org>",
    "<style>*{background:url(//e.org)}</style>",
    "a\u202eb\x1b[31m\x00",
    "half \ud83d",
]


@pytest.mark.parametrize("text", HOSTILE_CELLS)
def test_cells_columns_and_index_of_a_table_are_text(text):
    page = read(
        rendered(pd.DataFrame({text: [text]}, index=pd.Index([text], name=text)))
    )
    assert page.text.count(safe.visible(text)) == 4  # heading, name, index, cell
    read(rendered(pd.Series([text], [text], name=text)))


def test_a_figure_is_an_image_with_its_titles_as_words():
    figure = Figure(figsize=(2, 1))
    figure.add_subplot(title='Prices "up" <b>').plot([1, 2])
    page = read(rendered(figure))
    ((kind, data),) = page.pictures()
    assert kind == "image/png"
    assert Image.open(io.BytesIO(data)).format == "PNG"
    assert page.text == '<Figure size 200x100 with 1 Axes>: Prices "up" <b>'


def test_a_figure_of_a_poster_is_drawn_coarser():
    figure = Figure(figsize=(200, 200), dpi=300)
    ((_, data),) = read(rendered(figure)).pictures()
    width, height = Image.open(io.BytesIO(data)).size
    assert width * height < 25_000_000


@pytest.mark.parametrize(
    "value, kind, data",
    [
        (Shows(png=PNG), "image/png", PNG),
        (Shows(png=base64.b64encode(PNG).decode()), "image/png", PNG),
        (Shows(png=(PNG, {"width": 3})), "image/png", PNG),
        (Shows(jpeg=JPEG), "image/jpeg", JPEG),
        (Shows(svg=SVG), "image/svg+xml", SVG.encode()),
        (Shows(html="<b>less</b>", svg=SVG), "image/svg+xml", SVG.encode()),
        (Shows(mimebundle={"image/png": PNG}), "image/png", PNG),
        (Shows(mimebundle=({"image/svg+xml": SVG}, {})), "image/svg+xml", SVG.encode()),
        (Shows(png=None, jpeg=JPEG), "image/jpeg", JPEG),
        (Shows(png=ValueError(), jpeg=JPEG), "image/jpeg", JPEG),
    ],
)
def test_a_picture_is_an_image_in_the_page(value, kind, data):
    page = read(rendered(value))
    assert page.pictures() == [(kind, data)]
    assert page.text == "<the repr>"
    assert "max-width:100%" in page.all("img")[0]["style"]


def test_a_picture_of_pillow_is_an_image():
    ((kind, _),) = read(rendered(Image.new("RGB", (2, 2)))).pictures()
    assert kind == "image/png"


def test_a_picture_too_large_to_be_stored_is_a_sentence():
    page = read(rendered(Shows(png=bytes(5_000_000))))
    assert "5,000,000 bytes" in page.text
    assert "<the repr>" in page.text
    smaller = Shows(png=bytes(5_000_000), jpeg=JPEG)
    assert read(rendered(smaller)).pictures() == [("image/jpeg", JPEG)]


def test_a_value_may_show_itself_as_markdown():
    assert read(rendered(Shows(markdown="one **word**"))).all("strong")


@pytest.mark.parametrize(
    "said",
    [ValueError("no"), SystemExit(), Panic(), None, 3, object(), []],
    ids=lambda said: type(said).__name__,
)
@pytest.mark.parametrize("hook", ["html", "png", "svg", "markdown", "mimebundle"])
def test_a_hook_that_fails_costs_only_itself(hook, said):
    assert read(rendered(Shows(**{hook: said}))).text == "<the repr>"


def test_a_mock_that_answers_to_every_name_is_its_repr():
    class Proxy:
        def __getattr__(self, name):
            return lambda *_, **__: "<script>alert(1)</script>"

        def __repr__(self):
            return "<proxy>"

    assert read(rendered(Proxy())).text == "<proxy>"
