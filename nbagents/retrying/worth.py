"""Which errors may come out differently when the same is done once more."""

from typing import Any

from nbagents.retrying.advice import status_of

FINAL = frozenset({400, 401, 402, 403, 404, 405, 410, 413, 414, 415, 422, 501})
"""HTTP statuses that are about the request itself."""


def is_worth_it(error: BaseException) -> bool:
    """Return whether another try may go better.

    Our own errors say so themselves (`retryable`), and so may anybody's. Of others an
    HTTP status decides that is about the request. What ends a program, such as
    `SystemExit`, and what is not written yet is not tried again; any other is.
    """
    if not isinstance(error, Exception) or isinstance(error, NotImplementedError):
        return False
    said: Any = getattr(error, "retryable", None)
    if isinstance(said, bool):
        return said
    return status_of(error) not in FINAL
