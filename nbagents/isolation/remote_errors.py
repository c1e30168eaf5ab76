"""Exceptions of another process, made again in this one.

Only their traceback needs making: frames do not travel. What is made shows the same
files, functions and lines, so the code of a notebook is read from its cells, which the
other process does not have. In its frames there are no variables.
"""

import pickle
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any

from nbagents.errors import AgentProcessError

# For 8 instructions of 2 bytes: the same line as before, and no column (CPython,
# Objects/locations.md).
_LINE_ONLY, _CODE_BYTES = b"\xef\x00", 16

Frame = tuple[str, str, int]
"""File, function and line of a call."""


def rebuilt(told: Mapping[str, Any], agent: str) -> BaseException:
    """Return the exception that the child told of, with all that led to it.

    Args:
        told: What `child.told` returned.
        agent: Name of the agent that raised it.
    """
    error = _exception(told, agent)
    error.__traceback__ = _traceback(told["frames"])
    if told.get("cause"):
        error.__cause__ = rebuilt(told["cause"], agent)
    if told.get("context"):
        error.__context__ = rebuilt(told["context"], agent)
    error.__suppress_context__ = told["suppress"]
    return error


def _exception(told: Mapping[str, Any], agent: str) -> BaseException:
    """Return the exception itself, else one that stands for it."""
    try:
        error = pickle.loads(told["pickled"])  # noqa: S301 - from our own child
        if type(error).__qualname__ == told["type"]:
            return _noted(error, told["notes"])
    except Exception:  # noqa: BLE001, S110 - its class may do anything
        pass
    said = f"{told['type']}: {told['message']}" if told["message"] else told["type"]
    stand_in = AgentProcessError(said, agent=agent)
    note = "The exception itself could not be sent from the process of its agent."
    return _noted(stand_in, [*told["notes"], note])


def _noted(error: BaseException, notes: Sequence[str]) -> BaseException:
    for note in notes:
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)
    return error


def _traceback(frames: Sequence[Frame]) -> TracebackType | None:
    traceback = None
    for frame in reversed(frames):
        # The first instruction: with none at all, IPython would look for ever.
        traceback = TracebackType(traceback, _frame(frame), 0, frame[2])
    return traceback


def _frame(frame: Frame) -> FrameType:
    """Return a frame that says it is that one: of code that raises, and did."""
    file, name, line = frame
    code = compile("raise LookupError", file, "exec")
    # Nothing would be marked rightly within the line, so nothing is.
    places = _LINE_ONLY * (len(code.co_code) // _CODE_BYTES + 1)
    code = code.replace(
        co_name=name, co_qualname=name, co_firstlineno=line, co_linetable=places
    )
    try:
        exec(code, {})  # noqa: S102 - the line above
    except LookupError as error:
        inner = error.__traceback__ and error.__traceback__.tb_next
        if inner is not None:
            return inner.tb_frame
    raise AssertionError
