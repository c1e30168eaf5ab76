"""What can hold a program on this machine: found out by doing it."""

import importlib.util
import os
import shutil
import sys
from functools import cache
from types import ModuleType

from nbagents.sandbox.local import command
from nbagents.sandbox.local.limits import ProgramLimits

# From the strongest down.
LEVELS = ("bubblewrap", "landlock", "subprocess")
_SCOPES_FROM = 6


@cache
def why_not(level: str) -> str:
    """Return why `level` does not work here, or nothing where it does."""
    obvious = _obvious(level)
    if obvious:
        return obvious
    from nbagents.sandbox.local.session import tried

    return tried(level, ProgramLimits())


def _obvious(level: str) -> str:
    if sys.platform not in ("linux", "darwin"):
        return f"there is no local sandbox on {sys.platform}"
    if level != "subprocess" and sys.platform != "linux":
        return "it needs Linux"
    if level == "bubblewrap" and shutil.which("bwrap") is None:
        return "there is no program `bwrap`"
    return _no_landlock() if level == "landlock" else ""


def _no_landlock() -> str:
    if not inside("seccomp").known():
        return "this processor is not known here"
    if not inside("landlock").version():
        return "this kernel has no Landlock (Linux 5.13 has), or it is off"
    return ""


def named(level: str) -> str:
    """Return what `level` is called here, with what the kernel does not have of it."""
    if level == "landlock" and inside("landlock").version() < _SCOPES_FROM:
        return "landlock (no signals, this kernel cannot confine them)"
    return level


@cache
def inside(name: str) -> ModuleType:
    """Return a module of the other side, which imports its siblings by bare names."""
    if name == "seccomp":
        sys.modules.setdefault("syscalls", inside("syscalls"))
    path = os.path.join(command.INSIDE, f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"nbagents_inside_{name}", path)
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
