"""The results a program may use, as files: whole, under names that harm nothing."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbagents.agents import prompt
from nbagents.agents.coding import names
from nbagents.coded import PNG, CodeResult

FOLDER = "inputs"
INDEX = f"{FOLDER}/index.json"
"""Which files hold the result of which task."""

MOST_BYTES = 64 * 2**20
"""Most bytes of all of them together."""

_MOST_NAMED = 30  # files of one result that are named in a prompt


@dataclass(slots=True)
class Inputs:
    """Results as files, and what is said of them.

    Attributes:
        files: By path.
        told: By the id of a task, which files hold its result, and the result as text.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


def of(context: Mapping[str, Any]) -> Inputs:
    """Return the results of other tasks, by their ids, as files."""
    inputs, index = Inputs(), {}
    taken = {"index.json", "index"}
    room = MOST_BYTES
    for id, value in context.items():
        stem = names.safe(str(id).replace(".", "_"), taken)
        taken.add(stem.lower())
        files = {f"{FOLDER}/{stem}{name}": data for name, data in _files(value)}
        size = sum(map(len, files.values()))
        kept = files if size <= room else {}
        room -= size if kept else 0
        inputs.files |= kept
        index[str(id)] = sorted(kept)
        inputs.told[str(id)] = f"{_where(kept, size)}\n\n{prompt.as_text(value)}"
    if context:
        inputs.files[INDEX] = _json(index)
    return inputs


def _where(files: Mapping[str, bytes], size: int) -> str:
    if not files:
        return f"[in no file: {size:,} bytes are too many]"
    listed = [f"{name} ({len(data):,} bytes)" for name, data in files.items()]
    if (more := len(listed) - _MOST_NAMED) > 0:
        listed = [*listed[:_MOST_NAMED], f"and {more:,} more, see {INDEX}"]
    return f"[whole in {', '.join(listed)}]"


def _files(value: Any) -> list[tuple[str, bytes]]:
    """Return suffix, or rest of the path, and content of what holds `value`."""
    if type(value) is CodeResult:
        return _of_program(value)
    for form in (_bytes, _table, _figure, _data):
        try:
            found = form(value)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112 - its class may do anything
            continue
        if found is not None:
            return [found]
    return [(".txt", _utf8(prompt.as_text(value)))]


def _of_program(value: CodeResult) -> list[tuple[str, bytes]]:
    found = {"/stdout.txt": _utf8(value.stdout)}
    for name, data in value.files.items():
        path, number = f"/files/{names.safe_path(str(name))}", 1
        while path in found:
            number += 1
            path = f"/files/{number}_{names.safe_path(str(name))}"
        found[path] = bytes(data)
    figures = enumerate(value.figures, 1)
    return [*found.items(), *((f"/figure_{n}.png", each) for n, each in figures)]


def _bytes(value: Any) -> tuple[str, bytes] | None:
    if not issubclass(type(value), bytes | bytearray):
        return None
    data = bytes(value)
    return (".png" if data.startswith(PNG) else ".bin"), data


def _table(value: Any) -> tuple[str, bytes] | None:
    if not callable(getattr(type(value), "to_csv", None)):
        return None
    return ".csv", _utf8(str(value.to_csv()))


def _figure(value: Any) -> tuple[str, bytes] | None:
    if not callable(getattr(type(value), "savefig", None)):
        return None
    picture = io.BytesIO()
    value.savefig(picture, format="png")
    return ".png", picture.getvalue()


def _data(value: Any) -> tuple[str, bytes] | None:
    if isinstance(value, str):
        return ".txt", _utf8(str.__str__(value))
    if not isinstance(value, dict | list | tuple | bool | int | float | None):
        return None
    return ".json", _json(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
