"""Takes keys and passwords out of text that is going to be shown.

Whatever becomes a repr, a page, a picture, a frame of the live view, a log record or
the message of an error goes through `redacted` first. What an agent gets and returns
does not: there the value is needed. `formats` knows how keys look, `environment` the
values of this process, `finding` puts both together and `cutting` shortens a text
without cutting a key in two. `logs` sees to it that every record of the logger
"nbagents" comes through here, too.
"""

from nbagents.redaction.cutting import clipped, head, spared, tail
from nbagents.redaction.discreet import Discreet
from nbagents.redaction.environment import conceal
from nbagents.redaction.finding import redacted, redacted_html
from nbagents.redaction.logs import guard
from nbagents.redaction.structures import redacted_in

__all__ = [
    "Discreet",
    "clipped",
    "conceal",
    "head",
    "redacted",
    "redacted_html",
    "redacted_in",
    "spared",
    "tail",
]

guard()
