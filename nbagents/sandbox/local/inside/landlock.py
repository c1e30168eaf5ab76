"""Landlock by hand: what may be read and written, and nothing else (Linux 5.13+).

https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import stat

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_TELL_VERSION = 1
_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
TRUNCATES_FROM = 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READING = _EXECUTE | _READ_FILE | _READ_DIR

# How many rights over files there are, from which version on.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_TCP_FROM, _BOTH_TCP_RIGHTS = 4, 0b11
SCOPES_FROM, _BOTH_SCOPES = 6, 0b11


def version() -> int:
    """Return which version of Landlock this kernel has; 0 is none."""
    return max(0, _call(_CREATE, None, 0, _TELL_VERSION))


def restrict(reading: list[str], writing: list[str], devices: list[str]) -> None:
    """Let this process and all it starts open nothing but what is beneath these.

    Raises:
        OSError: The kernel refused.
    """
    known = version()
    handled = (1 << max(n for v, n in _FILE_RIGHTS.items() if v <= known)) - 1
    ruleset = _create(known, handled)
    for path in reading:
        _allow(ruleset, path, handled & _READING)
    for path in writing:
        _allow(ruleset, path, handled & ~(_MAKE_CHAR | _MAKE_BLOCK))
    for path in devices:
        _allow(ruleset, path, handled & (_READ_FILE | _WRITE_FILE | _TRUNCATE))
    _checked(_call(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _create(known: int, handled: int) -> int:
    fields = [handled]
    if known >= _TCP_FROM:
        fields.append(_BOTH_TCP_RIGHTS)
    if known >= SCOPES_FROM:
        fields.append(_BOTH_SCOPES)
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    return _checked(_call(_CREATE, attributes, ctypes.sizeof(attributes), 0))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # Python 3.14 asks for it where `_pack_` is given.
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # Not every system has every folder.
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= _OF_A_FILE
    rule = _PathBeneath(rights, place)
    _checked(_call(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0))
    os.close(place)


def _call(*arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(*map(_wide, arguments)))


def _wide(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
