"""Where HopX is and with which key."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from nbagents.errors import SandboxError
from nbagents.redaction import conceal

_HOPX = "https://api.hopx.dev"


@dataclass(frozen=True, slots=True)
class Access:
    """A key that can be sent, and an address that can be reached.

    Attributes:
        key: Never shown.
        base_url: Of the control plane.
    """

    key: str = field(repr=False)
    base_url: str

    @property
    def place(self) -> str:
        """What messages call it: the host alone."""
        return urlsplit(self.base_url).netloc


def has_key() -> bool:
    """Return whether there is a key in the environment."""
    return bool(os.environ.get("HOPX_API_KEY", "").strip())


def access(api_key: str | None, base_url: str | None) -> Access:
    """Return how HopX is reached now.

    Args:
        api_key: `None` reads `HOPX_API_KEY`.
        base_url: `None` reads `HOPX_BASE_URL`, and without that means HopX.

    Raises:
        SandboxError: There is no key, or one of the two cannot be used.
    """
    key = (api_key or os.environ.get("HOPX_API_KEY", "")).strip()
    conceal(key, "key")
    _check_key(key)
    return Access(key, _checked(base_url or os.environ.get("HOPX_BASE_URL") or _HOPX))


def _check_key(key: str) -> None:
    if not key:
        raise SandboxError("there is no key for HopX").with_note(
            'Set HOPX_API_KEY, or work on this machine: sandbox="local".'
        )
    # The HTTP library would quote it, whole, when it refuses it as a header.
    if not (key.isascii() and key.isprintable() and " " not in key):
        message = "the key for HopX holds spaces, line breaks or letters no key has"
        raise SandboxError(message).with_note("Copy it once more.")


def _checked(base_url: str) -> str:
    try:
        address = urlsplit(base_url)
        right = address.scheme in {"http", "https"} and bool(address.hostname)
        right = right and "@" not in address.netloc and address.port != 0
    except ValueError:  # A port that is no number, a bracket that is not closed.
        right = False
    if not right:
        message = "the base URL of HopX must be a web address without a password"
        raise SandboxError(message).with_note('Try: base_url="https://api.hopx.dev"')
    return base_url.rstrip("/")
