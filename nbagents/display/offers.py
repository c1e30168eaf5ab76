"""What a value shows of itself in a notebook: pictures, HTML, Markdown.

The hooks are those of IPython (`_repr_png_` and its kin), and `savefig` for figures
of matplotlib, which have hooks only where IPython has given them some. matplotlib
itself is not imported: whoever returns a figure has done that.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import partial
from io import BytesIO
from math import sqrt
from typing import Any, NamedTuple

from nbagents.display.values import guarded

PICTURES = ("image/png", "image/jpeg", "image/svg+xml")

_HOOKS = {
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "image/svg+xml": "_repr_svg_",
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
}
# A picture first: unlike HTML it loses nothing when scripts and styles are taken out.

_MOST_PIXELS = 20_000_000  # of a figure; a screen of 4K has 8 million


class Offer(NamedTuple):
    """One way in which a value shows itself: a media type, and text or bytes."""

    media_type: str
    data: str | bytes


def offers(value: Any) -> Iterator[Offer]:
    """Yield what `value` shows of itself, the best first."""
    for media_type, hook in _HOOKS.items():
        yield from _usable(media_type, guarded(partial(_ask, hook=hook), value))
    yield from _usable("image/png", guarded(_drawn, value))
    bundle = guarded(_bundle, value) or {}
    for media_type in _HOOKS:
        yield from _usable(media_type, bundle.get(media_type))


def describe(value: Any) -> str:
    """Return a picture in words: what it is, and the titles in it."""
    words = [guarded(repr, value) or "", *(guarded(_titles, value) or ())]
    return ": ".join(str.__str__(each) for each in words if each) or "picture"


def _ask(value: Any, hook: str, **options: Any) -> Any:
    # Asked of the class: a mock or a proxy answers to every name.
    if not callable(getattr(type(value), hook, None)):
        return None
    said = getattr(value, hook)(**options)
    # A hook may add metadata, which is nothing to be shown.
    return said[0] if type(said) is tuple else said


def _bundle(value: Any) -> dict[str, Any]:
    # The arguments with which IPython calls it; some classes insist on them.
    said = _ask(value, "_repr_mimebundle_", include=None, exclude=None)
    return dict(said) if isinstance(said, Mapping) else {}


def _usable(media_type: str, said: Any) -> Iterator[Offer]:
    kind = type(said)
    if issubclass(kind, str) and media_type in {"image/png", "image/jpeg"}:
        said = guarded(b64decode, said)
        kind = type(said)
    if issubclass(kind, str):
        yield Offer(media_type, str.__str__(said))
    elif issubclass(kind, bytes) and media_type in PICTURES:
        yield Offer(media_type, bytes(said))


def _drawn(value: Any) -> bytes | None:
    if not callable(getattr(type(value), "savefig", None)):
        return None
    picture = BytesIO()
    dpi = {"dpi": sharpness} if (sharpness := guarded(_dpi, value)) else {}
    value.savefig(picture, format="png", bbox_inches="tight", **dpi)
    return picture.getvalue()


def _dpi(figure: Any) -> float:
    """Return the figure's own dots per inch, or as many as memory is spent on."""
    width, height = figure.get_size_inches()
    return min(float(figure.dpi), sqrt(_MOST_PIXELS / (width * height)))


def _titles(figure: Any) -> list[str]:
    return [title for axes in figure.axes if (title := axes.get_title())]
