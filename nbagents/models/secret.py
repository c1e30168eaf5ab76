"""A key that can be used, and shown to nobody."""

import secrets
from hashlib import blake2b
from typing import NoReturn

from nbagents.redaction import conceal

_SALT = secrets.token_bytes(16)


class Secret:
    """A text that tracebacks, reprs and logs show as stars.

    Debuggers print the arguments and variables of every frame, so a key travels
    as one of these and is opened only in the call that hands it over.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        # A key pasted with its line break would otherwise be quoted, whole, by
        # the HTTP library that refuses it as a header.
        self._text = text.strip()
        conceal(self._text, "key")

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def usable(self) -> bool:
        """Return whether it can be sent as a header: printable, without spaces."""
        text = self._text
        return text.isascii() and text.isprintable() and " " not in text

    def mark(self) -> bytes:
        """Return what tells it from others in this process, and nothing more of it."""
        return blake2b(self._text.encode(), key=_SALT).digest()

    def inside(self, text: str) -> bool:
        """Return whether `text` gives it away."""
        return bool(self._text) and self._text in text

    def hidden_in(self, text: str) -> str:
        """Return `text` with stars in its place."""
        return text.replace(self._text, "***") if self._text else text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        """Stay: what is pickled or copied ends up in files and other processes."""
        raise TypeError("a key stays in the process that it was given to")

    def __repr__(self) -> str:
        return "Secret('***')"
