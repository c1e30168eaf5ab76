"""What a streamed answer shows of itself while it comes: its last words, not too often.

A view gets whole words only, from a place where no key is cut in two: half of one
would not be known for what it is, and shown.
"""

import re
import time
from collections.abc import Callable

from nbagents.redaction import spared

_PERIOD = 0.25  # seconds: faster than that nobody reads
_MOST = 160  # characters of the answer that are shown, its end
_LOOKED_AT = 2_000  # characters at the end that are looked at for them

_UNFINISHED = re.compile(r"[!-~]+\Z")  # what may yet become a key

Tell = Callable[[str], None]


class Telling:
    """Tells the end of a text that grows.

    Args:
        tell: Takes what is to be shown.
        clock: What time it is, in seconds.
    """

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._text = ""
        self._told = float("-inf")

    def begin(self) -> None:
        """Forget what came: the answer begins anew."""
        self._text = ""

    def add(self, text: str) -> None:
        """Take more of the text, and tell of it where it is time to."""
        self._text = (self._text + text)[-_LOOKED_AT:]
        now = self._clock()
        if now - self._told >= _PERIOD and (shown := _last_words(self._text)):
            self._told = now
            self._tell(shown)

    def end(self) -> None:
        """Tell how the text ended."""
        if shown := _last_words(f"{self._text} "):
            self._tell(shown)


def _last_words(text: str) -> str:
    """Return the last whole words of `text`, on one line."""
    whole = _UNFINISHED.sub("", text)
    start = spared(whole, max(len(whole) - _MOST, 0))[1]
    cut = "…" if start else ""
    words = " ".join(whole[start:].split())
    return f"{cut}{words}" if words else ""
