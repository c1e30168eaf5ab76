"""What a result holds: whether two are equal, one as text, and how texts differ.

Results are whatever agents return. Their classes may lie, raise or answer `==` with a
table, so nothing here trusts one.
"""

import difflib
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from nbagents.coded import CodeResult
from nbagents.digests import NoDigestError, digest
from nbagents.redaction import redacted

MOST_LINES = 200
"""Most lines of a difference; those after it are counted."""

_MOST_READ = 2000  # lines of each text; what difflib does with more takes seconds
_MOST_ROWS = 1000  # of a table: half from its head, half from its tail
_WIDEST = 1000  # characters of one line of a difference


def equal(a: Any, b: Any) -> bool:
    """Return whether two results hold the same.

    Tables and arrays are compared by content, NaN is equal to NaN, and what has no
    content that can be told is different, unless it is the same object.
    """
    try:
        return a is b or digest(a) == digest(b)
    except NoDigestError:
        return _say_so(a, b)


def text(value: Any) -> str:
    """Return a result as text that can be compared line by line.

    Text as it is, tables with their rows, what JSON can hold as indented JSON with
    sorted keys, anything else by its `repr`.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if type(value) is CodeResult:
        return _program(value)
    for form in (_table, _json, repr):
        try:
            shown = form(value)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001, S112 - the next form may do
            continue
        if isinstance(shown, str):
            return shown
    return f"<{type(value).__name__}>"


def difference(before: str, after: str) -> str:
    """Return how two texts differ, as the hunks of a unified diff.

    Empty when they have the same lines. Of a long one the end is left out, and the
    last line says how much that is.
    """
    old, new = redacted(before).splitlines(), redacted(after).splitlines()
    hunks = difflib.unified_diff(old[:_MOST_READ], new[:_MOST_READ], lineterm="")
    found = list(islice(hunks, 2, None))  # The first two would name files.
    shown = [_cut(line) for line in found[:MOST_LINES]]
    if (more := len(found) - MOST_LINES) > 0:
        shown.append(f"… and {_lines(more)} more")
    if (unread := max(len(old), len(new)) - _MOST_READ) > 0:
        shown.append(f"… and {_lines(unread)} further down that were not compared")
    return "\n".join(shown)


def _has(value: Any, *methods: str) -> bool:
    # Of its class: an instance may claim to have everything, as mocks do.
    return all(hasattr(type(value), name) for name in methods)


def _say_so(a: Any, b: Any) -> bool:
    """Return whether two values that have no digest say that they are equal."""
    try:
        return (a == b) is True
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - it is the agent's class, and may do anything
        return False


def _program(value: CodeResult) -> str:
    """Return a program and what it came to: either may be what differs."""
    return f"{value}\n\n[program]\n{value.code}"


def _table(value: Any) -> Any:
    return value.to_string(max_rows=_MOST_ROWS) if _has(value, "to_string") else None


def _json(value: Any) -> str | None:
    if not isinstance(value, dict | list | tuple | bool | int | float | None):
        return None
    return json.dumps(
        value, indent=2, sort_keys=True, ensure_ascii=False, default=_inside_json
    )


def _inside_json(value: Any) -> Any:
    if _has(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()  # a number of numpy
    if isinstance(value, Mapping):
        return dict(value)
    lines = text(value).splitlines()
    return lines[0] if len(lines) == 1 else lines


def _lines(count: int) -> str:
    return f"{count:,} line" if count == 1 else f"{count:,} lines"


def _cut(line: str) -> str:
    more = len(line) - _WIDEST
    return line if more <= 0 else f"{line[:_WIDEST]}… ({more:,} more characters)"
