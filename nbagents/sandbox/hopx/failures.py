"""What went wrong at HopX, in words, and what to do about it."""

import json
from typing import Any, NamedTuple

from nbagents.errors import SandboxError
from nbagents.redaction import redacted
from nbagents.sandbox.hopx.api import library
from nbagents.sandbox.hopx.waiting import GivenUp, Stopped


class Case(NamedTuple):
    """One way to fail; `{place}` is filled in."""

    what: str
    remedy: str
    retryable: bool = False


_LOCAL = 'or work on this machine: sandbox="local".'
_BY_STATUS = {
    400: Case("{place} did not accept the request", "Check template=... and lifetime."),
    401: Case(
        "{place} did not accept the key",
        f"Check HOPX_API_KEY, and HOPX_BASE_URL if it is set; {_LOCAL}",
    ),
    402: Case(
        "the account behind the key has no credit left at {place}",
        f"Trying again will not help: add credit, {_LOCAL}",
    ),
    403: Case(
        "the key may not do this at {place}",
        "Check what its plan allows, such as how many sandboxes at once.",
    ),
    408: Case("{place} gave up waiting", "Try again.", retryable=True),
    409: Case("{place} has something in the way", "Try again.", retryable=True),
    429: Case(
        "{place} has had too many requests, or has too many sandboxes of this key",
        "Wait a little and try again, or let fewer tasks run at once.",
        retryable=True,
    ),
}
_FAILED = Case("{place} failed on its side", "Try again.", retryable=True)
_OTHER = Case("{place} did not do what it was asked to", "Check what it says.")
_UNREACHABLE = Case(
    "{place} could not be reached",
    "Is there a network, and is HOPX_BASE_URL right if it is set?",
    retryable=True,
)
_SLOW = Case("{place} did not answer in time", "Try again.", retryable=True)
_STRANGE = Case(
    "{place} sent something that HopX does not send",
    "Check HOPX_BASE_URL if it is set.",
    retryable=True,
)
NO_TEMPLATE = Case(
    "{place} has no such template, or nothing at this address",
    "Check template=..., and HOPX_BASE_URL if it is set.",
)
_GONE = Case(
    "the sandbox is gone",
    "A sandbox lives for lifetime=... seconds: try again, with a longer one.",
    retryable=True,
)
CLOSED = "the sandbox was closed while it was at work"

# After these nothing was made, for sure.
_REFUSED = frozenset({400, 401, 402, 403, 404, 422, 429})


def explained(
    error: BaseException, place: str, doing: str, missing: Case = _GONE
) -> SandboxError:
    """Return what `error` means, ready to be raised.

    Args:
        error: What a call raised.
        place: The host that was asked.
        doing: What it was asked for, such as "making a sandbox".
        missing: What it means that something is not there.
    """
    if isinstance(error, SandboxError):
        return error
    if isinstance(error, Stopped):
        return SandboxError(CLOSED)
    case = _case(error, missing)
    status = _status(error)
    number = "" if status is None else f" (HTTP {status})"
    what = case.what.format(place=place)
    made = SandboxError(f"{doing}: {what}{number}: {_clipped(_told(error))}")
    made.retryable = case.retryable
    made.retry_after = _told_to_wait(error)
    return made.with_note(case.remedy)


def refused(error: BaseException) -> bool:
    """Return whether nothing can have come of a request that failed so."""
    return _status(error) in _REFUSED


def _case(error: BaseException, missing: Case) -> Case:
    status = _status(error)
    if status == 404 or isinstance(error, library().FileNotFoundError):  # noqa: PLR2004
        return missing
    if status is not None:
        other = _FAILED if status >= 500 else _OTHER  # noqa: PLR2004
        return _BY_STATUS.get(status, other)
    errors = library()
    if isinstance(error, GivenUp | errors.TimeoutError):
        return _SLOW
    if isinstance(error, ValueError | KeyError | TypeError):
        return _STRANGE
    return _UNREACHABLE


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _told(error: BaseException) -> str:
    """What the server said, else what the library said."""
    body = _body(error)
    said = body.get("error") or body.get("message")
    text = said if isinstance(said, str) else str(error)
    return text or type(error).__name__


def _body(error: BaseException) -> dict[str, Any]:
    """Return the answer as an object; the library has it as a text, or not at all."""
    try:
        body = json.loads(getattr(error, "message", ""))
    except (TypeError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def _told_to_wait(error: BaseException) -> float | None:
    said = getattr(error, "retry_after", None) or _body(error).get("retry_after")
    right = isinstance(said, int | float) and not isinstance(said, bool) and said >= 0
    return float(said) if right and said is not None else None


def _clipped(text: str, most: int = 300) -> str:
    words = " ".join(redacted(text).split())
    return words if len(words) <= most else f"{words[:most]}..."
