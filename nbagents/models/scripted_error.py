"""An error that a scripted server answers with, as a real one would."""

from collections.abc import Mapping
from typing import Any


class ScriptedError(Exception):
    """What a scripted model answers instead of an answer: an HTTP error.

    Give it as the answer of a rule, or raise it in a function. The real client receives
    it, so an agent fails as it would online. It is not asked again by itself: that is
    what a `Retry` of the task is for.

    Args:
        message: What the server says.
        status: The HTTP status, from 400 to 599.
        code: What the server calls it, such as `"context_length_exceeded"`.
        retry_after: Seconds that the server asks to wait; `None` does not say.

    Example:
        >>> ScriptedError("slow down", status=429, retry_after=2)
        ScriptedError('slow down', status=429)
    """

    def __init__(
        self,
        message: str = "the server failed",
        *,
        status: int = 500,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        if type(status) is not int or status not in range(400, 600):
            raise ValueError(f"status must be one of an error, 400 to 599: {status!r}")
        self.message = message
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)

    @property
    def body(self) -> dict[str, Any]:
        """What is sent, as OpenAI sends it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"  # noqa: PLR2004
        told = {"message": self.message, "type": kind, "param": None}
        return {"error": {**told, "code": self.code}}

    @property
    def headers(self) -> Mapping[str, str]:
        """What is sent beside it."""
        if self.retry_after is None:
            return {}
        return {"retry-after": f"{self.retry_after:g}"}

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another error."""
        return self.message, self.status, self.code, self.retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all that it was made of."""
        return _again, (self.message, self.status, self.code, self.retry_after)

    def __repr__(self) -> str:
        return f"ScriptedError({self.message!r}, status={self.status})"


def _again(
    message: str, status: int, code: str | None, retry_after: float | None
) -> ScriptedError:
    return ScriptedError(message, status=status, code=code, retry_after=retry_after)
