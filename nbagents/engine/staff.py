"""Who does the work of a run, by name, and what makes each of them what it is."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from nbagents.digests import Fingerprint, fingerprint
from nbagents.engine.attempt import Worker


class Staff(Mapping[str, Worker]):
    """The agents of a run at one time; a replacement makes another staff."""

    __slots__ = ("_digests", "_prints", "_workers")

    def __init__(
        self,
        workers: Mapping[str, Worker],
        known: Mapping[str, Fingerprint] = MappingProxyType({}),
        digests: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._workers = dict(workers)
        self._prints = dict(known)
        self._digests = dict(digests)

    def learn(self, names: Iterable[str]) -> None:
        """Take the fingerprint of these agents now, as they are now."""
        for name in names:
            if name not in self._prints:
                taken = fingerprint(self._workers[name].execute)
                self._prints[name] = taken
                self._digests.setdefault(name, taken.digest)

    def digest(self, name: str) -> str:
        """Return the digest of what agent `name` executes."""
        self.learn([name])
        return self._digests[name]

    def joined(self, workers: Mapping[str, Worker]) -> "Staff":
        """Return the staff with more agents in it."""
        return Staff({**self._workers, **workers}, self._prints, self._digests)

    def replaced(self, name: str, worker: Worker) -> "Staff":
        """Return the staff in which `worker` does what agent `name` did.

        Where it does the same as that one did, as far as can be told, it has its
        digest: what it makes, it makes from the same.
        """
        self.learn([name])
        taken = fingerprint(worker.execute)
        same = taken.same_as(self._prints[name])
        now = self._digests[name] if same else taken.digest
        return Staff(
            {**self._workers, worker.name: worker},
            {**self._prints, worker.name: taken},
            {**self._digests, worker.name: now},
        )

    def __getitem__(self, name: str) -> Worker:
        return self._workers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)
