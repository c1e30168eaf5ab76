"""Who does the work of a run, by name, and what makes each of them what it is."""

from collections.abc import Iterable, Iterator, Mapping

from nbagents.digests import Fingerprint, fingerprint
from nbagents.engine.attempt import Worker


class Staff(Mapping[str, Worker]):
    """The agents of a run at one time; a replacement makes another staff."""

    __slots__ = ("_digests", "_known", "_workers")

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = dict(workers)
        self._digests: dict[str, str] = {}
        # Every agent there has been: one that comes back is what it was then.
        self._known: list[tuple[Fingerprint, str]] = []

    def learn(self, names: Iterable[str]) -> None:
        """Take the fingerprint of these agents now, as they are now."""
        for name in names:
            if name not in self._digests:
                self._digests[name] = self._digest_of(self._workers[name])

    def digest(self, name: str) -> str:
        """Return the digest of what agent `name` executes.

        Agents that do the same, as far as can be told, have the same: what they make,
        they make from the same.
        """
        if name not in self._digests:
            self.learn([name])
        return self._digests[name]

    def joined(self, workers: Mapping[str, Worker]) -> "Staff":
        """Return the staff with more agents in it, or others of the same names."""
        new = Staff({**self._workers, **workers})
        new._digests.update(
            {name: each for name, each in self._digests.items() if name not in workers}
        )
        new._known.extend(self._known)
        new.learn(workers)
        return new

    def _digest_of(self, worker: Worker) -> str:
        taken = fingerprint(worker.execute)
        for known, digest in self._known:
            if taken.same_as(known):
                return digest
        self._known.append((taken, taken.digest))
        return taken.digest

    def __getitem__(self, name: str) -> Worker:
        return self._workers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)
