"""Why a model of this machine does not answer, in words."""

import re
from pathlib import Path

from nbagents.errors import ModelError
from nbagents.models.local.file import size_of
from nbagents.redaction import redacted

_GIGA = 1e9
_KILLED = -9
_STAMP = re.compile(r"^[\d.]+ [A-Z] ")  # When, and how bad, as llama.cpp writes it.
_MOST = 300  # characters of what llama.cpp says

_OTHER_FILE = (
    "Is the file whole, and is it a language model? For the newest kinds of models: "
    "pip install --upgrade xllamacpp"
)


def not_loaded(path: Path, error: str | None, code: int, log: str) -> ModelError:
    """Return that the model could not be loaded.

    Args:
        path: The file.
        error: What Python said in the process; `None` where it died before.
        code: How the process ended.
        log: What llama.cpp said.
    """
    said = _first(log) or error or _ended(code)
    message = f"'{path.name}' could not be loaded: {_clipped(said)}"
    note = _memory(path) or _OTHER_FILE
    return ModelError(message, retryable=False).with_note(note)


def died(path: Path, code: int, log: str) -> ModelError:
    """Return that the process ended while it was needed."""
    said = f"the process of '{path.name}' has ended: {_clipped(_first(log))}"
    message = f"{said.removesuffix(': ')} ({_ended(code)})"
    short = (
        "Was there too little memory? Take a smaller model, or a smaller quantization."
    )
    return ModelError(message).with_note(_memory(path) or short)


def _ended(code: int) -> str:
    return "it was killed" if code == _KILLED else f"exit status {code}"


def _first(log: str) -> str:
    """Return the first that llama.cpp says went wrong; the rest follows from it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower()]
    return (told or lines or [""])[0]


def _clipped(text: str) -> str:
    words = " ".join(redacted(_STAMP.sub("", text)).split())
    return words if len(words) <= _MOST else f"{words[:_MOST]}..."


def _memory(path: Path) -> str:
    """Return that there is too little memory, where there is."""
    try:
        import psutil
    except ImportError:  # It is not for every platform.
        return ""
    size, free = size_of(path), psutil.virtual_memory().available
    if size is None or size < free:
        return ""
    return (
        f"The file has {size / _GIGA:.1f} GB, and {free / _GIGA:.1f} GB of memory are "
        "free: take a smaller model, or a smaller quantization of it."
    )
