"""Errors about where generated code runs."""

from nbagents.errors.base import NbagentsError


class SandboxError(NbagentsError, RuntimeError):
    """A sandbox could not be had, did not do what it was told, or was left behind.

    A program that fails in one is no error: it has an exit code.
    """
