"""What can be said of a model's file before C++ is given it."""

import importlib.util
from pathlib import Path

from nbagents.errors import ModelNotConfiguredError
from nbagents.redaction import redacted

_MAGIC = b"GGUF"
_TRY = 'Try: Orchestrator(agents, model="local:/path/to/model.gguf")'


def require_package() -> None:
    """Raise `ImportError` unless what serves models is installed."""
    # Not imported: that is for the process in which it works.
    if importlib.util.find_spec("xllamacpp") is None:
        message = "a model on this machine takes xllamacpp, which is not installed here"
        missing = ImportError(message, name="xllamacpp")
        missing.add_note('Try: pip install "nbagents[local]"')
        raise missing


def require_model(path: Path) -> None:
    """Raise `ModelNotConfiguredError` unless `path` is a file that may be a model."""
    shown = redacted(str(path))
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise _unusable(f"there is no file '{shown}'") from None
    except (OSError, ValueError) as error:  # A folder, no right to read, a NUL in it.
        reason = getattr(error, "strerror", None) or str(error)
        raise _unusable(f"'{shown}' cannot be read: {reason}") from None
    if start != _MAGIC:
        raise _unusable(f"'{shown}' is not a GGUF file")


def size_of(path: Path) -> int | None:
    """Return how many bytes the file has; `None` where there is none."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return None


def _unusable(what: str) -> ModelNotConfiguredError:
    return ModelNotConfiguredError(what).with_note(_TRY)
