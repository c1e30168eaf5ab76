"""Digests of texts and bytes, and how much may be looked at for one of them."""

from collections.abc import Iterable
from hashlib import blake2b

SIZE = 16  # bytes of a digest: the odds of two alike are beyond any run's life

_ANY = "surrogatepass"  # a text that is no valid Unicode is a text, too


class NoDigestError(Exception):
    """The value has no content that could be told by looking at it."""


class Budget:
    """How much of a value may be looked at.

    Args:
        parts: Values inside it.
        size: Their bytes, or characters of text.
    """

    __slots__ = ("_parts", "_size")

    def __init__(self, parts: int, size: int) -> None:
        self._parts = parts
        self._size = size

    def require(self, size: int) -> None:
        """Raise `NoDigestError` if something of this size is too large."""
        if size > self._size:
            raise NoDigestError("too much to look at")

    def spend(self, size: int = 0) -> None:
        """Look at one more part of this size; raise `NoDigestError` past the end."""
        self._parts -= 1
        self._size -= size
        if self._parts < 0 or self._size < 0:
            raise NoDigestError("too much to look at")


def hashed(kind: str, *parts: str | bytes) -> str:
    """Return the digest of something of this kind with these parts, in order."""
    hasher = blake2b(digest_size=SIZE)
    for part in (kind, *parts):
        data = part.encode("utf-8", _ANY) if isinstance(part, str) else part
        # With its length before it no part can pass for the end of another.
        hasher.update(f"{len(data)}:".encode())
        hasher.update(data)
    return hasher.hexdigest()


def combined(parts: Iterable[str]) -> str:
    """Return one digest of several, in their order."""
    return hashed("combined", *parts)
