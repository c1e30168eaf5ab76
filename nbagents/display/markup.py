"""HTML and SVG that cannot be broken into.

`element` escapes every text and every attribute it is given; only what it made
itself passes through as it is. Nothing in `display/` writes a tag any other way;
`cleaning` lets HTML of others pass, without what could act.
"""

import html

from nbagents.display.safe import visible


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Markup | None


def element(
    name: str, *children: Child, **attributes: str | float | bool | None
) -> Markup:
    """Return `<name attributes>children</name>`.

    Args:
        name: The tag, known to the caller and never data.
        children: Text, escaped; markup, as it is; `None`, left out.
        attributes: Values are escaped; `None` and `False` leave one out. `class_`
            stands for `class`, `data_node` for `data-node`.
    """
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(key, value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    body = joined(*children)
    if not body and name not in _NEVER_EMPTY:
        return Markup(f"<{name}{head}/>")
    return Markup(f"<{name}{head}>{body}</{name}>")


def joined(*children: Child) -> Markup:
    """Return `children` one after the other, each text of them escaped."""
    return Markup("".join(map(_child, children)))


# `<div/>` opens a div in HTML; these need an end of their own.
_NEVER_EMPTY = frozenset(
    {
        "a",
        "b",
        "bdi",
        "code",
        "details",
        "div",
        "main",
        "pre",
        "span",
        "style",
        "summary",
    }
    | {"summary", "table", "tbody", "td", "text", "th", "thead", "title", "tr"}
)


def _child(child: Child) -> str:
    if child is None or isinstance(child, Markup):
        return child or ""
    return html.escape(visible(child))


# What a picture looks like: made of numbers and of our own words, thousands of times.
_OURS = frozenset({"class_", "d", "fill", "stroke", "style", "transform", "viewBox"})


def _value(key: str, value: str | float) -> str:
    if isinstance(value, str):
        return html.escape(value if key in _OURS else visible(value))
    return f"{round(value, 2):g}"
