"""Programs in processes of this machine."""

from typing import Self

from nbagents.errors import SandboxError
from nbagents.sandbox.protocol import Session

__all__ = ["LocalSandbox"]


class LocalSandbox:
    """Holds the place of the real one, whose interface it has."""

    def __init__(self, level: str, *, allow_plain: bool = False) -> None:
        self.level = level
        self.allow_plain = allow_plain

    @classmethod
    def strongest(cls, *, allow_plain: bool = False) -> Self:
        """Return the strongest there is."""
        return cls("subprocess" if allow_plain else "bubblewrap")

    def open(self, owner: str) -> Session:
        """Open nothing."""
        raise SandboxError(f"nothing here runs the programs of {owner!r}")
