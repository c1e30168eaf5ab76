"""What may go wrong when a model is asked."""

from typing import Literal

from nbagents.errors.base import NbagentsError

AnswerDefect = Literal["content_filter", "empty", "length", "no_completion", "refusal"]


class ModelError(NbagentsError, RuntimeError):
    """A model could not be reached, or answered with something unusable.

    Attributes:
        status_code: HTTP status of the server's answer; `None` when there was
            no answer, or when it looked like a success.
    """

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        self.status_code = status_code
        super().__init__(message)


class ModelAnswerError(ModelError):
    """A model was reached, and what it answered cannot be used.

    Attributes:
        reason: `"refusal"`, `"content_filter"`, `"length"` (cut off at its limit
            of tokens), `"empty"`, or `"no_completion"` (not an answer at all).
        text: As much of an answer as there was.
    """

    def __init__(self, message: str, *, reason: AnswerDefect, text: str = "") -> None:
        self.reason: AnswerDefect = reason
        self.text = text
        super().__init__(message)


class ModelNotConfiguredError(ModelError, ValueError):
    """A model is needed, and there is no model, or no key for it."""
