"""Where code comes from: what is the user's own, and what was installed.

What is installed is told by its name and does not change while a notebook is open;
what is the user's own is looked into, because it does.
"""

import sys
import sysconfig
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_STDLIB = sysconfig.get_path("stdlib")
_OURS = str(Path(__file__).resolve().parent.parent)


def is_own(value: Any) -> bool:
    """Return whether a function, a class or a module is the user's own."""
    if isinstance(value, FunctionType):
        # By its file: code that was made by `exec` may say any module, or none.
        return not _is_installed(value.__code__.co_filename)
    if isinstance(value, ModuleType):
        return not _is_installed(getattr(value, "__file__", None) or "built-in")
    return _is_own_class(value)


def is_importable(value: Any) -> bool:
    """Return whether something that was installed is found under its own name."""
    module, name = (getattr(value, a, None) for a in ("__module__", "__qualname__"))
    home = sys.modules.get(module) if isinstance(module, str) else None
    if home is None or module == "__main__" or is_own(home):
        return False
    first, *rest = str(name).split(".")
    found = vars(home).get(first)
    for part in rest:
        found = getattr(found, part, None)
    return found is value


def _is_own_class(cls: type) -> bool:
    if cls.__module__ == "__main__":
        return True  # A notebook; its file, if any, is that of the kernel.
    if cls.__module__ != "builtins":
        module = sys.modules.get(cls.__module__)
        return module is None or is_own(module)
    return any(isinstance(each, FunctionType) for each in vars(cls).values())


@cache
def _is_installed(file: str) -> bool:
    """Return whether a file comes with Python, with pip or with nbagents."""
    if file == "built-in" or file.startswith("<frozen "):
        return True
    return file.startswith((_STDLIB, _OURS)) or "-packages" in file
