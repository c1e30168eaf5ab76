"""Runs of before: the list of them, and one of them to look at."""

import os
from collections.abc import Sequence
from typing import Any, NoReturn, overload

from nbagents import showing
from nbagents.engine import events as e
from nbagents.engine.moment import Moment, moment
from nbagents.errors import RunStateError, UnknownRunError
from nbagents.journal import (
    DEFAULT,
    Journal,
    Summary,
    folder,
    history_of,
    open_journal,
)

Where = str | os.PathLike[str] | Journal
"""A journal, or where one is."""


class Runs(Sequence[Summary]):
    """The runs of a journal, the newest first; in a cell it is a table.

    Attributes:
        journal: Where it is; `None` means beside the notebook.
    """

    def __init__(self, runs: Sequence[Summary], journal: str | None = None) -> None:
        self._runs = tuple(runs)
        self.journal = journal

    @overload
    def __getitem__(self, index: int) -> Summary: ...

    @overload
    def __getitem__(self, index: slice) -> "Runs": ...

    def __getitem__(self, index: int | slice) -> "Summary | Runs":
        found = self._runs[index]
        return Runs(found, self.journal) if isinstance(found, tuple) else found

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)


class RecordedRun(Moment):
    """A run as the journal has it: to look at, and not to go on with.

    It is read like a run: `run["id"]`, `run.result`, `run.at(...)`, `compare(...)`.
    """

    def at(self, moment_of: str | e.Event) -> Moment:
        """Return the run as it was: at the end of a task, or right after an event.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The task has not ended yet.
            ValueError: The event did not happen in this run.
        """
        return moment(self._history, self.plan, moment_of)

    def __getattr__(self, name: str) -> NoReturn:
        if name not in _VERBS:
            message = f"a recorded run has no attribute {name!r}"
            raise AttributeError(message)
        message = f"this run is here to look at: it cannot {name}"
        error = RunStateError(message, verb=name, status=self.status)
        raise error.with_note(f"Try: run = team.load_run({self.id!r}); run.{name}(...)")


_VERBS = frozenset(
    {"add", "begin", "break_at", "break_on_failure", "break_when", "cancel", "clear"}
    | {"edit", "fork", "pause", "remove", "replace", "resume", "retry", "rewind"}
    | {"skip", "step", "subscribe", "wait"}
)


def runs(journal: Where = DEFAULT) -> Runs:
    """Return the runs of a journal, the newest first: a table in the cell.

    Args:
        journal: Where it is; without it, beside the notebook.

    Raises:
        JournalError: The file cannot be read, or is no journal.

    Example:
        >>> runs()  # doctest: +SKIP
    """
    where = _required(journal)
    return Runs(where.runs(), _elsewhere(where))


def load_run(id: str | None = None, *, journal: Where = DEFAULT) -> RecordedRun:
    """Return a run of before, to look at; `team.load_run(id)` goes on with it.

    Args:
        id: Its id, as `runs()` has it; `None` takes the newest of this notebook.
        journal: Where it is; without it, beside the notebook.

    Raises:
        UnknownRunError: There is no such run.
        JournalDamagedError: A record of it is not what was written.
        JournalError: The file cannot be read, or is no journal.
    """
    where = _required(journal)
    return RecordedRun(history_of(where.read(known_run(where, id))))


def this_notebook() -> str | None:
    """Return the name of the notebook this kernel belongs to; `None` if unknown."""
    path = os.environ.get("JPY_SESSION_NAME")  # as Jupyter's server tells its kernels
    return None if not path else os.path.basename(path)  # noqa: PTH119 - of any system


def known_run(journal: Journal, id: str | None) -> str:
    """Return the id of a run that is in `journal`: `id`, or that of the newest.

    The newest is that of this notebook, where it is known which ones are, and one that
    a person began.

    Raises:
        UnknownRunError: There is none.
    """
    if not isinstance(id, str | None):
        message = f"the id of a run is text, not {type(id).__name__}: see runs()"
        raise TypeError(message)
    found, mine = journal.runs(), this_notebook()
    known = [run.id for run in found]
    own = [run for run in found if mine is None or run.notebook in {None, mine}]
    newest = (run.id for run in own if run.within is None)
    chosen = next(newest, None) if id is None else id
    if chosen not in known:
        raise UnknownRunError(id or "", known).with_note(_remedy(journal, known))
    return chosen


def _remedy(journal: Journal, known: list[str]) -> str:
    if not known:
        return f"Its journal would be '{journal.path}'. Try: run = team.run(plan)"
    place = _elsewhere(journal)
    return f"Try: nbagents.runs({'' if place is None else f'journal={place!r}'})"


def _elsewhere(journal: Journal) -> str | None:
    """Return where `journal` is; `None` if it is the one beside the notebook."""
    is_default = journal.path == folder.default_path()
    return None if is_default else str(journal.path)


def _required(where: Where) -> Journal:
    journal = open_journal(where)
    if journal is None:
        message = "a journal is given by its path; None is no journal"
        raise TypeError(message)
    return journal
