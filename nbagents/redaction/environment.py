"""Values that must not be shown, whatever they look like.

Those of environment variables with a telling name, and keys that were handed over as
arguments.
"""

import html
import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from nbagents.redaction.formats import Span

_SHORTEST = 8  # characters: a shorter value is in half of all texts by chance
_SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|_PASS$|_PWD$|_PAT$|_AUTH$",
    re.IGNORECASE,
)
_PUBLIC_NAME = re.compile(
    r"(?:_URL|_URI|_FILE|_PATH|_DIR|_HOST|_ID|_NAME|_TYPE|_PROVIDER)$", re.IGNORECASE
)
_PATH = re.compile(r"~?[/\\]|[A-Za-z]:[/\\]|\.{1,2}[/\\]")
# `enabled`, `read-only`, `Europe/Berlin`: a word, or a few of them.
_WORDS = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_ ./:](?:[A-Z]?[a-z]+|[A-Z]+))*")
_LONGEST_WORDS = 20
_NUMBER = re.compile(r"[-+]?[\d.,_ ]+(?:[eE][-+]?\d+)?")

# What the environment was when its secrets were last collected, and they. Replaced as
# a whole, so a thread sees either the old or the new.
_known: tuple[Mapping[object, object], tuple[tuple[str, str], ...]] = ({}, ())


# Keys that came as arguments, for as long as the process lives: what holds one of them
# in an error or a result may be shown long after the object that had it is gone.
_given: dict[str, str] = {}


def conceal(value: str, what: str) -> None:
    """Have `value` redacted from now on, if it is not as short or plain as a word."""
    global _known  # noqa: PLW0603 - one environment a process
    if value not in _given and _is_telling(value):
        _given[value] = what
        _known = ({}, ())


def spans(text: str) -> Iterable[Span]:
    """Yield where values of secret variables are in `text`."""
    for value, what in secrets():
        start = text.find(value)
        while start >= 0:
            yield start, start + len(value), what
            start = text.find(value, start + len(value))


def secrets() -> tuple[tuple[str, str], ...]:
    """Return each secret value of now, as it may be written, and what it is."""
    global _known  # noqa: PLW0603 - one environment a process
    # Comparing the bytes that `os.environ` keeps takes a microsecond, decoding them
    # a hundred times that; and this is asked for every text that is shown.
    variables: Any = os.environ
    now: Mapping[object, object] = getattr(variables, "_data", variables)
    before, found = _known
    if now != before:
        found = tuple(_collected(dict(os.environ)))
        _known = dict(now), found
    return found


def _collected(variables: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    values = dict(_given) | {
        value.strip(): f"value of {name}"
        for name, value in sorted(variables.items())
        if _SECRET_NAME.search(name) and not _PUBLIC_NAME.search(name)
    }
    written = {
        form: what
        for value, what in values.items()
        if _is_telling(value)
        for form in _forms(value)
    }
    # The longest first: one may be a part of another.
    return sorted(written.items(), key=lambda each: -len(each[0]))


def _is_telling(value: str) -> bool:
    """Return whether `value` is neither a word nor a path nor a number, nor short."""
    if len(value) < _SHORTEST or _PATH.match(value) or _NUMBER.fullmatch(value):
        return False
    return len(value) > _LONGEST_WORDS or not _WORDS.fullmatch(value)


def _forms(value: str) -> set[str]:
    """Return how `value` is written as it is, and in JSON, Python, a URL and HTML."""
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        html.escape(value),
    }
