"""Writes what happens in a run into the journal, as the engine has it."""

import time
from collections.abc import Sequence

from nbagents.engine import events as e
from nbagents.engine.state import RunState
from nbagents.errors import JournalError, JournalWriteError
from nbagents.journal.codec import encode, history_of
from nbagents.journal.ledger import Ledger
from nbagents.journal.store import Journal
from nbagents.journal.summary import Summary
from nbagents.redaction import redacted

_TELLING = (e.RunCreated, e.RunPlanned, e.RunStarted, e.RunPaused, e.RunEnded)
"""Events after which the list of runs says something else."""

_FEW = 200
"""Tasks of which the list of runs says at once how many are done: it costs less than
the write itself."""

_SECONDS = 2.0  # after which it says so of more


class JournalRecorder:
    """The recorder of one run."""

    def __init__(self, journal: Journal, ledger: Ledger, created: float) -> None:
        self._journal = journal
        self._ledger = ledger
        self._created = created
        self._told = 0.0

    @classmethod
    def of_old(
        cls, journal: Journal, run: str, *, take_over: bool = False
    ) -> tuple["JournalRecorder", list[e.Event]]:
        """Return the recorder of a run that goes on, and what happened in it so far.

        Raises:
            JournalError: It cannot be read, or somebody else writes it.
        """
        ledger = journal.take_up(run, take_over=take_over)
        try:
            history = history_of(journal.read(run))
        except BaseException:
            ledger.close()
            raise
        return cls(journal, ledger, history[0].at), history

    @classmethod
    def of_new(cls, journal: Journal, run: str) -> "JournalRecorder":
        """Return the recorder of a run that begins now.

        Raises:
            JournalError: It cannot be written there.
        """
        created = time.time()
        told = Summary(id=run, created=created, updated=created)
        return cls(journal, journal.begin(run, told), created)

    @property
    def place(self) -> str:
        """The file of the journal."""
        return str(self._journal.path)

    def write(self, events: Sequence[e.Event], state: RunState) -> None:
        """Store `events`, all of them or none; `state` is where they lead."""
        try:
            self._write(events, state)
        except JournalError:
            raise
        except Exception as error:  # a result is the agent's, and may do anything
            message = f"the journal could not be written: {error!r}"
            raise JournalWriteError(message) from error

    def _write(self, events: Sequence[e.Event], state: RunState) -> None:
        bodies = [encode(event, redacted) for event in events]
        now = time.time()
        telling = now - self._told > _SECONDS or _is_telling(events, state)
        told = (
            Summary.of(state, created=self._created, updated=now) if telling else None
        )
        self._ledger.write(bodies, told)
        self._told = now if telling else self._told

    def rest(self) -> None:
        """Close the file until something is written again; the run stays held."""
        self._ledger.rest()

    def close(self) -> None:
        """Give the run back, for others to write."""
        self._ledger.close()

    def another(self, run: str) -> "JournalRecorder":
        """Return the recorder of the new run of that id, in the same journal."""
        return JournalRecorder.of_new(self._journal, run)


def _is_telling(events: Sequence[e.Event], state: RunState) -> bool:
    few = (e.TaskCompleted,) if len(state.tasks) <= _FEW else ()
    return any(isinstance(event, (*_TELLING, *few)) for event in events)
