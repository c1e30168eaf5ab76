"""Who does the work of a run, by name, and what makes each of them what it is."""

from collections.abc import Iterator, Mapping

from nbagents.digests import Fingerprint, fingerprint
from nbagents.engine.attempt import Worker


class Staff(Mapping[str, Worker]):
    """The agents of a run at one time; a replacement makes another staff."""

    __slots__ = ("_known", "_taken", "_workers")

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = dict(workers)
        self._taken: dict[str, tuple[Fingerprint, str]] = {}
        # Every agent there has been: one that comes back is what it was then.
        self._known: list[tuple[Fingerprint, str]] = []

    def digest(self, name: str) -> str:
        """Return the digest of what agent `name` executes now.

        Agents that do the same, as far as can be told, have the same: what they make,
        they make from the same. A helper that was defined again makes it another.
        """
        taken = self._taken.get(name)
        if taken is None or not taken[0].holds:
            taken = self._told(fingerprint(self._workers[name].execute))
            self._taken[name] = taken
        return taken[1]

    def joined(
        self,
        workers: Mapping[str, Worker],
        taken: Mapping[str, Fingerprint] | None = None,
    ) -> "Staff":
        """Return the staff with more agents in it, or others of the same names.

        `taken` are the fingerprints of those of them that are known already.
        """
        new = Staff({**self._workers, **workers})
        new._known.extend(self._known)
        stay = self._taken.keys() - workers.keys()
        new._taken.update((name, self._taken[name]) for name in stay)
        for name, each in (taken or {}).items():
            new._taken[name] = new._told(each)
        return new

    def _told(self, taken: Fingerprint) -> tuple[Fingerprint, str]:
        """Return a fingerprint, with the digest of the first that is the same."""
        for known, digest in self._known:
            if taken.same_as(known):
                return taken, digest
        self._known.append((taken, taken.digest))
        return taken, taken.digest

    def __getitem__(self, name: str) -> Worker:
        return self._workers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)
