"""The folders of one session: made, filled, read and removed.

A program may put links and pipes wherever it can write, so nothing here follows one:
files are reached from a folder that was opened before the program began.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nbagents.errors import SandboxError
from nbagents.sandbox.local import fonts
from nbagents.sandbox.local.command import PARTS

_PREFIX = "nbagents-sandbox-"
_YOUNG_SECONDS = 60
_DEEPEST = 40
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Folders:
    """A folder of its own with the parts that a program may write to.

    Attributes:
        base: Where they are; only the parts are open to the program.
    """

    def __init__(self) -> None:
        _remove_stale()
        self.base = os.path.realpath(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = os.open(self.base, _FOLDER)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._fill()

    def _fill(self) -> None:
        for name in PARTS:
            Path(self.base, name).mkdir(mode=0o700)
        fonts.lend(f"{self.base}/home")
        self.work = os.open(f"{self.base}/work", _FOLDER)
        self.figures = os.open(f"{self.base}/figures", _FOLDER)

    def empty(self) -> None:
        """Begin anew: nothing that a program wrote is kept."""
        os.close(self.work)
        os.close(self.figures)
        for name in PARTS:
            remove(f"{self.base}/{name}")
        self._fill()

    def remove(self) -> None:
        """Remove all of it; raises `SandboxError` where that cannot be done."""
        remove(self.base)
        for each in (self.work, self.figures, self._lock):
            os.close(each)
        if os.path.lexists(self.base):
            raise SandboxError(f"The sandbox's folder {self.base} cannot be removed.")


def remove(folder: str) -> None:
    """Remove `folder`, also where a program took its own rights or went very deep."""
    if os.path.islink(folder):
        os.unlink(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        for call in (["/bin/chmod", "-R", "u+rwX"], ["/bin/rm", "-rf", "--"]):
            subprocess.run([*call, folder], check=False, stderr=subprocess.DEVNULL)


def _remove_stale() -> None:
    """Remove what a kernel left that was killed between two programs."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            info = path.lstat()
            if (
                info.st_uid == os.getuid()
                and time.time() - info.st_mtime > _YOUNG_SECONDS
            ):
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    folder = os.open(path, _FOLDER)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(str(path))
    finally:
        os.close(folder)


def write(folder: int, name: str, data: bytes) -> None:
    """Write a file below `folder`.

    Raises:
        SandboxError: `name` leads elsewhere, or something is in its place.
    """
    parts = name.split("/")
    if not all(parts) or {".", ".."} & {*parts} or "\0" in name:
        raise SandboxError(f"A file for the sandbox needs a relative path: {name!r}")
    try:
        _write(folder, parts, data)
    except OSError as error:
        raise SandboxError(f"{name!r} cannot be written: {error.strerror}") from error


def _write(folder: int, parts: list[str], data: bytes) -> None:
    with contextlib.ExitStack() as opened:
        for part in parts[:-1]:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=folder)
            folder = os.open(part, _FOLDER, dir_fd=folder)
            opened.callback(os.close, folder)
        if _is_no_file(parts[-1], folder):
            os.unlink(parts[-1], dir_fd=folder)
        file = os.open(parts[-1], _NEW, 0o600, dir_fd=folder)
        with open(file, "wb") as target:
            target.write(data)


def _is_no_file(name: str, folder: int) -> bool:
    """Whether a link or a pipe is there: opening one leads away, or waits for ever."""
    try:
        info = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(info.st_mode) and not stat.S_ISDIR(info.st_mode)


def walk(folder: int, above: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Yield what is below `folder` with its relative path, folders themselves apart."""
    if above.count("/") > _DEEPEST:  # No program may go as deep, but some try.
        return
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        try:
            info = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            continue
        if not stat.S_ISDIR(info.st_mode):
            yield above + name, info
            continue
        with contextlib.suppress(OSError), _opened(folder, name) as below:
            yield from walk(below, f"{above}{name}/")


@contextlib.contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    below = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield below
    finally:
        os.close(below)


def read(folder: int, path: str, most: int) -> bytes | None:
    """Return the content of a regular file below `folder`; `None` for another thing."""
    *above, name = path.split("/")
    try:
        with contextlib.ExitStack() as opened:
            for part in above:
                folder = opened.enter_context(_opened(folder, part))
            file = os.open(name, _READ, dir_fd=folder)
            with open(file, "rb") as source:
                regular = stat.S_ISREG(os.fstat(file).st_mode)
                return source.read(most) if regular else None
    except OSError:
        return None
