"""What came of a program, in the journal: JSON, as every other result.

Which class it is stands in no text: a result under the key "program" is a `CodeResult`
and nothing else, with texts and bytes in it.
"""

import re
from typing import Any

from nbagents.coded import CodeResult
from nbagents.engine.unstored import Unstored
from nbagents.journal.values import Redact, storable, unchanged, unstored, why_not

# No key is shorter, and each is of these characters.
_LEGIBLE = re.compile(rb"[\t\n\r -~]{8,}")


def written(value: CodeResult, redact: Redact) -> dict[str, Any] | Unstored:
    """Return `value` as JSON values, else what stands for it."""
    try:
        told = value.to_dict()
    except Exception:  # noqa: BLE001 - somebody may have made one of anything
        return unstored(value, "it holds something else than texts and bytes", redact)
    # Base64 holds no secret that could be seen, and by chance what looks like one.
    words = told | {"figures": [], "files": [*map(str, value.files)]}
    found = storable(words, redact)
    why = found.why if type(found) is Unstored else why_not(told)
    if why is None and _has_secret(value, redact):
        why = "it holds a secret"
    return told if why is None else unstored(value, why, redact)


def read(data: Any) -> CodeResult:
    """Return the result that was written.

    Raises:
        ValueError: It is none.
    """
    if (why := why_not(data)) is not None:
        raise ValueError(why)
    return CodeResult.from_dict(data)


def _has_secret(value: CodeResult, redact: Redact) -> bool:
    if redact is unchanged:
        return False
    texts = map(_legible, value.files.values())
    return any(redact(text) != text for text in texts)


def _legible(data: bytes) -> str:
    """Return what of a file can be read: next to nothing of most binary ones."""
    return b"\n".join(_LEGIBLE.findall(data)).decode("ascii")
