"""Who may write a run: one process at a time, and one ledger in it.

A claim is a row. It is taken in the transaction that looks for another one, and looked
at again in each transaction that writes, so that a claim taken over by somebody who
could not see us ends our writing.
"""

import secrets
import time
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from nbagents.errors import JournalDamagedError, RunClaimedError
from nbagents.journal import place
from nbagents.journal.place import Place
from nbagents.journal.schema import MOVE_ASIDE

if TYPE_CHECKING:
    from sqlite3 import Connection

_OURS: set[str] = set()
"""The tokens of this process that are in use."""

_GONE: list[str] = []
"""Those that are not any more, and whose rows may still be there."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a run.

    Attributes:
        host: Name of the machine.
        pid: The process there.
        since: When it took the run, in seconds since the epoch.
        alive: Whether it still runs; `None` where that cannot be told from here.
    """

    host: str
    pid: int
    since: float
    alive: bool | None


def take(connection: "Connection", run: str, *, over: bool = False) -> str:
    """Claim `run` in the transaction that is open, and return the token of it.

    Args:
        connection: Writes to the journal.
        run: Id of the run.
        over: Take it as well where nobody can tell from here whether the process
            that has it still runs.

    Raises:
        RunClaimedError: Somebody else has it.
    """
    held = holder(connection, run)
    if held is not None and (held.alive or (held.alive is None and not over)):
        raise _refusal(run, held)
    token = secrets.token_hex(16)
    row = (run, *astuple(place.here()), token, time.time())
    connection.execute(_PUT, row)
    return token


_PUT = "REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def holder(connection: "Connection", run: str) -> Holder | None:
    """Return who holds `run`; `None` where nobody does, or nobody who still runs."""
    sql = "SELECT * FROM claims WHERE run = ?"
    row = connection.execute(sql, (run,)).fetchone()
    if row is None:
        return None
    _, *where, token, since = row
    claimed = Place(*where)
    if type(claimed.pid) is not int or type(since) is not float:
        message = f"who holds run '{run}' is no longer readable"
        raise JournalDamagedError(message, run).with_note(MOVE_ASIDE)
    alive = token in _OURS if claimed == place.here() else place.is_alive(claimed)
    if alive is False:
        return None
    return Holder(claimed.host, claimed.pid, since, alive)


def check(connection: "Connection", run: str, token: str) -> None:
    """Raise `RunClaimedError` unless `token` still holds `run`."""
    sql = "SELECT token FROM claims WHERE run = ?"
    row = connection.execute(sql, (run,)).fetchone()
    if row == (token,):
        return
    held = holder(connection, run) if row else None
    if held is not None:
        raise _refusal(run, held)
    message = (
        f"run '{run}' is not ours to write any more: it was taken over, or removed"
    )
    raise RunClaimedError(message, run=run).with_note(_LOOK.format(run=run))


def drop(connection: "Connection", run: str, token: str) -> None:
    """Give `run` back, if `token` still holds it."""
    sql = "DELETE FROM claims WHERE run = ? AND token = ?"
    connection.execute(sql, (run, token))


def use(token: str) -> None:
    """Let `token` be in use: its row is on disk."""
    _OURS.add(token)


def forget(token: str) -> None:
    """Let `token` be out of use, whether or not its row could be removed."""
    _OURS.discard(token)
    _GONE.append(token)


def sweep(connection: "Connection") -> None:
    """Remove the rows of tokens that went out of use."""
    while _GONE:
        connection.execute("DELETE FROM claims WHERE token = ?", (_GONE.pop(),))


_SHUT_DOWN = "shut down the notebook that has it, then load it again"
_LOOK = "Try: nbagents.load_run('{run}') to look at it"


def _refusal(run: str, held: Holder) -> RunClaimedError:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(held.since))
    message = (
        f"run '{run}' is being written by process {held.pid} on '{held.host}', "
        f"since {since}"
    )
    error = RunClaimedError(
        message, run=run, host=held.host, pid=held.pid, since=held.since
    )
    if held.alive is None:
        error.add_note(
            "Whether that process still runs cannot be told from here. If it does "
            f"not: team.load_run('{run}', take_over=True)"
        )
    look = _LOOK.format(run=run)
    return error.with_note(f"{look}; to go on with it, {_SHUT_DOWN}")
