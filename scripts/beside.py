"""Tests in an environment of their own, beside `.venv`, made from locks."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"


def run_tests(tests: str, venv: str, lock: str, *alone: str) -> NoReturn:
    """Make the environment what the locks say, run the tests, exit with their status.

    Args:
        tests: Folder of the tests; arguments of this program are passed on to pytest.
        venv: Name of the environment.
        lock: Name of the lock of all that is in it.
        alone: Names of locks of packages that are installed besides, without what they
            say that they depend on.
    """
    folder = ROOT / venv
    python = folder / bootstrap.BIN.name / bootstrap.PYTHON.name
    install(folder, python, LOCKS / lock, [LOCKS / each for each in alone])
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "pytest", tests, *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, env=env, check=False).returncode)


def install(folder: Path, python: Path, lock: Path, alone: list[Path]) -> None:
    """Make the environment what the locks say, if it is not."""
    read = b"".join(each.read_bytes() for each in (lock, *alone))
    locked = hashlib.sha256(read + sys.version.encode()).hexdigest()
    installed = folder / ".locked"
    if installed.exists() and installed.read_text() == locked:
        return
    uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
    target = ("--quiet", "--python", str(python), "--require-hashes")
    uv("pip", "sync", *target, str(lock))
    for each in alone:
        uv("pip", "install", *target, "--no-deps", "--requirements", str(each))
    installed.write_text(locked)


def uv(*arguments: str) -> None:
    """Run the pinned uv; exit with its status if it fails."""
    command = [sys.executable, "-m", "uv", *arguments]
    env = bootstrap.environment()
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    if done.returncode:
        sys.exit(done.returncode)
