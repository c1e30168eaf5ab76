"""The checksums of records: each is made of the one before it as well.

So a record that was changed, moved, taken from another run or lost in the middle is
noticed. They guard against disks and bugs, not against somebody who can compute them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

_SIZE = 16  # bytes: the odds of two alike are beyond any disk's life


@dataclass(frozen=True, slots=True)
class Link:
    """Where the records of a run end.

    Attributes:
        run: Id of the run.
        number: How many records there are.
        checksum: That of the last; of the run's id where there is none.
    """

    run: str
    number: int
    checksum: bytes

    @classmethod
    def first(cls, run: str) -> "Link":
        """Return where a run without records ends."""
        return cls(run, 0, checksum("run", run))

    def next(self, body: str) -> "Link":
        """Return where the run ends with `body` after it."""
        new = checksum("record", self.run, str(self.number), body, after=self.checksum)
        return Link(self.run, self.number + 1, new)

    def through(self, bodies: Iterable[str]) -> Iterator["Link"]:
        """Return where the run ends after each of `bodies`."""
        link = self
        for body in bodies:
            link = link.next(body)
            yield link


def checksum(*parts: str, after: bytes = b"") -> bytes:
    """Return the checksum of texts, in their order."""
    hasher = blake2b(after, digest_size=_SIZE)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        # With its length before it no part can pass for the end of another.
        hasher.update(b"%d:" % len(data))
        hasher.update(data)
    return hasher.digest()
