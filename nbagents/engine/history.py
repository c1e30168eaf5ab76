"""The events of a run that are kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, overload

from nbagents.engine.events import Event


class History(Sequence[Event]):
    """Every event so far, in order. It only grows.

    What is held is each event's class and the tuple of its fields; the event is
    made again when somebody looks. Of a tuple of numbers and texts the garbage
    collector takes no notice, while forty thousand event objects would have it
    walk through them all, again and again, in the middle of a large run.
    """

    __slots__ = ("_kinds", "_rows")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._kinds: list[type[Event]] = []
        self._rows: list[tuple[Any, ...]] = []
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Keep `event`."""
        kind = type(event)
        # In this order: a reader on another thread goes by the kinds.
        self._rows.append(_READERS[kind](event))
        self._kinds.append(kind)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._kinds[index](*self._rows[index])

    def __len__(self) -> int:
        return len(self._kinds)

    def __iter__(self) -> Iterator[Event]:
        return (kind(*row) for kind, row in zip(self._kinds, self._rows, strict=False))


class _Readers(dict[type[Event], Callable[[Event], tuple[Any, ...]]]):
    """For each class of events, what reads all fields of one."""

    def __missing__(self, kind: type[Event]) -> Callable[[Event], tuple[Any, ...]]:
        names = [field.name for field in fields(kind)]
        # Of a single name attrgetter gives the value and not a tuple.
        read = attrgetter(*names) if len(names) > 1 else lambda e: (e.at,)
        self[kind] = read
        return read


_READERS = _Readers()
