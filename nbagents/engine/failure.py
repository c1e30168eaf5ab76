"""Failure: why an attempt failed, as a value that can be kept and shown."""

import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from nbagents.redaction import Discreet, redacted

_ENGINE = str(Path(__file__).resolve().parent) + os.sep


@dataclass(frozen=True, slots=True)
class Failure(Discreet):
    """Why an attempt failed.

    Attributes:
        kind: Name of the exception's class, such as `"ValueError"`.
        message: What the exception said; may be empty.
        traceback: The traceback as text, from the agent's first line on.
        exception: The exception itself; `None` after the run was stored and
            loaded again.
    """

    kind: str
    message: str
    traceback: str = field(default="", repr=False)
    exception: BaseException | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Return the failure that `error` is, without the engine's own frames.

        What is secret is left out of message and traceback; the exception is whole.
        """
        error.__traceback__ = _agents_own(error.__traceback__)
        text = redacted("".join(traceback.format_exception(error)))
        return cls(type(error).__name__, redacted(_message(error)), text, error)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


def repr_of(value: Any) -> str:
    """Return the `repr` of somebody else's value; its class where that fails."""
    try:
        return repr(value)
    except BaseException:  # noqa: BLE001 - it is their class, and may do anything
        return f"<{type(value).__name__}>"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - it is the agent's class, and may do anything
        return "(its message cannot be shown)"


def _agents_own(frames: TracebackType | None) -> TracebackType | None:
    """Drop the frames of the engine that lead to the agent's first line."""
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(_ENGINE):
        frames = frames.tb_next
    return frames
