"""What a browser would make of a piece of HTML, for the tests of the display."""

import base64
import re
from html.parser import HTMLParser

_TAGS = (
    "a abbr b bdi blockquote br caption code col colgroup dd del details div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp "
    "section small span strong sub summary sup table tbody td tfoot th thead tr u ul "
    "var wbr"
)
_ATTRIBUTES = (
    "alt class colspan height hidden href open rel rowspan scope span src start style "
    "target title width"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


class Page(HTMLParser):
    """A piece of HTML, read: its tags, its text, and what is wrong with it.

    Attributes:
        tags: Each tag with its attributes, in order.
        text: What a person reads, alternative texts of images included.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        html.encode()  # no half of a character
        assert not _INVISIBLE.search(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.text += dict(attrs).get("alt") or ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each `tag`."""
        return [attributes for name, attributes in self.tags if name == tag]

    def pictures(self) -> list[tuple[str, bytes]]:
        """Return each image as its media type and its bytes."""
        found = [each["src"].split(";base64,") for each in self.all("img")]
        return [(kind[5:], base64.b64decode(data)) for kind, data in found]


def read(html: str) -> Page:
    """Return `html`, read; it is an error when anything in it could act."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag in _TAGS.split(), tag
        assert set(attributes) <= set(_ATTRIBUTES.split()), attributes
        assert "url" not in attributes.get("style", "")
        if tag == "img":
            assert attributes["src"].startswith("data:image/")
        if "href" in attributes:
            assert attributes["href"].startswith(("http://", "https://", "mailto:"))
            assert attributes["rel"] == "noopener noreferrer"
            assert attributes["target"] == "_blank"
    return page


class Shows:
    """A value with the given hooks; one that is an exception is raised."""

    def __new__(cls, **hooks):
        def hook(said):
            def method(self, **_):
                if isinstance(said, BaseException):
                    raise said
                return said

            return method

        made = {f"_repr_{name}_": hook(said) for name, said in hooks.items()}
        made["__repr__"] = lambda self: "<the repr>"
        return object.__new__(type("Shown", (), made))
