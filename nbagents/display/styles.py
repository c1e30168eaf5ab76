"""Inline styles of what is shown at length.

No text has a colour of its own unless the ground below it has one too, and lines and
grounds are a grey that one sees through: the page may be light or dark.
"""

_LINE = "1px solid rgba(128,128,128,.3)"
_GROUND = "rgba(128,128,128,.1)"

SECTION = "margin:8px 0"
ENTRY = "margin:4px 0 4px 14px"
SUMMARY = "cursor:pointer;font-weight:600"
HINT = "font-size:12px;opacity:.75"

_BOX = "margin:6px 0;padding:6px 10px;border-radius:4px;overflow:auto"
PRE = (
    f"{_BOX};background:{_GROUND};max-height:420px;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font-size:12px;line-height:1.45"
)
WORDS = (
    "margin:6px 0;padding:0 0 0 12px;border-left:3px solid rgba(128,128,128,.4);"
    "max-height:640px;max-width:80ch;overflow:auto;white-space:pre-wrap;"
    "overflow-wrap:anywhere"
)
PROSE = WORDS.replace("white-space:pre-wrap;", "")
SCROLLED = "margin:6px 0;overflow:auto;max-height:640px"
# Black on nothing is what most plots are, and what nobody sees on a dark page.
PICTURE = "max-width:100%;background:#fff;color:#1b1f24;border-radius:4px"

TABLE = "border-collapse:collapse;margin:6px 0;font-size:12px"
_CELL = f"padding:3px 10px;border-bottom:{_LINE};vertical-align:top"
NUMBER = f"{_CELL};text-align:right"
LEFT = f"{_CELL};text-align:left"
CENTRE = f"{_CELL};text-align:center"
NARROW = f"{LEFT};white-space:nowrap"

LINK = "color:inherit;text-decoration:underline"
CODE = f"background:{_GROUND};border-radius:3px;padding:0 .3em;font-size:.93em"
QUOTE = f"margin:6px 0;padding:0 0 0 10px;border-left:{_LINE}"
RULE = f"border:0;border-top:{_LINE};margin:10px 0"
_HEADING = "font-weight:600;margin:.7em 0 .3em;line-height:1.3"
_SIZES = {"h1": 1.35, "h2": 1.2, "h3": 1.1, "h4": 1, "h5": 1, "h6": 1}
HEADINGS = {tag: f"{_HEADING};font-size:{size}em" for tag, size in _SIZES.items()}


def chip(ground: str, accent: str) -> str:
    """Return the style of a word on a ground of its own."""
    return (
        f"background:{ground};color:#1b1f24;border:1px solid {accent};"
        "border-radius:10px;padding:1px 8px;white-space:nowrap"
    )


def fault(accent: str) -> str:
    """Return the style of a traceback."""
    return f"{PRE};border-left:3px solid {accent}"
