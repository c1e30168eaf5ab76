"""What goes into a sandbox and comes out of it, as text.

The library guesses whether a file is base64 when it reads bytes, and spoils some; so
everything is JSON, with base64 of ours in it. What comes out was written where the
program could reach it: it is checked as anything from outside is.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.protocol import Outcome

LEVEL = "hopx"
_MOST_TEXT = 200_000  # bytes of each stream
_MOST_FILES = 100
_MOST_FILE = 10_000_000  # bytes
_MOST_TOTAL = 40_000_000  # bytes
_MOST_NOTES = 200
_MOST_SECONDS = 20 * 60 * 60
_PNG = b"\x89PNG\r\n\x1a\n"
_NOT_OURS = "what came back is not what was asked for"


def packed(code: str, files: Mapping[str, bytes], seconds: float) -> str:
    """Return what is asked of a sandbox.

    Raises:
        SandboxError: That is nothing to be asked for: a path that leads elsewhere,
            files that are too large, a program that is no text, a time that is none.
    """
    _check(code, files, seconds)
    order = {
        "code": code,
        "files": {n: base64.b64encode(files[n]).decode("ascii") for n in files},
        "seconds": seconds,
        "most_text": _MOST_TEXT,
        "most_files": _MOST_FILES,
        "most_file": _MOST_FILE,
        "most_total": _MOST_TOTAL,
    }
    return json.dumps(order)


def _check(code: str, files: Mapping[str, bytes], seconds: float) -> None:
    wrong = [name for name in files if not _is_inside(name)]
    if wrong:
        message = f"files are given by relative paths, and {wrong[0]!r} is none"
        raise SandboxError(message)
    if sum(map(len, files.values())) > _MOST_TOTAL:
        message = f"the files have more than {_MOST_TOTAL:,} bytes together"
        raise SandboxError(message).with_note("Hand over less.")
    if not _is_text(code):
        raise SandboxError("the program holds half a character")
    if not 0 < seconds <= _MOST_SECONDS:
        message = f"a program has 0 to {_MOST_SECONDS:,} seconds, and not {seconds!r}"
        raise SandboxError(message)


def state(printed: str) -> str:
    """Return how a program stands, from what `ask.py` printed."""
    lines = printed.strip().splitlines()
    said = _object(lines[-1] if lines else "").get("state")
    if said not in {"done", "running", "lost"}:
        raise ValueError(_NOT_OURS)
    return str(said)


def parts(outcome: str) -> int:
    """Return in how many parts the files of an outcome come."""
    count = _object(outcome).get("parts")
    if type(count) is not int or not 0 <= count <= _MOST_FILES:
        raise ValueError(_NOT_OURS)
    return count


def unpacked(code: str, outcome: str, more: Iterable[str]) -> Outcome:
    """Return what came of `code`.

    Args:
        code: The program.
        outcome: What the sandbox says of it.
        more: The parts with its files.

    Raises:
        ValueError: It is not what the scripts in the sandbox write.
    """
    said = _object(outcome)
    exit_code, seconds = said.get("exit_code"), said.get("seconds")
    if not isinstance(exit_code, int | None) or not isinstance(seconds, int | float):
        raise ValueError(_NOT_OURS)  # noqa: TRY004 - nobody called with a wrong type
    figures, files, notes = _sorted_out(more)
    return Outcome(
        code=code,
        stdout=_text(said.get("stdout")),
        stderr=_text(said.get("stderr")),
        exit_code=exit_code,
        files=files,
        figures=figures,
        level=LEVEL,
        seconds=float(seconds),
        notes=(*map(_text, _list(said.get("notes"))), *notes)[:_MOST_NOTES],
    )


def _sorted_out(
    more: Iterable[str],
) -> tuple[tuple[bytes, ...], dict[str, bytes], list[str]]:
    figures: list[bytes] = []
    files: dict[str, bytes] = {}
    notes: list[str] = []
    for kind, name, content in map(_item, _items(more)):
        if kind == "figure" and content.startswith(_PNG):
            figures.append(content)
        elif kind == "file" and _is_inside(name):
            files[name] = content
        else:
            notes.append(f"{name!r} is left out: no file or figure is called so.")
    return tuple(figures), files, notes


def _items(more: Iterable[str]) -> Iterable[Any]:
    for part in more:
        yield from _list(_parsed(part))


def _item(item: Any) -> tuple[str, str, bytes]:
    try:
        kind, name, content = map(_text, item)
        return kind, name, base64.b64decode(content, validate=True)
    except (TypeError, binascii.Error):
        raise ValueError(_NOT_OURS) from None


def _is_inside(name: str) -> bool:
    """Return whether `name` is a plain path below the folder it is relative to."""
    path = PurePosixPath(name)
    whole = bool(name) and str(path) == name and not path.is_absolute()
    plain = whole and "\0" not in name and "\\" not in name and ":" not in name
    return plain and name != "." and ".." not in path.parts and _is_text(name)


def _is_text(name: str) -> bool:
    # A name on Linux is bytes; what is no text comes as halves of characters.
    return not any("\ud800" <= each <= "\udfff" for each in name)


def _object(text: str) -> dict[str, Any]:
    value = _parsed(text)
    if not isinstance(value, dict):
        raise ValueError(_NOT_OURS)  # noqa: TRY004 - nobody called with a wrong type
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{_NOT_OURS}: {text[-200:]!r}") from None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(_NOT_OURS)  # noqa: TRY004 - nobody called with a wrong type
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_NOT_OURS)  # noqa: TRY004 - nobody called with a wrong type
    return value
