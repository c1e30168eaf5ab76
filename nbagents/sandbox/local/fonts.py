"""The list of fonts that matplotlib has made, so that no session makes its own.

To make it takes a second or two; each session has a home of its own, and would.
"""

import contextlib
import os
import shutil
from pathlib import Path

_LARGEST = 5_000_000


def lend(folder: str) -> None:
    """Copy the list of the kernel into `folder`, where there is one."""
    for path in _kept().glob("fontlist-*.json"):
        with contextlib.suppress(OSError):
            if path.stat().st_size < _LARGEST:
                shutil.copyfile(path, f"{folder}/{path.name}")


def _kept() -> Path:
    """Return where matplotlib keeps its list on this system."""
    if chosen := os.environ.get("MPLCONFIGDIR"):
        return Path(chosen)
    home = os.path.expanduser("~")
    usual = Path(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache") / "matplotlib"
    return usual if usual.is_dir() else Path(home, ".matplotlib")
