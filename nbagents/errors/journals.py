"""What may be wrong with the record of a run on disk."""

from collections.abc import Iterable

from nbagents.errors.base import NbagentsError, alternatives


class JournalError(NbagentsError, OSError):
    """The runs on disk cannot be read or written."""


class JournalWriteError(JournalError):
    """Nothing of this write was stored; the same write can be tried again."""


class NotAJournalError(JournalError, ValueError):
    """The file is something else than a journal; it was left as it is."""


class JournalVersionError(JournalError):
    """The journal was written by another version of nbagents.

    Attributes:
        version: The version of its format.
        newest: The newest format that this nbagents reads.
    """

    def __init__(self, message: str, *, version: int, newest: int) -> None:
        self.version = version
        self.newest = newest
        super().__init__(message)


class JournalDamagedError(JournalError, ValueError):
    """What is on disk is not what was written there.

    Attributes:
        run: Id of the run concerned; `None` when it is the whole file.
        intact: How many records of that run, from its first on, are as written.
    """

    def __init__(self, message: str, run: str | None = None, intact: int = 0) -> None:
        self.run = run
        self.intact = intact
        super().__init__(message)


class JournalRecordError(JournalError, ValueError):
    """A text that is no record of something that happened in a run.

    Attributes:
        number: Place of the record in its run, from 0; `None` where it is not known.
    """

    def __init__(self, message: str, *, number: int | None = None) -> None:
        self.number = number
        super().__init__(message)


class UnknownRunError(JournalError, KeyError):
    """The id of a run that is not in the journal.

    Attributes:
        run: The id that was asked for.
        valid: The ids there are, sorted.
    """

    def __init__(self, run: str, valid: Iterable[str]) -> None:
        self.run = run
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(self._message())

    def _message(self) -> str:
        if self.valid and not self.run:
            return f"no run of this notebook here {alternatives('', self.valid)}"
        if self.valid:
            return f"no run '{self.run}' here {alternatives(self.run, self.valid)}"
        asked = f"no run '{self.run}': " if self.run else ""
        return f"{asked}there are no runs yet"


class RunClaimedError(JournalError, PermissionError):
    """Somebody else writes this run; it can be looked at.

    Attributes:
        run: Id of the run.
        host: Name of the machine where it is written; empty when nobody has it.
        pid: The process there.
        since: When it took the run, in seconds since the epoch.
    """

    def __init__(
        self, message: str, *, run: str, host: str = "", pid: int = 0, since: float = 0
    ) -> None:
        self.run, self.host, self.pid, self.since = run, host, pid, since
        super().__init__(message)
