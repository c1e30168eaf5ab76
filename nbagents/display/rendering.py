"""A value as HTML, by its type: a picture, a table, Markdown, JSON, or its repr.

Text from anywhere becomes HTML in one of three ways: it is escaped (`markup`), it is
cleaned (`cleaning`), or it is an image, in which nothing can act. What a value's own
methods raise costs that way of showing it, and the next one is taken.
"""

from base64 import b64encode
from functools import partial
from typing import Any

from nbagents import redaction
from nbagents.coded import CodeResult
from nbagents.display import cleaning, offers, programs, prose, safe, styles, values
from nbagents.display.markup import Child, Markup, element, joined
from nbagents.display.values import Words, guarded

MOST_SHOWN = 20_000
"""Characters of one value, as text; the rest are counted."""

_MOST_BYTES = 4_000_000  # of a picture: it is stored in the notebook
_MOST_SOURCE = 20_000

# Blanks that carry a meaning: columns, indented lines.
_ALIGNED = ("  ", "\t")


def rendered(value: Any, pictures: int = programs.MOST_OF_PICTURES) -> Markup:
    """Return `value` as a piece of HTML in which nothing acts.

    Args:
        value: Anything.
        pictures: Most bytes of the figures of a program.
    """
    if type(value) is CodeResult:
        return programs.shown(value, pictures)
    notes: list[Child] = []
    shown = (
        guarded(_frame, value)
        or guarded(partial(_offered, notes=notes), value)
        or guarded(_written, value)
        or block(values.as_text(value))
    )
    return joined(*map(_hint, notes), shown)


def block(words: Words, most: int = MOST_SHOWN) -> Markup:
    """Return text as it is, in letters of one width."""
    text = safe.shortened(words.text, most, complete=words.complete)
    return element("pre", text, style=styles.PRE)


def _frame(value: Any) -> Markup | None:
    table = values.frame(value)
    if table is None:
        return None
    html = table.to_html(**values.limits(table))
    return _scrolled(cleaning.clean(str.__str__(html)))


def _offered(value: Any, notes: list[Child]) -> Markup | None:
    for media_type, data in offers.offers(value):
        if media_type in offers.PICTURES:
            shown = _picture(value, media_type, data, notes)
        elif media_type == "text/markdown":
            shown = _markdown(str(data))
        else:
            shown = _html(str(data), notes)
        if shown:
            return shown
    return None


def _picture(
    value: Any, media_type: str, data: str | bytes, notes: list[Child]
) -> Markup | None:
    if media_type == "image/svg+xml":
        data = _drawn(data)
    raw = data.encode(errors="replace") if isinstance(data, str) else data
    if len(raw) > _MOST_BYTES:
        notes.append(
            f"The picture ({media_type}) has {len(raw):,} bytes, "
            f"and at most {_MOST_BYTES:,} are shown."
        )
        return None
    image = element(
        "img",
        src=f"data:{media_type};base64,{b64encode(raw).decode()}",
        alt=safe.one_line(offers.describe(value)),
        style=styles.PICTURE,
    )
    return element("div", image, style=styles.SECTION)


def _drawn(svg: str | bytes) -> str:
    """Return a picture that is made of text, without the keys in it."""
    text = svg if isinstance(svg, str) else svg.decode(errors="replace")
    return redaction.redacted_html(text)


def _html(html: str, notes: list[Child]) -> Markup | None:
    if why := cleaning.refusal(html):
        notes.append(why)
        return None
    html = redaction.redacted_html(html)
    shown = _scrolled(cleaning.clean(html))
    if shown is None:
        if html.strip():
            notes += ["Nothing of its HTML could be shown.", _source(html)]
        return None
    left_out = "Parts of it that could act or load something were left out."
    hint = _hint(left_out) if cleaning.acts(html) else None
    return joined(shown, hint, _source(html))


def _written(value: Any) -> Markup | None:
    """Return text that people read: Markdown, or words with their line breaks."""
    if not issubclass(type(value), str):
        return None
    text = str.__str__(value)
    if prose.is_markdown(text) and (shown := _markdown(text)):
        return shown
    if any(each in text for each in _ALIGNED):
        return block(Words(text))
    return element("div", safe.shortened(text, MOST_SHOWN), style=styles.WORDS)


def _markdown(text: str) -> Markup | None:
    shown = prose.render(safe.visible(redaction.head(text, MOST_SHOWN)))
    if shown is None:
        return None
    box = element("div", shown, style=styles.PROSE)
    if len(text) <= MOST_SHOWN:
        return joined(box, _source(text))
    count = f"The first {MOST_SHOWN:,} of {len(text):,} characters."
    return joined(box, _hint(count), _source(text))


def _source(text: str) -> Markup:
    head = element("summary", "source", style=styles.HINT)
    return element("details", head, block(Words(text), _MOST_SOURCE))


def _hint(words: Child) -> Markup:
    return element("div", words, style=styles.HINT)


def _scrolled(markup: Markup | None) -> Markup | None:
    return markup and element("div", markup, style=styles.SCROLLED)
