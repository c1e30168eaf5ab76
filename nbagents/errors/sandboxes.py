"""Errors about where generated code runs."""

from nbagents.errors.base import NbagentsError


class SandboxError(NbagentsError, RuntimeError):
    """A sandbox could not be had, did not do what it was told, or was left behind.

    A program that fails in one is no error: it has an exit code.

    Attributes:
        retry_after: Seconds that whoever has the sandboxes asks to wait before the
            next try; `None` when it says nothing.
    """

    retry_after: float | None = None
