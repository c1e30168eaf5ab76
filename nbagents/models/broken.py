"""Answers that broke off: what a streamed one can do that a whole one cannot."""

from typing import Any

from nbagents.retrying.worth import FINAL

_HOPELESS = frozenset(
    {
        "content_filter",
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_request_error",
        "model_not_found",
    }
)
_STATUSES = range(400, 600)


class BrokenAnswerError(Exception):
    """A server began to answer, and did not come to the end.

    Attributes:
        body: What the server told instead of the rest; `None` where the line was cut.
        code: What the server calls it; empty where it told nothing.
        status_code: The HTTP status that it would have been, where it says one: the
            one it was sent with is 200.
    """

    def __init__(self, words: str, body: Any = None) -> None:
        self.body = body
        told = body if isinstance(body, dict) else {}
        names = [told.get("code"), told.get("type")]
        self.code = next((name for name in names if isinstance(name, str)), "")
        self.type = told.get("type")
        self.status_code = _status(told.get("code"))
        super().__init__(words)

    @property
    def retryable(self) -> bool:
        """Whether the same request may be answered to the end."""
        known = {self.code, self.type} & _HOPELESS
        return not known and self.status_code not in FINAL


def _status(code: Any) -> int | None:
    number = int(code) if isinstance(code, str) and code.isdigit() else code
    return number if type(number) is int and number in _STATUSES else None
