"""What went wrong with a model call, in words, and what to do about it.

Servers, openai and the HTTP library fail in dozens of ways; here each becomes a
`ModelError` whose message says what happened and whose note says what to do.
The texts stand in two tables: by what the server calls the error, which is the
more precise where it is known, and by HTTP status.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbagents.errors import ModelError
from nbagents.models.broken import BrokenAnswerError
from nbagents.models.server import Server
from nbagents.redaction import redacted
from nbagents.retrying import is_worth_it, told_to_wait


class Case(NamedTuple):
    """One way to fail; `{model}` and `{place}` are filled in."""

    what: str
    remedy: str


_BY_CODE = {
    "insufficient_quota": Case(
        "the account behind the key has no credit left at {place}",
        "Trying again will not help: add credit, or use another key or model.",
    ),
    "context_length_exceeded": Case(
        "the prompt is longer than model '{model}' can read",
        "Hand over less: shorter results of earlier tasks, or a model that reads more.",
    ),
    "exceed_context_size_error": Case(  # as llama.cpp calls it
        "the prompt is longer than model '{model}' can read",
        "Hand over less: shorter results of earlier tasks, or a model that reads more.",
    ),
    "model_not_found": Case(
        "{place} has no model '{model}', or the key may not use it",
        "Check the name of the model.",
    ),
}

_BY_STATUS = {
    400: Case(
        "{place} did not accept the request for model '{model}'",
        "Check the parameters of the agent; too long a prompt can be the reason too.",
    ),
    401: Case(
        "{place} did not accept the key",
        "Check OPENAI_API_KEY or api_key=..., and that base_url is where it belongs.",
    ),
    403: Case(
        "the key may not use model '{model}' at {place}",
        "Use another model or another key; some are not open to every country.",
    ),
    404: Case(
        "{place} has no model '{model}'",
        "Check the name of the model, and that base_url ends as the server wants it, "
        "usually in /v1.",
    ),
    408: Case("{place} gave up waiting", "Try again."),
    413: Case("the prompt is too large for {place}", "Hand over less."),
    422: Case(
        "{place} did not accept the request for model '{model}'",
        "Check the parameters of the agent.",
    ),
    429: Case(
        "{place} has had too many requests",
        "Wait a little and try again, or let fewer tasks run at once: max_parallel=...",
    ),
}

_SERVER_FAILED = Case(
    "{place} failed on its side",
    "Try again; if it stays so, look at the status page or the log of the server.",
)
_OTHER_STATUS = Case(
    "{place} did not answer the request", "Check base_url and the name of the model."
)
_UNREACHABLE = Case(
    "{place} could not be reached",
    "Is the server running, is base_url right, is there a network?",
)
_TOO_SLOW = Case(
    "{place} did not answer in time",
    "Try again, ask for less in one task, or take a faster model.",
)
_BROKEN = Case(
    "{place} broke off in the middle of its answer",
    "Try again; if it stays so, ask for the answer in one piece: stream=False.",
)
_NOT_JSON = Case(
    "{place} sent something that is not JSON",
    "Is base_url that of an OpenAI-compatible server? It usually ends in /v1.",
)
_OTHER = Case(
    "the call of model '{model}' failed",
    "Check the parameters of the agent; other ones than those of openai go in "
    "extra_body={...}.",
)

# The same question gets the same answer, whatever the status is.
_HOPELESS = (*_BY_CODE.values(), _OTHER)


def explain(error: Exception, model: str, server: Server) -> ModelError:
    """Return what `error` means, ready to be raised."""
    status = getattr(error, "status_code", None)
    case = _without_status(error) if status is None else _by_status(error, status)
    what = case.what.format(model=model, place=server.place)
    told = _clipped(_without_key(_told(error, server), server))
    number = "" if status is None else f" (HTTP {status})"
    return ModelError(
        f"{what}{number}: {told}",
        status_code=status,
        retryable=is_worth_it(error) and case not in _HOPELESS,
        retry_after=told_to_wait(error),
    ).with_note(case.remedy)


def _without_key(text: str, server: Server) -> str:
    # Others first: a key as short as "k" is in the middle of some of them.
    return server.secret().hidden_in(redacted(text))


def showable(error: Exception, server: Server) -> Exception | None:
    """Return `error` to be chained to, unless it, or what it is from, quotes a key."""
    secret = server.secret()
    said = [str(each) for each in _chain(error)]
    gives_away = any(secret.inside(each) or redacted(each) != each for each in said)
    return None if gives_away else error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what a traceback of it shows besides."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            yield each
            waiting += [each.__cause__, each.__context__]


def _by_status(error: Exception, status: int) -> Case:
    other = _SERVER_FAILED if status >= 500 else _OTHER_STATUS  # noqa: PLR2004
    return _BY_CODE.get(_code(error), _BY_STATUS.get(status, other))


def _without_status(error: Exception) -> Case:
    import openai

    if isinstance(error, BrokenAnswerError):
        return _BY_CODE.get(_code(error), _BROKEN)
    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return _TOO_SLOW
    if isinstance(error, openai.APIConnectionError):
        return _UNREACHABLE
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return _NOT_JSON
    return _OTHER


def _code(error: Any) -> str:
    """What the server calls it: OpenAI in `code`, some in `type`."""
    codes = [str(getattr(error, name, None)) for name in ("code", "type")]
    return next((code for code in codes if code in _BY_CODE), "")


def _told(error: Exception, server: Server) -> str:
    """What the server said, else what the library said, else what that comes from."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        return str(body.get("message") or json.dumps(body))
    if isinstance(body, str) and body:
        return body
    if isinstance(error, TimeoutError) and server.deadline is not None:
        return f"no answer within {server.deadline:g} s"
    if isinstance(error, BrokenAnswerError):
        return str(error)
    # openai says "Connection error." and leaves the rest to what it comes from.
    found = error.__cause__ if hasattr(error, "request") else None
    shown = found or error
    return f"{type(shown).__name__}: {shown}" if str(shown) else type(shown).__name__


def _clipped(text: str, most: int = 300) -> str:
    words = " ".join(redacted(text).split())
    return words if len(words) <= most else f"{words[:most]}..."
