"""The journal: the events of runs on disk, and back again.

`codec` makes texts of events, `store` keeps them. Neither knows an engine at work:
whoever has one writes to a `Ledger` before anybody sees what happened.
"""

from nbagents.engine.unstored import Unstored
from nbagents.journal.codec import decode, decode_all, encode, history_of
from nbagents.journal.folder import DEFAULT
from nbagents.journal.ledger import Ledger
from nbagents.journal.recorder import JournalRecorder
from nbagents.journal.store import Journal, open_journal
from nbagents.journal.summary import Summary

__all__ = [
    "DEFAULT",
    "Journal",
    "JournalRecorder",
    "Ledger",
    "Summary",
    "Unstored",
    "decode",
    "decode_all",
    "encode",
    "history_of",
    "open_journal",
]
