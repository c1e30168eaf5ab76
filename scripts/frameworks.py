"""Run agents of other frameworks in a plan, with the frameworks installed beside us.

They live in `.venv-frameworks`, an environment of their own: nbagents needs none of
them, and nobody who works on it has to have them. What is in it is locked with hashes
in `requirements/frameworks.txt`. Arguments are passed on to pytest.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-frameworks"
PYTHON = VENV / bootstrap.BIN.name / bootstrap.PYTHON.name
LOCK = ROOT / "requirements" / "frameworks.txt"
INSTALLED = VENV / ".locked"
TESTS = "tests/frameworks"


def main() -> None:
    """Install what the lock names, run the tests, exit with their status."""
    install()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(PYTHON), "-m", "pytest", TESTS, *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=ROOT, env=env, check=False).returncode)


def install() -> None:
    """Make the environment what the lock says, if it is not."""
    locked = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == locked:
        return
    uv("venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    target = ("--quiet", "--python", str(PYTHON))
    uv("pip", "sync", *target, "--require-hashes", str(LOCK))
    INSTALLED.write_text(locked)


def uv(*arguments: str) -> None:
    """Run the pinned uv; exit with its status if it fails."""
    command = [sys.executable, "-m", "uv", *arguments]
    env = bootstrap.environment()
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
