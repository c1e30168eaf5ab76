"""The log of nbagents, in which no record holds a key."""

import logging
import traceback

from nbagents.redaction.finding import redacted


def discreet(record: logging.LogRecord) -> bool:
    """Take what is secret out of `record`, whatever handlers do with it."""
    message = record.getMessage()
    if (shown := redacted(message)) != message:
        record.msg, record.args = shown, None
    if record.exc_info and record.exc_info[1] is not None:
        trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if (shown := redacted(trace)) != trace:
            # Handlers write this text, and some look at the exception itself.
            record.exc_text, record.exc_info = shown, None
    return True


def guard() -> None:
    """Have every record of the package looked at, whoever logs it; once is enough."""
    logging.getLogger("nbagents").addFilter(discreet)
