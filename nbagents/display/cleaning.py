"""HTML of others, with everything taken out that could act.

This is the one place where text that was not made by `markup` becomes markup. nh3
(the ammonia library, which parses as a browser does) keeps what is named here and
drops the rest: no scripts, styles, forms, frames, handlers, nothing that is loaded
from somewhere else. Without nh3 there is no HTML of others: it is shown as text.
"""

import re
from functools import cache
from html import unescape
from typing import Any

from nbagents import redaction
from nbagents.display import safe, styles
from nbagents.display.markup import Markup, element

_MOST_CHARACTERS = 1_000_000
_MOST_CLEANED = 4_000_000  # the same with our styles; it is stored in the notebook
_MOST_TAGS = 20_000  # tags within tags within tags take quadratic time

# HTML opens these again in each paragraph that follows, so a small page can ask for
# as many elements as there are of these times of all the others.
_REOPENED = re.compile(
    r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/>]", re.IGNORECASE
)
_MOST_REOPENED = 1_000_000

# Nothing is removed by this: it tells whether a reader misses something.
_ACTIVE = re.compile(
    r"<(?:script|iframe|object|embed|form|svg|canvas|video|audio|img(?![^<>]*data:))\b"
    r"|<[^<>]*\son\w+\s*=",
    re.IGNORECASE,
)

_TAGS = (  # a list of one to a line would fill this page
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp "
    "section small span strong sub summary sup table tbody td tfoot th thead tr u ul "
    "var wbr"
)
_SPAN = {"colspan", "rowspan"}
_ATTRIBUTES = {
    # xarray and scikit-learn hide a plain text this way, or what it replaces.
    "*": {"hidden", "style", "title"},
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": _SPAN,
    "th": {*_SPAN, "scope"},
}
_LINKED = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_PICTURED = re.compile(r"data:image/(?:png|jpeg|gif);base64,[\w+/=\s%]+", re.IGNORECASE)
# An image as nh3 writes it: each quotation mark inside a value is escaped.
_IMAGE = re.compile(r'<img(?: [\w-]+="[^"]*")*>')
_WORDING = re.compile(r'[^<>"]+')
_WORDS = re.compile(r' alt="([^"]+)"')
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)

_OURS = {"a": styles.LINK, "img": styles.PICTURE, "pre": styles.PRE, **styles.HEADINGS}
# Markdown knows how each of its cells is aligned; other tables are mostly numbers.
_IN_TABLES = {"table": styles.TABLE, "td": styles.NUMBER, "th": styles.NUMBER}
_KNOWN = {
    *_OURS.values(),
    *_IN_TABLES.values(),
    styles.LEFT,
    styles.CENTRE,
    styles.CODE,
    styles.QUOTE,
    styles.RULE,
}


def clean(html: str, *, styled: bool = False) -> Markup | None:
    """Return `html` as markup that can be looked at and no more.

    Args:
        html: A piece of HTML from anywhere.
        styled: Its tables have the styles of ours already.

    Returns:
        The markup; `None` when nothing is left of it, and when `refusal` says why.
    """
    cleaner = _cleaner(styled=styled)
    if cleaner is None or refusal(html):
        return None
    # Twice: a mark that turns the text may have been written as `&#x202e;`. The second
    # time piece by piece, so that nothing of a tag can be taken for part of a key.
    cleaned = cleaner.clean(safe.visible(redaction.redacted_html(html)))
    cleaned = _WORDING.sub(lambda found: safe.visible(found[0]), cleaned)
    if len(cleaned) > _MOST_CLEANED:
        return None
    shown = _IMAGE.sub(_image, cleaned)
    return Markup(shown) if _shows(shown) else None


def refusal(html: str) -> str:
    """Return why `html` will not be cleaned, as a sentence; else nothing."""
    if _cleaner(styled=False) is None:
        return "Its HTML is not shown, because nh3, which cleans it, is not installed."
    if len(html) > _MOST_CHARACTERS:
        return f"Its HTML has {len(html):,} characters, too many to be shown."
    tags = html.count("<")
    if tags > _MOST_TAGS or tags * len(_REOPENED.findall(html)) > _MOST_REOPENED:
        return f"Its HTML has {tags:,} tags, too many to be shown."
    return ""


def acts(html: str) -> bool:
    """Return whether `html` seems to have parts that will be left out."""
    return _ACTIVE.search(html) is not None


def _shows(html: str) -> bool:
    return "<img" in html or bool(re.sub(r"<[^>]*>", "", html).strip())


def _image(found: re.Match[str]) -> str:
    """Return an image, or the words for one whose source was taken out."""
    image = found[0]
    if ' src="' in image:
        return image
    words = _WORDS.search(image)
    return element("span", f"[picture: {unescape(words[1])}]" if words else "[picture]")


@cache
def _cleaner(*, styled: bool) -> Any:
    try:
        import nh3
    except ImportError:  # it is compiled, and not for every platform
        return None
    ours = _OURS if styled else {**_OURS, **_IN_TABLES}
    fixed = {tag: {"style": style} for tag, style in ours.items()}
    fixed["a"]["target"] = "_blank"
    return nh3.Cleaner(
        tags=set(_TAGS.split()),
        clean_content_tags={"script", "style", "template"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        set_tag_attribute_values=fixed,
        url_schemes={"data", "http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def _attribute(_tag: str, attribute: str, value: str) -> str | None:
    """Return what an attribute may say, or `None` to leave it out."""
    if attribute == "style":
        if value in _KNOWN:
            return value
        return "display:none" if _HIDDEN.search(value) else None
    if attribute == "src":
        return value if _PICTURED.fullmatch(value) else None
    if attribute == "href":
        return value if _LINKED.match(value) else None
    return value
