"""Markdown as HTML, where a text is meant as Markdown.

Models answer in Markdown, and other agents in words, tables of blanks and programs,
which Markdown would spoil. So a text is Markdown only when it says so clearly.
"""

import re
from functools import cache
from typing import Any

from nbagents.display import cleaning, styles
from nbagents.display.markup import Markup, element

_MOST_LOOKED_AT = 20_000
_FEWEST_ITEMS = 2

# One of these is enough.
_CLEAR = re.compile(
    r"^ {0,3}(?:```|~~~)"  # a block of code
    r"|^ {0,3}#{2,6} +\S"  # a heading
    r"|^ {0,3}# +\S.*\n\n+[^\n]|\A# +\S.*\n[^\n]"  # a title, with words below
    r"|^ {0,3}\|?[^\n|]+\|[^\n]*\n {0,3}\|?(?: *:?-{2,}:? *\|)+(?: *:?-{2,}:? *)?$"
    r"|(?<![A-Za-z0-9_*])\*\*[^\s*](?:[^*\n]*[^\s*])?\*\*(?![0-9*])"  # strong words
    r"|(?<!\w)\[[^\[\]\n]{1,200}\]\((?:https?:|mailto:|#|/)[^)\s]*\)"  # a link
    r"|!\[[^\[\]\n]{0,200}\]\([^)\s]+\)",  # a picture
    re.MULTILINE,
)
_ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,3}[.)]) +\S", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)

# Lines of a program, a diff, a log or a settings file: `#` is a comment there,
# and `**` a power.
_CODE = re.compile(
    r"^(?:#!|@@ |--- a?/|\+\+\+ |diff |%YAML|<!|<\?|<html)"
    r"|^[ \t]*(?:import \w[\w.]*(?: as \w+)?$|from \S+ import |(?:async )?def \w+\("
    r"|class \w+.*:$|(?:if|for|while|with|elif) .*:$|#include|(?:const|let|var) \w+ ="
    r"|(?:SELECT|INSERT|CREATE|UPDATE|DELETE) )"
    r"|^[ \t]*[\w.]+(?:\[[^\]\n]*\])? ?[-+*/]?= ?(?:[\"'\[{(]|[\w.]+[\[(])"
    r"|^[ \t]*(?![-*+>|\d])\S.*[;{}]$",
    re.MULTILINE,
)

_STYLES = {
    "blockquote": styles.QUOTE,
    "code": styles.CODE,
    "hr": styles.RULE,
    "table": styles.TABLE,
    "td": styles.LEFT,
    "th": styles.LEFT,
}
_ALIGNED = {
    "text-align:left": styles.LEFT,
    "text-align:center": styles.CENTRE,
    "text-align:right": styles.NUMBER,
}


def is_markdown(text: str) -> bool:
    """Return whether `text` is clearly meant as Markdown."""
    head = text[:_MOST_LOOKED_AT]
    around = _FENCED.sub("", head)
    if _CODE.search(around):
        return False
    if _CLEAR.search(head):
        return True
    return len(_ITEM.findall(head)) >= _FEWEST_ITEMS


def render(text: str) -> Markup | None:
    """Return Markdown as cleaned HTML; `None` where that is not possible."""
    parser = _parser()
    if parser is None:
        return None
    tokens = parser.parse(text)
    for token in tokens:
        _dress(token)
    made = parser.renderer.render(tokens, parser.options, {})
    return cleaning.clean(made, styled=True)


@cache
def _parser() -> Any:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        return None
    # A line of its own stays one (`breaks`): models write addresses and verses so.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("image", _image)
    return parser


def _dress(token: Any) -> None:
    for child in token.children or ():
        _dress(child)
    if token.nesting < 0 or token.type in {"fence", "code_block"}:
        return
    style = _ALIGNED.get(token.attrGet("style")) or _STYLES.get(token.tag)
    if style:
        token.attrSet("style", style)


def _image(_self: Any, tokens: Any, at: int, _options: Any, _env: Any) -> str:
    """Return a picture that is in the text, and a link to one that is elsewhere."""
    source, words = str(tokens[at].attrGet("src")), tokens[at].content
    if source.startswith("data:"):
        return element("img", src=source, alt=words)
    return element("a", f"picture: {words or source}", href=source)
