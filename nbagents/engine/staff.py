"""Who does the work of a run, by name, and what makes each of them what it is."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbagents.digests import Fingerprint, fingerprint
from nbagents.engine.attempt import Worker

Fallbacks = Mapping[str, Sequence[str]]
"""By the name of an agent, the names of those that take over when it has failed."""

# Another Python compiles the same source to something else.
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an agent.

    Attributes:
        taken: Its fingerprint.
        digest: What its work is filed under: the digest of the first that did the same.
        lasting: What another kernel would find of it, with the version of Python.
    """

    taken: Fingerprint
    digest: str
    lasting: str


class Staff(Mapping[str, Worker]):
    """The agents of a run at one time; a replacement makes another staff.

    Args:
        workers: The agents, by name.
        former: The digests that other kernels filed the work of agents under, by what
            lasts of these.
        fallbacks: By the name of an agent, the names of those that take over one after
            the other when it has failed for good.

    Attributes:
        fallbacks: The same.
    """

    __slots__ = ("_former", "_known", "_taken", "_workers", "fallbacks")

    def __init__(
        self,
        workers: Mapping[str, Worker],
        former: Mapping[str, str] | None = None,
        fallbacks: Fallbacks | None = None,
    ) -> None:
        self._workers = dict(workers)
        self.fallbacks = fallbacks or {}
        self._taken: dict[str, Known] = {}
        # Every agent there has been, by what cannot change in place of it: one that
        # comes back is what it was then.
        self._known: dict[str, list[Known]] = {}
        self._former = former or {}

    def digest(self, name: str) -> str:
        """Return the digest of what agent `name` executes now.

        Agents that do the same, as far as can be told, have the same: what they make,
        they make from the same. A helper that was defined again makes it another.
        """
        return self.told(name).digest

    def told(self, name: str) -> Known:
        """Return what is known of what agent `name` executes now."""
        known = self._taken.get(name)
        if known is None or not known.taken.holds:
            known = self._filed(fingerprint(self._workers[name].execute))
            self._taken[name] = known
        return known

    def is_same(self, name: str, taken: Fingerprint) -> bool:
        """Return whether agent `name` does what one of this fingerprint would do."""
        return taken.same_as(self.told(name).taken)

    def joined(
        self,
        workers: Mapping[str, Worker],
        taken: Mapping[str, Fingerprint] | None = None,
    ) -> "Staff":
        """Return the staff with more agents in it, or others of the same names.

        `taken` are the fingerprints of those of them that are known already.
        """
        new = Staff({**self._workers, **workers}, self._former, self.fallbacks)
        new._known = {fixed: [*alike] for fixed, alike in self._known.items()}
        stay = self._taken.keys() - workers.keys()
        new._taken.update((name, self._taken[name]) for name in stay)
        for name, each in (taken or {}).items():
            new._taken[name] = new._filed(each)
        return new

    def rename(self, old: str, new: str) -> None:
        """Have agent `new` stand wherever `old` stood among those that take over."""
        listed = {**self.fallbacks}
        listed.setdefault(new, listed.get(old, ()))
        self.fallbacks = {
            name: [each for each in _renamed(names, old, new) if each != name]
            for name, names in listed.items()
        }

    def _filed(self, taken: Fingerprint) -> Known:
        """Return where the work of an agent of this fingerprint is filed."""
        lasting = f"{PYTHON}:{taken.lasting}"
        alike = self._known.setdefault(taken.fixed, [])
        same = (known.digest for known in alike if taken.same_as(known.taken))
        digest = next(same, None) or self._former.get(lasting, taken.digest)
        alike.append(Known(taken, digest, lasting))
        return alike[-1]

    def __getitem__(self, name: str) -> Worker:
        return self._workers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workers)

    def __len__(self) -> int:
        return len(self._workers)


def _renamed(names: Sequence[str], old: str, new: str) -> Iterator[str]:
    """Yield `names` with `new` for `old`, each once."""
    yield from dict.fromkeys(new if name == old else name for name in names)
