"""Names for files, made of whatever ids and names others chose."""

import re
import unicodedata
from collections.abc import Container

_MOST = 60  # characters of one part of a path
_MOST_PARTS = 8

# Not by one of these in Windows, whatever its suffix.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe(name: str, taken: Container[str] = ()) -> str:
    """Return a name of ASCII letters, digits, `.`, `-` and `_` that none of them has.

    Args:
        name: Anything.
        taken: Names in lower case, as systems differ in whether case counts.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    made = re.sub(r"[^\w.-]+", "_", plain[: 4 * _MOST]).strip("._-") or "result"
    if _RESERVED.match(made):
        made = f"_{made}"
    stem, dot, suffix = made.rpartition(".")
    if not dot or len(suffix) > 10:  # noqa: PLR2004 - that is no suffix
        stem, dot, suffix = made, "", ""
    stem = stem[:_MOST]
    found, number = f"{stem}{dot}{suffix}", 1
    while found.lower() in taken:
        number += 1
        found = f"{stem}_{number}{dot}{suffix}"
    return found


def safe_path(path: str) -> str:
    """Return a relative path of such names, below wherever it is put."""
    parts = [each for each in re.split(r"[/\\]+", path) if each not in {"", ".", ".."}]
    return "/".join(safe(each) for each in parts[-_MOST_PARTS:]) or "file"
