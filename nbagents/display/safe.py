"""Text from plans, models and tools, made fit to be shown.

What would act instead of being read (control characters, marks that reverse the
direction of writing, halves of characters) is replaced by something visible, and keys
and passwords by a mark: all text of others that is shown comes through here. Whatever
shortens it looks for them first, because half a key is no longer known for one.
Escaping for a format is not here: `markup` does it for HTML and SVG, `digraph` for DOT.
"""

import unicodedata
from itertools import accumulate

from nbagents import redaction

ELLIPSIS = "…"

_BIDI_MARKS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_NOT_TEXT = (0xFFFE, 0xFFFF, *range(0xD800, 0xE000))
_REPLACEMENTS: dict[int, str] = {
    # Unicode has a picture of each old control character at 0x2400.
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: "\u2421",
    **{code: f"⟨U+{code:04X}⟩" for code in (*range(0x80, 0xA0), *_BIDI_MARKS)},
    **dict.fromkeys((0x2028, 0x2029), "\n"),
    **dict.fromkeys(_NOT_TEXT, "\ufffd"),
}

# Widths in em of a wide common font (DejaVu Sans), so that no font clips a label.
_NARROW = frozenset("iljftrI.,:;'|!()[]{}/\\ -`")
_WIDE = frozenset("mwMWGOQCDHNU@%&—…<>=+~^#")
_EM_NARROW, _EM_USUAL, _EM_WIDE, _EM_FULL = 0.40, 0.64, 0.98, 1.05


def visible(text: str) -> str:
    """Return `text` with everything that cannot be seen replaced, and keys by marks.

    Lines stay lines.
    """
    return redaction.redacted(text).translate(_REPLACEMENTS)


def one_line(text: str, most: int = 200) -> str:
    """Return `text` on one line of at most `most` characters."""
    # Cut first: a result of many megabytes is not worth looking at to its end.
    line = " ".join(visible(redaction.head(text, most * 4)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + ELLIPSIS


def shortened(text: str, most: int, *, complete: bool = True) -> str:
    """Return the first `most` characters of `text`, and how many there are.

    Args:
        text: Any text.
        most: Most characters of it.
        complete: Whether `text` is all there is; else it is said to go on.
    """
    shown = redaction.head(text, most)
    if complete and len(text) <= most:
        return shown
    whole = f"{'' if complete else 'more than '}{len(text):,}"
    return f"{shown}{ELLIPSIS}\n(the first {most:,} of {whole} characters)"


def ending(text: str, most: int) -> str:
    """Return the last `most` characters of `text`, and how many there are."""
    if len(text) <= most:
        return redaction.redacted(text)
    count = f"(the last {most:,} of {len(text):,} characters)"
    return f"{count}\n{ELLIPSIS}{redaction.tail(text, most)}"


def in_bytes(text: str, most: int) -> str:
    """Return `text` on one line of at most `most` bytes of UTF-8."""
    line = one_line(text, most)
    encoded = line.encode()
    if len(encoded) <= most:
        return line
    return encoded[: most - len(ELLIPSIS.encode())].decode(errors="ignore") + ELLIPSIS


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(_columns(each) for each in text)


def cut(text: str, most: int) -> str:
    """Return `text` on one line that takes at most `most` columns of a terminal."""
    line = one_line(text, most)
    if columns(line) <= most:
        return line
    room = accumulate(_columns(each) for each in line)
    fitting = sum(1 for width in room if width < most)
    return line[:fitting] + ELLIPSIS


def pad(text: str, width: int) -> str:
    """Return `text` with blanks up to `width` columns of a terminal."""
    return text + " " * (width - columns(text))


def measure(text: str, size: float) -> float:
    """Return an upper estimate of how wide `text` is at font size `size`."""
    return size * sum(map(_em, text))


def fit(text: str, size: float, most: float) -> str:
    """Return `text` on one line, shortened to be at most `most` wide at `size`."""
    line = one_line(text)
    if measure(line, size) <= most:
        return line
    room = most - measure(ELLIPSIS, size)
    widths = accumulate(size * _em(each) for each in line)
    fitting = sum(1 for width in widths if width <= room)
    return line[:fitting].rstrip() + ELLIPSIS


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _em(character: str) -> float:
    if character in _NARROW:
        return _EM_NARROW
    if character.isascii() and character not in _WIDE:
        return _EM_USUAL + (0.08 if character.isupper() else 0)
    if unicodedata.combining(character):
        return 0
    return _EM_FULL if _columns(character) > 1 else _EM_WIDE
