"""What a program printed: its beginning and its end, and how much there was."""


class Kept:
    """Takes what comes in and keeps no more than `most` bytes of it."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Take in what came next."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > self._half * 2:  # Not at each piece: it moves all.
            del self._tail[: -self._half]

    @property
    def left_out(self) -> int:
        """How many bytes were dropped."""
        return max(0, self.total - len(self._head) - self._half)

    @property
    def text(self) -> str:
        """What was kept, with a line where something is missing."""
        tail = self._tail[-self._half :] if self._half else b""
        if not self.left_out:
            return (self._head + tail).decode("utf-8", "replace")
        gap = f"\n[{self.left_out:,} bytes were left out here]\n"
        return _decoded(self._head) + gap + _decoded(tail)


def _decoded(part: bytes | bytearray) -> str:
    """Decode what a cut may have taken half a character from."""
    return part.decode("utf-8", "replace").strip("\ufffd")
