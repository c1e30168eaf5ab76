"""Writes what happens in a run into the journal, as the engine has it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nbagents.engine import events as e
from nbagents.engine.failure import repr_of
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
        ledger.rest()
        return cls(journal, ledger, history[0].at), history

    @classmethod
    def of_new(
        cls, journal: Journal, history: Sequence[e.Event], state: RunState
    ) -> "JournalRecorder":
        """Return the recorder of a new run, with what happened in it so far.

        Args:
            journal: Where it is recorded.
            history: Its events: they are stored with it, or neither is.
            state: Where these lead.

        Raises:
            JournalError: It cannot be written there.
        """
        now = time.time()
        with _in_words():
            bodies = [encode(event, redacted) for event in history]
            told = Summary.of(state, created=now, updated=now)
            ledger = journal.begin(state.run, told, bodies)
        ledger.rest()
        return cls(journal, ledger, now)

    @property
    def place(self) -> str:
        """The file of the journal."""
        return str(self._journal.path)

    def write(self, events: Sequence[e.Event], state: RunState) -> None:
        """Store `events`, all of them or none; `state` is where they lead."""
        now = time.time()
        with _in_words():
            bodies = [encode(event, redacted) for event in events]
            told = self._summary(events, state, now)
            self._ledger.write(bodies, told)
        self._told = self._told if told is None else now

    def _summary(
        self, events: Sequence[e.Event], state: RunState, now: float
    ) -> Summary | None:
        if now - self._told > _SECONDS or _is_telling(events, state):
            return Summary.of(state, created=self._created, updated=now)
        return None

    def rest(self) -> None:
        """Close the file until something is written again; the run stays held."""
        self._ledger.rest()

    def close(self) -> None:
        """Give the run back, for others to write."""
        self._ledger.close()

    def another(self, history: Sequence[e.Event], state: RunState) -> "JournalRecorder":
        """Return the recorder of a new run, in the same journal."""
        return JournalRecorder.of_new(self._journal, history, state)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except JournalError:
        raise
    except BaseException as error:  # a result is the agent's, and may do anything
        message = f"the journal could not be written: {repr_of(error)}"
        raise JournalWriteError(message) from error


def _is_telling(events: Sequence[e.Event], state: RunState) -> bool:
    few = (e.TaskCompleted,) if len(state.tasks) <= _FEW else ()
    return any(isinstance(event, (*_TELLING, *few)) for event in events)
