"""What a program may read: the interpreter, its packages, and what these need."""

import os
import site
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

_SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/nix/store",
    "/sys/devices/system/cpu",
)
# Counters of the machine that libraries size themselves by.
OF_PROC = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@cache
def readable() -> tuple[str, ...]:
    """Return the files and folders that a program may read, the outer ones first."""
    found = [*_SYSTEM, *packages()]
    for prefix in (sys.prefix, sys.base_prefix):
        found += _of_prefix(prefix)
    both = {name for each in found for name in (each, os.path.realpath(each))}
    return _outermost({each for each in both if os.path.exists(each)})


def packages() -> tuple[str, ...]:
    """Return where the kernel has its packages, those of the user as well."""
    own = {*site.getsitepackages(), site.getusersitepackages()}
    return tuple(each for each in sys.path if each in own and os.path.isdir(each))


def _of_prefix(prefix: str) -> list[str]:
    """Return all of `prefix`, or its libraries only where private things are in it."""
    if not any(_within(each, prefix) for each in _private()):
        return [prefix]
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return [*(paths[name] for name in names), f"{prefix}/bin", f"{prefix}/pyvenv.cfg"]


def _private() -> tuple[str, ...]:
    places = (Path.home(), Path.cwd(), tempfile.gettempdir())
    return tuple(os.path.realpath(each) for each in places)


def _within(path: str, folder: str) -> bool:
    real = os.path.realpath(folder)
    return path == real or path.startswith(real.rstrip("/") + "/")


def _outermost(paths: set[str]) -> tuple[str, ...]:
    """Leave out what lies in another of `paths` by its name."""
    kept = list[str]()
    for path in sorted(paths):
        if not any(path.startswith(f"{each}/") for each in kept):
            kept.append(path)
    return tuple(kept)
