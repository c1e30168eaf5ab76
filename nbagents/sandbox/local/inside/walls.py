"""What the launcher puts up around itself before it becomes the program."""

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbagents.sandbox.local.inside import landlock, seccomp
    from nbagents.sandbox.local.inside.seccomp import Rule
elif sys.platform == "linux":
    import landlock
    import seccomp

_DIE_WITH_PARENT = 1
_DROP_FROM_BOUNDS, _AMBIENT, _CLEAR_ALL = 24, 47, 4
_CAPABILITIES_V3 = 0x20080522
_MOST_CAPABILITIES = 64
_RAISE_LIMITS = 24
# What libraries read of their own process; the rest tells of the machine.
_OF_ITSELF = ("cmdline", "maps", "smaps", "stat", "statm", "status")


def limit(limits: dict[str, int]) -> None:
    """Set what one process may take, for good."""
    _go_first()
    for name, most in limits.items():
        number = getattr(resource, name, None)
        if number is None:  # Not every system has all of them.
            continue
        hard = resource.getrlimit(number)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # At the soft limit of CPU time there is a signal that tells what it was.
        spare = int(name == "RLIMIT_CPU" and soft == most)
        try:
            resource.setrlimit(number, (soft, soft + spare))
        except (OSError, ValueError):  # macOS has some that it does not keep.
            continue


def _go_first() -> None:
    """Have this process killed before others where the machine has no memory left."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def put_up(setup: dict[str, Any]) -> None:
    """Close in this process, as its level says.

    Raises:
        OSError: The kernel refused.
    """
    if sys.platform != "linux":
        return
    level = setup["level"]
    if level == "landlock":
        _landlock(setup)
    if level == "subprocess":
        _plain()
    else:
        seccomp.install(_rules(level))


def _plain() -> None:
    """Keep the kernel from harm where that can be done; this level promises nothing."""
    _drop_capabilities([_RAISE_LIMITS])
    with contextlib.suppress(OSError):
        if seccomp.known():
            seccomp.install(_rules("subprocess"))


def _landlock(setup: dict[str, Any]) -> None:
    _drop_capabilities(range(_MOST_CAPABILITIES))
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
    own = [f"/proc/{os.getpid()}/{name}" for name in _OF_ITSELF]
    landlock.restrict([*setup["reading"], *own], setup["writing"], setup["devices"])


def _rules(level: str) -> "tuple[Rule, ...]":
    own = os.getpid()
    if level == "bubblewrap":
        return seccomp.SURFACE
    rules = (*seccomp.SURFACE, *seccomp.FILES_THAT_SIGNAL, *seccomp.others(own))
    if level == "subprocess":
        return (*rules, *seccomp.signals(own))
    rules += seccomp.BESIDE_LANDLOCK
    version = landlock.version()
    if version < landlock.TRUNCATES_FROM:
        rules += seccomp.TRUNCATING
    if version < landlock.SCOPES_FROM:
        rules += seccomp.signals(own)
    return rules


def die_with_parent() -> None:
    """Have this process killed when the supervisor is."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, 9, 0, 0, 0)


def _drop_capabilities(numbers: Iterable[int]) -> None:
    """Root without any may no more than any user."""
    libc = ctypes.CDLL(None)
    libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for number in numbers:
        libc.prctl(_DROP_FROM_BOUNDS, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    held = (ctypes.c_uint32 * 6)()
    libc.capget(header, held)
    for number in numbers:
        for kind in range(3):  # Effective, permitted, inheritable.
            held[number // 32 * 3 + kind] &= ~(1 << number % 32)
    libc.capset(header, held)
