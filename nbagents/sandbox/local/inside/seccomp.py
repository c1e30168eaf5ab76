"""A filter of system calls, for what Landlock and namespaces leave open.

It is a program of the kernel's old packet filter: for each rule the number of the call
is compared, then at most one argument. What no rule speaks of is let through.
"""

import ctypes
import os
import platform
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nbagents.sandbox.local.inside.syscalls import ARCHITECTURES
else:
    from syscalls import ARCHITECTURES

_LOAD, _AND, _EQUAL, _AT_LEAST, _SKIP, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x05, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32_FROM = 0x40000000
_WHOLE = 0xFFFFFFFF
_NO_NEW_PRIVILEGES, _SET_FILTER, _MODE_FILTER = 38, 22, 2

_DENIED, _FORBIDDEN, _MISSING, _UNSUPPORTED, _DONE = 1, 13, 38, 95, 0


class Rule(NamedTuple):
    """Which calls are refused, and how.

    Attributes:
        names: The calls; those that an architecture does not have are left out.
        error: What the program gets; 0 looks like a success.
        argument: Which argument is looked at; `None` refuses always.
        mask: What of it counts.
        values: It is refused where the argument is one of these.
        but: It is refused where the argument is none of these.
    """

    names: str
    error: int = _DENIED
    argument: int | None = None
    mask: int = _WHOLE
    values: tuple[int, ...] = ()
    but: tuple[int, ...] = ()


_NEW_USER = 0x10000000
# What no program of data needs, and where kernels have had most of their holes.
SURFACE = (
    Rule(
        "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd "
        "bpf perf_event_open userfaultfd io_uring_setup keyctl add_key request_key "
        "mount umount2 pivot_root move_mount open_tree fsopen fsmount fspick "
        "mount_setattr unshare setns kexec_load kexec_file_load init_module "
        "finit_module delete_module reboot swapon swapoff acct quotactl settimeofday "
        "clock_settime sethostname setdomainname open_by_handle_at syslog"
    ),
    Rule("clone3", _MISSING),  # Its flags cannot be seen; libraries then use clone.
    Rule("clone", argument=0, mask=_NEW_USER, values=(_NEW_USER,)),
)

_OWNER, _SIGNAL, _OWNER_EX = 8, 10, 15
_SOCKET_OWNERS = (0x8901, 0x8902)
# How a file sends signals to a process of one's choice.
FILES_THAT_SIGNAL = (
    Rule("fcntl", argument=1, values=(_OWNER, _SIGNAL, _OWNER_EX)),
    Rule("ioctl", argument=1, values=_SOCKET_OWNERS),
)


def others(own: int) -> tuple[Rule, ...]:
    """Refuse to slow down, limit or pin any process but `own`, and what outlives it."""
    return (
        Rule(
            "prlimit64 sched_setaffinity sched_setscheduler sched_setparam "
            "sched_setattr",
            argument=0,
            but=(0, own),
        ),
        Rule("setpriority ioprio_set", argument=1, but=(0, own)),
        Rule("setpriority ioprio_set", argument=0, values=(2, 3)),
        Rule("shmget semget msgget mq_open"),
    )


def signals(own: int) -> tuple[Rule, ...]:
    """Refuse signals but to `own` and its group: nobody can tell children by number."""
    return (
        Rule("kill tgkill", argument=0, but=(0, own)),
        Rule("tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"),
    )


_TRUNCATING = 0o1000
# What Landlock does not see: sockets that are not TCP, and attributes of files.
BESIDE_LANDLOCK = (
    Rule("socket", _FORBIDDEN),
    Rule("openat2", _MISSING),
    Rule("open", argument=1, mask=_TRUNCATING | 3, values=(_TRUNCATING,)),
    Rule("openat", argument=2, mask=_TRUNCATING | 3, values=(_TRUNCATING,)),
    Rule("chown fchown lchown fchownat"),
    Rule(
        "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr",
        _UNSUPPORTED,
    ),
    # Copying a file copies its mode: that has to look as if it were done.
    Rule(
        "chmod fchmod fchmodat fchmodat2 utime utimes futimesat utimensat",
        _DONE,
    ),
)
# Landlock knows of them from version 3 on.
TRUNCATING = (Rule("truncate"),)


def known() -> bool:
    """Return whether there is a filter for this machine."""
    return platform.machine() in ARCHITECTURES


def install(rules: tuple[Rule, ...]) -> None:
    """Refuse by `rules` from now on, to this process and to all it starts.

    Raises:
        OSError: The kernel takes no filters.
    """
    program = compiled(rules)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    filled = Program(len(program) // 8, program)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.prctl(_SET_FILTER, _MODE_FILTER, ctypes.byref(filled), 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")


def compiled(rules: tuple[Rule, ...]) -> bytes:
    """Return the filter as the kernel takes it, for this machine."""
    architecture, numbers = ARCHITECTURES[platform.machine()]
    code = _begin(architecture)
    for rule in rules:
        for name in rule.names.split():
            if name in numbers:
                code += _one(numbers[name], rule)
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *each) for each in code)


_Code = list[tuple[int, int, int, int]]


def _begin(architecture: int) -> _Code:
    """Calls by the numbers of another architecture would pass all comparisons."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32_FROM),
        (_RETURN, 0, 0, _KILL),
    ]


def _one(number: int, rule: Rule) -> _Code:
    refuse = (_RETURN, 0, 0, _REFUSE | rule.error)
    rest: _Code = [refuse]
    if rule.argument is not None:
        rest = [*_argument(rule.argument, rule.mask), *_compared(rule, refuse)]
    return [(_LOAD, 0, 0, _NUMBER_AT), (_EQUAL, 0, len(rest), number), *rest]


def _argument(place: int, mask: int) -> _Code:
    return [(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * place), (_AND, 0, 0, mask)]


def _compared(rule: Rule, refuse: tuple[int, int, int, int]) -> _Code:
    if rule.but:
        far = len(rule.but)
        return [
            *((_EQUAL, far - at, 0, value) for at, value in enumerate(rule.but)),
            refuse,
        ]
    far = len(rule.values)
    return [
        *((_EQUAL, far - at, 0, value) for at, value in enumerate(rule.values)),
        (_SKIP, 0, 0, 1),
        refuse,
    ]
