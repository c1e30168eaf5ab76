"""What may go wrong when a model is asked."""

from pathlib import Path
from typing import Literal

from nbagents.errors.base import NbagentsError, alternatives

AnswerDefect = Literal[
    "content_filter", "empty", "invalid", "length", "no_completion", "refusal"
]

# What a model has decided, or had no room for, costs a whole answer to hear again.
_FINAL = frozenset({"content_filter", "length", "refusal"})


class ModelError(NbagentsError, RuntimeError):
    """A model could not be reached, or answered with something unusable.

    Attributes:
        status_code: HTTP status of the server's answer; `None` when there was
            no answer, or when it looked like a success.
        retryable: Whether the same question may be answered later.
        retry_after: Seconds that the server asks to wait before that; `None` when
            it says nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        retryable: bool = True,
        retry_after: float | None = None,
    ) -> None:
        self.status_code = status_code
        self.retryable = retryable
        self.retry_after = retry_after
        super().__init__(message)


class ModelAnswerError(ModelError):
    """A model was reached, and what it answered cannot be used.

    Attributes:
        reason: `"refusal"`, `"content_filter"`, `"length"` (cut off at its limit
            of tokens), `"empty"`, `"invalid"` (not of the type that was asked for), or
            `"no_completion"` (not an answer at all).
        text: As much of an answer as there was.
    """

    def __init__(self, message: str, *, reason: AnswerDefect, text: str = "") -> None:
        self.reason: AnswerDefect = reason
        self.text = text
        super().__init__(message, retryable=reason not in _FINAL)


class ToolTurnsError(ModelError):
    """A model called tools again and again, and did not come to an answer.

    Attributes:
        model: Name of the model.
        turns: How often it was asked.
    """

    def __init__(self, model: str, turns: int) -> None:
        self.model = model
        self.turns = turns
        super().__init__(
            f"model '{model}' was asked {turns} times and called a tool each time, "
            "but gave no answer",
            retryable=False,
        )
        self.add_note(
            "Look at what the tools returned: inspect the task. Or allow more: "
            "Agent.llm(..., max_turns=...)"
        )


class RoutingError(ModelError, LookupError):
    """No agent of a router is to do the task: none that it has was named.

    Attributes:
        named: What was named by hand, else the model that was asked.
        valid: Names of the agents there are.
    """

    def __init__(
        self, named: str, valid: tuple[str, ...], *, by_hand: bool = False
    ) -> None:
        self.named = named
        self.valid = valid
        known = alternatives(named if by_hand else "", valid)
        said = f"the route is no agent: '{named:.200}'"
        asked = f"model '{named}' named no agent for the task, asked twice"
        super().__init__(f"{said if by_hand else asked} {known}", retryable=not by_hand)
        self.add_note("Try: run.edit('route', result='name of the agent').resume()")


class RecordingError(ModelError):
    """A recording of model calls cannot be read, written or replayed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class RecordingMissError(RecordingError):
    """A request is not in the recording that is replayed.

    Attributes:
        path: Of the recording.
        difference: How it differs from the nearest request that is in it, as the lines
            of a unified diff; empty where nothing is recorded.
    """

    def __init__(self, path: str, difference: str) -> None:
        self.path = path
        self.difference = difference
        nearest = f"; the nearest differs:\n{difference}" if difference else ""
        name = Path(path).name  # Views have little room; the whole is in `path`.
        super().__init__(f"this request is not in the recording '{name}'{nearest}")


class ModelNotConfiguredError(ModelError, ValueError):
    """A model is needed, and there is no model, or no key for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)
