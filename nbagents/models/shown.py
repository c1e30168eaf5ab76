"""A conversation as it is told: without the bytes of pictures and files in it.

They would be kept with each question, in the journal too; what is told instead is how
long they are, and a digest by which two of them differ.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

_LONG = 1_000  # characters; what is shorter costs nothing


def shown(messages: Any) -> list[Mapping[str, Any]]:
    """Return `messages` with each long data address, or file, told in a few words."""
    if isinstance(messages, str) or not isinstance(messages, Sequence):
        return [{"role": "user", "content": _told(messages, "")}]
    return [
        _told(each, "") if isinstance(each, Mapping) else _as_message(each)
        for each in messages
    ]


def _as_message(each: Any) -> dict[str, Any]:
    return {"role": "user", "content": _told(each, "")}


def _told(value: Any, key: str) -> Any:
    if isinstance(value, str):
        return _short(value) if _is_data(value, key) else value
    if isinstance(value, Mapping):
        return {name: _told(each, str(name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(each, key) for each in value]
    return value


def _is_data(text: str, key: str) -> bool:
    return len(text) > _LONG and (
        text.startswith("data:") or key in {"data", "file_data", "b64_json"}
    )


def _short(text: str) -> str:
    head = text.partition(",")[0] if text.startswith("data:") else "data"
    mark = blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{head[:80]},[{len(text):,} characters, {mark}]"
