"""Pictures and files among the results that a model is given, and in its answers."""

import io
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbagents.agents.using import on_thread
from nbagents.redaction import redacted

MOST = 10
"""Pictures and files that go along with one prompt."""

MOST_BYTES = 20 * 2**20
"""Bytes of all of them together: what OpenAI takes in one request, with some room."""

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_LONGEST = 8 * MOST_BYTES


class Picture:
    """A picture that a model made, or that one is to look at.

    Attributes:
        data: The bytes of the file.
        media_type: Such as `"image/png"`.
    """

    def __init__(self, data: bytes, media_type: str | None = None) -> None:
        self.data = bytes(data)
        self.media_type = media_type or kind_of(self.data) or "image/png"

    def save(self, path: str | Path) -> Path:
        """Write it to a file, and return where that is."""
        file = Path(path)
        file.write_bytes(self.data)
        return file

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another picture."""
        return self.media_type, self.data

    def _repr_png_(self) -> bytes | None:
        return self.data if self.media_type == "image/png" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.data if self.media_type == "image/jpeg" else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Picture):
            return NotImplemented
        return (self.media_type, self.data) == (other.media_type, other.data)

    def __hash__(self) -> int:
        return hash((self.media_type, self.data))

    def __repr__(self) -> str:
        return redacted(f"Picture({self.media_type}, {len(self.data):,} bytes)")


def kind_of(data: bytes) -> str | None:
    """Return the media type of `data`, told by how it begins; `None` if not known."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)


async def attached(
    context: Mapping[str, Any],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return results without their pictures, and these as parts of a message.

    A result that is a picture is told as words that point to it.

    Args:
        context: Results by id.
    """
    # To draw a figure takes a while, and the loop has other things to do.
    found = await on_thread(lambda: {id: list(_in(v)) for id, v in context.items()})
    parts: list[dict[str, Any]] = []
    told, room = dict(context), MOST_BYTES
    for id, pictures in found.items():
        numbers = []
        for data in pictures:
            if len(parts) < MOST and len(data) <= room:
                room -= len(data)
                parts.append(_part(data, len(parts) + 1))
                numbers.append(str(len(parts)))
        if pictures and (numbers or _is_one(context[id])):
            told[id] = _words(context[id], numbers)
    return told, parts


def made(address: str) -> Picture | None:
    """Return the picture in a data address; `None` if there is none."""
    head, _, data = address[:_LONGEST].partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    try:
        return Picture(b64decode(data, validate=True), head[5:-7])
    except (NotBase64, ValueError):
        return None


def _in(value: Any) -> Iterator[bytes]:
    """Yield what can be looked at in a result: itself, or what it holds."""
    try:
        if (data := _data(value)) is not None:
            yield data
        elif isinstance(value, list | tuple):
            yield from filter(None, map(_data, value))
        else:  # What a program of a code agent has drawn.
            yield from filter(None, map(_data, getattr(value, "figures", ())))
    except Exception:  # noqa: BLE001 - a class of its own may do anything
        return


def _data(value: Any) -> bytes | None:
    if isinstance(value, bytes | bytearray):
        return bytes(value) if kind_of(bytes(value[:16])) else None
    if isinstance(value, Picture):
        return value.data
    if hasattr(value, "savefig"):  # A figure of matplotlib
        file = io.BytesIO()
        value.savefig(file, format="png")
        return file.getvalue()
    # A picture of Pillow or of IPython; a table that draws itself is not asked.
    show = getattr(value, "_repr_png_", None)
    shown = show() if callable(show) else None
    if isinstance(shown, str):
        shown = b64decode(shown)
    return shown if isinstance(shown, bytes) and kind_of(shown) else None


def _is_one(value: Any) -> bool:
    return not hasattr(value, "figures")


def _words(value: Any, numbers: list[str]) -> str:
    listed = ", ".join(numbers)
    what = (
        f"[attached to this message: {listed}]" if numbers else "[too large to attach]"
    )
    return what if _is_one(value) else f"{value}\n\n{what}"


def _part(data: bytes, number: int) -> dict[str, Any]:
    kind = kind_of(data) or "image/png"
    address = f"data:{kind};base64,{b64encode(data).decode('ascii')}"
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": address}}
    file = {"filename": f"attached_{number}.pdf", "file_data": address}
    return {"type": "file", "file": file}
