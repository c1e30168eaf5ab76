"""Set up `.venv` from nothing but Python 3.11 or later, as `make` does it.

The steps: a virtual environment, the pinned uv in it, everything the lock file names,
and this project installed in place. Every download is checked against the hash in
`requirements/`. Running it again repairs and updates what is there.

It uses the standard library alone, and no syntax newer than Python 3.8, so that an
older Python gets the message below and not a `SyntaxError`.
"""

import argparse
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
UV_LOCK = ROOT / "requirements" / "uv.txt"
DEV_LOCK = ROOT / "requirements" / "dev.txt"
OLDEST = (3, 11)


def main() -> None:
    """Set up the environment, or only uv in it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only-uv",
        action="store_true",
        help="stop when uv is there: enough to write the lock files anew",
    )
    only_uv = parser.parse_args().only_uv

    check_python()
    if not works(PYTHON):
        create_venv()
    install_uv()
    if not only_uv:
        install_project()


def check_python() -> None:
    """Exit with advice where this Python cannot make the environment."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        sys.exit(
            f"nbagents needs Python {oldest} or later; {sys.executable} is {version}.\n"
            f"Name a later one, for example: make PYTHON=python{oldest}"
        )
    # Debian and its relatives put both into a package of their own.
    missing = [name for name in ("venv", "ensurepip") if find_spec(name) is None]
    if missing and not works(PYTHON):
        package = f"python3.{sys.version_info[1]}-venv"
        sys.exit(
            f"{sys.executable} comes without {' and '.join(missing)}, so it cannot "
            "make a virtual environment.\nDebian and Ubuntu have that in a package of "
            f"its own:\n    sudo apt-get install {package}"
        )


def works(python: Path) -> bool:
    """Tell whether the environment's Python starts, is new enough and has pip."""
    probe = f"import sys, pip; sys.exit(sys.version_info < {OLDEST})"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def create_venv() -> None:
    """Make a new environment in place of a missing or broken one."""
    say(f"creating {VENV.name} with {sys.executable}")
    if VENV.exists():
        shutil.rmtree(VENV)
    run(sys.executable, "-m", "venv", VENV)


def install_uv() -> None:
    """Install the pinned uv with the pip of the environment."""
    say("installing uv")
    pip = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input")
    run(PYTHON, *pip, "--quiet", "--require-hashes", "-r", UV_LOCK)


def install_project() -> None:
    """Make the environment what the lock files say, then add this project."""
    say("installing what requirements/dev.txt locks")
    uv = str(BIN / "uv")
    target = ("--quiet", "--python", str(PYTHON))
    run(uv, "pip", "sync", *target, "--require-hashes", UV_LOCK, DEV_LOCK)
    # The build backend is locked too, so nothing unlocked is fetched to build with.
    say("installing nbagents in place")
    local = ("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    run(uv, "pip", "install", *target, *local)


def run(*command: "str | Path") -> None:
    """Run a command; end this program with its exit status if it fails."""
    done = subprocess.run(list(command), cwd=ROOT, env=environment(), check=False)
    if done.returncode:
        shown = " ".join(map(str, command))
        sys.exit(f"setting up stopped at: {shown} (exit status {done.returncode})")


def environment() -> "dict[str, str]":
    """Return the environment for pip and uv, with pip's settings given to uv as well.

    uv does not read them: on a network with a mirror or a certificate of its own,
    people set that up for pip, and it should be enough.
    """
    env = {**os.environ, "UV_NO_PROGRESS": "1", "PIP_USER": "0"}
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & env.keys():
        index = env.get("PIP_INDEX_URL") or pip_setting("global.index-url")
        if index:
            env["UV_DEFAULT_INDEX"] = index
    if not {"SSL_CERT_FILE", "SSL_CERT_DIR"} & env.keys():
        certificate = env.get("PIP_CERT") or pip_setting("global.cert")
        if certificate:
            env["SSL_CERT_FILE"] = certificate
    return env


def pip_setting(name: str) -> str:
    """Return a setting of pip, or nothing where it is not set."""
    # Not `pip config get`: it misses what stands in the file for all users.
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # there is no environment yet
        return ""
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        if key == name:
            return value.strip("'\"")
    return ""


def say(message: str) -> None:
    """Print one line of progress."""
    print(f"[setup] {message}", flush=True)


if __name__ == "__main__":
    main()
