"""A set of ids that keeps the order of the plan, so that it always reads the same."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from nbagents.redaction import redacted


class Ids(AbstractSet[str]):
    """Ids of tasks: equal to any set of the same ids, and shown in order."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = dict.fromkeys(ids)

    def __contains__(self, id: object) -> bool:
        return id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __hash__(self) -> int:
        return self._hash()

    def __repr__(self) -> str:
        return redacted(f"{{{', '.join(map(repr, self._ids))}}}")
