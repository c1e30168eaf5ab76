"""CodeResult: what came of a program that a model wrote and a sandbox ran.

It goes through everything a result goes through: other agents get it, views show it,
the journal keeps it. So it is a value of its own and knows its form as JSON.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any

from nbagents import showing
from nbagents.redaction import clipped, redacted

PNG = b"\x89PNG\r\n\x1a\n"
"""What every PNG begins with."""

_MOST_NAMED = 20  # files that are named one by one
_MOST_OF_FILE = 2_000  # characters of a file that is short enough to be told whole
_MOST_OF_FILES = 6_000
_MOST_IN_REPR = 200


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodeResult:
    """What came of a program; `str()` of it is what other agents read.

    Attributes:
        code: The program, as it ran last.
        stdout: What it printed.
        stderr: What it printed there.
        exit_code: 0 where all went well; `None` where it was killed.
        files: What it left behind, by relative path; what it was given and has not
            changed is not among them.
        figures: The figures of matplotlib that were open at its end, as PNG.
        level: What held it, such as "bubblewrap", "landlock" or "hopx".
        seconds: How long it took; of no account for whether two are the same.
        repairs: How many programs before it did not work.
        notes: What was cut, left out or killed, a sentence each.

    Raises:
        TypeError: One of them is something else.
    """

    code: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = 0
    files: Mapping[str, bytes] = field(default_factory=dict, hash=False)
    figures: tuple[bytes, ...] = ()
    level: str = ""
    seconds: float = field(default=0.0, compare=False)
    repairs: int = field(default=0, compare=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Views and other agents trust that each is what it is said to be.
        for name in ("code", "stdout", "stderr", "level"):
            _require(name, str, getattr(self, name))
        _require("files", Mapping, self.files)
        object.__setattr__(self, "files", dict(self.files))
        _require("files", str, *self.files)
        _require("files", bytes, *self.files.values())
        _require("figures", tuple, self.figures)
        _require("figures", bytes, *self.figures)
        _require("notes", tuple, self.notes)
        _require("notes", str, *self.notes)
        _require_numbers(self)

    @property
    def ok(self) -> bool:
        """Whether the program ended by itself and well."""
        return self.exit_code == 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; bytes are text in base64."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        told["files"] = {name: _packed(data) for name, data in self.files.items()}
        told["figures"] = [_packed(each) for each in self.figures]
        return told | {"notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "CodeResult":
        """Return the result that `to_dict()` wrote.

        Raises:
            ValueError: It is none; the message names what is wrong.
        """
        known = {each.name for each in fields(cls)}
        if not isinstance(data, Mapping) or not {"code"} <= data.keys() <= known:
            raise ValueError("no result of a program: its fields are others")
        read = {name: _READ[name](name, value) for name, value in data.items()}
        try:
            return cls(**read)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def __str__(self) -> str:
        parts = [self.stdout.strip(), *self._short_files(), *self._remarks()]
        return "\n\n".join(filter(None, parts)) or "[it printed nothing]"

    def __repr__(self) -> str:
        said = [f"exit_code={self.exit_code!r}", f"level={self.level!r}"]
        said.append(f"stdout={clipped(self.stdout, _MOST_IN_REPR)}")
        if self.files:
            said.append(f"files={sorted(self.files)[:_MOST_NAMED]!r}")
        if self.figures:
            said.append(f"figures={len(self.figures)}")
        return redacted(f"CodeResult({', '.join(said)})")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)

    def _short_files(self) -> list[str]:
        """Return files of text that are short, where nothing else says it."""
        shown, room = [], 0 if self.stdout.strip() else _MOST_OF_FILES
        for name, data in sorted(self.files.items()):
            text = _as_text(data)
            if text and len(text) <= min(room, _MOST_OF_FILE):
                shown.append(f"[file {name}]\n{text}")
                room -= len(text)
        return shown

    def _remarks(self) -> list[str]:
        named = [f"{n} ({len(d):,} bytes)" for n, d in sorted(self.files.items())]
        if (more := len(named) - _MOST_NAMED) > 0:
            named = [*named[:_MOST_NAMED], f"and {more:,} more"]
        lines = [f"[files: {', '.join(named)}]"] if named else []
        if self.figures:
            lines.append(f"[figures: {len(self.figures)}]")
        if not self.ok:
            lines.append(f"[exit code: {self.exit_code}]")
        return ["\n".join([*lines, *(f"[{each}]" for each in self.notes)])]


def _require(name: str, kind: type, *values: Any) -> None:
    for each in values:
        if not issubclass(type(each), kind):
            found = type(each).__name__
            message = f"'{name}' of a CodeResult needs {kind.__name__}, not {found}"
            raise TypeError(message)


def _require_numbers(result: CodeResult) -> None:
    _require("repairs", int, result.repairs)
    _require(
        "exit_code", int, *([] if result.exit_code is None else [result.exit_code])
    )
    if type(result.seconds) not in {int, float} or not isfinite(result.seconds):
        raise TypeError("'seconds' of a CodeResult needs a number")


def _packed(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def _as_text(data: bytes) -> str | None:
    """Return a short file as text; `None` for a long one, and where it is none."""
    if len(data) > 4 * _MOST_OF_FILE or b"\x00" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unpacked(name: str, value: Any) -> bytes:
    try:
        return b64decode(_text(name, value), validate=True)
    except binascii.Error as error:
        raise _wrong(name) from error


def _text(name: str, value: Any) -> str:
    if type(value) is not str:
        raise _wrong(name)
    return value


def _as_it_is(name: str, value: Any) -> Any:
    del name  # What it has to be is checked by the class.
    return value


def _files(name: str, value: Any) -> dict[str, bytes]:
    if type(value) is not dict:
        raise _wrong(name)
    return {_text(name, key): _unpacked(name, each) for key, each in value.items()}


def _many(name: str, value: Any) -> list[Any]:
    if type(value) is not list:
        raise _wrong(name)
    return value


def _figures(name: str, value: Any) -> tuple[bytes, ...]:
    return tuple(_unpacked(name, each) for each in _many(name, value))


def _notes(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, each) for each in _many(name, value))


_READ: dict[str, Any] = {
    "code": _as_it_is,
    "stdout": _as_it_is,
    "stderr": _as_it_is,
    "exit_code": _as_it_is,
    "files": _files,
    "figures": _figures,
    "level": _as_it_is,
    "seconds": _as_it_is,
    "repairs": _as_it_is,
    "notes": _notes,
}


def _wrong(name: str) -> ValueError:
    return ValueError(f"no result of a program: its '{name}' cannot be read")
