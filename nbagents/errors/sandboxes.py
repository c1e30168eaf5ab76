"""Errors about generated code, and about where it runs."""

from typing import Any

from nbagents.errors.base import NbagentsError


class SandboxError(NbagentsError, RuntimeError):
    """A sandbox could not be had, did not do what it was told, or was left behind.

    A program that fails in one is no error: it has an exit code.

    Attributes:
        retry_after: Seconds that whoever has the sandboxes asks to wait before the
            next try; `None` when it says nothing.
    """

    retry_after: float | None = None


class CodeError(NbagentsError, RuntimeError):
    """A model wrote no program that works, however often it was asked to repair it.

    Attributes:
        result: What came of the last program that ran, a `CodeResult`; `None` where
            there was none.
        repairs: How often a repair was asked for.
    """

    # Another attempt asks for another program.
    retryable = True

    def __init__(self, message: str, *, result: Any = None, repairs: int = 0) -> None:
        self.result = result
        self.repairs = repairs
        super().__init__(message)
