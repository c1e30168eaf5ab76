"""What the supervisor is told: how a program of a level is started, and with what."""

import dataclasses
import math
import os
import shutil
import sys
from typing import Any

from nbagents.sandbox.local import places
from nbagents.sandbox.local.limits import ProgramLimits

INSIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside")
OWNER = "NBAGENTS_SANDBOX"
# The folders that a program may write to.
PARTS = ("work", "home", "tmp", "shm", "figures")
_WITHIN = "/sandbox"
_OPEN_FILES = 256


def setup(
    level: str, base: str, owner: str, code: str, seconds: float, limits: ProgramLimits
) -> dict[str, Any]:
    """Return all that the supervisor needs for one program."""
    seen = _WITHIN if level == "bubblewrap" else base
    return {
        "base": base,
        "folders": [f"{base}/{name}" for name in PARTS],
        "limits": dataclasses.asdict(limits),
        "seconds": seconds,
        "environment": environment(seen, owner),
        "command": [*_namespaces(level, base), *_launcher(level)],
        "program": {
            "level": level,
            "code": code,
            "work": f"{seen}/work",
            "figures": f"{seen}/figures",
            "most": limits.figures,
            "packages": places.packages(),
            "rlimits": _rlimits(limits, seconds),
            "reading": [*places.readable(), *places.OF_PROC],
            "writing": [f"{base}/{name}" for name in PARTS if name != "shm"],
            "devices": places.DEVICES,
        },
    }


def environment(seen: str, owner: str) -> dict[str, str]:
    """Return all variables of the program: none is the kernel's own."""
    one_thread = ("OPENBLAS", "OMP", "MKL", "NUMEXPR")
    return {
        "PATH": os.pathsep.join((f"{sys.prefix}/bin", "/usr/bin", "/bin")),
        "HOME": f"{seen}/home",
        "TMPDIR": f"{seen}/tmp",  # noqa: S108 - its own
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{seen}/home",
        # Each of them maps memory for each of its threads, which is limited.
        **{f"{name}_NUM_THREADS": "1" for name in one_thread},
        "MALLOC_ARENA_MAX": "2",
        OWNER: owner,
    }


def _launcher(level: str) -> list[str]:
    inside = f"{_WITHIN}/inside" if level == "bubblewrap" else INSIDE
    # No bytecode: nothing may be written beside our files or those of others.
    return [sys.executable, "-I", "-B", f"{inside}/launcher.py"]


def _rlimits(limits: ProgramLimits, seconds: float) -> dict[str, int]:
    processors = os.cpu_count() or 1
    cpu = min(limits.cpu_seconds, math.ceil(seconds * processors) + 1)
    return {
        "RLIMIT_AS": limits.memory * 2,
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": cpu,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NOFILE": _OPEN_FILES,
    }


def _namespaces(level: str, base: str) -> list[str]:
    """Return the call of bubblewrap that the launcher is put behind."""
    if level != "bubblewrap":
        return []
    parts = ("work", "home", "tmp", "figures")
    return [
        shutil.which("bwrap") or "bwrap",
        *("--unshare-user", "--unshare-all", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--hostname", "sandbox"),
        *_pairs("--ro-bind", places.readable()),
        *("--ro-bind", INSIDE, f"{_WITHIN}/inside"),
        # Root may write settings of the system there, even in a namespace of its own.
        *("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"),
        *("--bind", f"{base}/shm", "/dev/shm"),  # noqa: S108 - its own
        *("--remount-ro", "/dev"),
        *(
            word
            for name in parts
            for word in ("--bind", f"{base}/{name}", f"{_WITHIN}/{name}")
        ),
        *("--remount-ro", "/", "--"),
    ]


def _pairs(option: str, paths: tuple[str, ...]) -> list[str]:
    return [word for path in paths for word in (option, path, path)]
