"""The journal: the events of runs on disk, and back again.

`codec` makes texts of events, `store` keeps them. Neither knows an engine at work:
whoever has one writes to a `Ledger` before anybody sees what happened.
"""

from nbagents.journal.codec import decode, decode_all, encode
from nbagents.journal.ledger import Ledger
from nbagents.journal.store import Journal
from nbagents.journal.summary import Summary
from nbagents.journal.values import Unstored

__all__ = [
    "Journal",
    "Ledger",
    "Summary",
    "Unstored",
    "decode",
    "decode_all",
    "encode",
]
