"""Run every check of the project, one after another, and say what failed.

All of them run, also after a failure, so that one round shows everything. Tests that
mostly wait for other processes run beside the others; their output stands after. The
browser tests run in a process of their own: Playwright's sync API and pytest-asyncio do
not get along in one. Without Chromium they are skipped, and said to be; where `CI=true`
that is a failure. Those of other frameworks, and those of a model on this machine, run
in environments of their own.

The last line is the sum of all tests: `N passed, N failed, N skipped`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent
WAITING = ("tests/kernel", "tests/notebooks", "tests/sandbox")
CHROMIUM = "NBAGENTS_CHROMIUM"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One command that must exit with 0.

    Attributes:
        name: What the summary calls it.
        command: The module, or the script beside this one, to run with this Python,
            and its arguments.
        counts: Whether it is pytest, whose tests are counted.
    """

    name: str
    command: tuple[str, ...]
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Self) -> "Counts":
        return Counts(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one check: `problem` is empty where it passed."""

    name: str
    seconds: float = 0.0
    problem: str = ""
    skipped: str = ""
    counts: Counts = Counts()

    def __str__(self) -> str:
        if self.skipped:
            return f"SKIPPED {self.name}: {self.skipped}"
        if self.problem:
            return f"FAILED  {self.name} ({self.seconds:.1f} s): {self.problem}"
        return f"ok      {self.name} ({self.seconds:.1f} s)"


def main() -> None:
    """Run the checks; exit with 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--fast",
        action="store_true",
        help="leave out notebooks, browser, frameworks and the local model",
    )
    fast = parser.parse_args().fast

    outcomes = []
    for outcome in run_all(fast=fast):
        show(f"{outcome}\n")
        outcomes.append(outcome)

    show("\n".join(["Summary", *(f"  {outcome}" for outcome in outcomes)]))
    show(str(sum((outcome.counts for outcome in outcomes), Counts())))
    sys.exit(any(outcome.problem for outcome in outcomes))


def run_all(*, fast: bool) -> Iterator[Outcome]:
    """Run one check after another and yield what became of each."""
    suite = ("pytest", "-m", "not notebook") if fast else ("pytest",)
    yield run(Check(name="ruff check", command=("ruff", "check")))
    yield run(Check(name="ruff format", command=("ruff", "format", "--check")))
    yield run(Check(name="mypy", command=("mypy",)))
    yield run(Check(name="front end", command=("frontend", "--check")))
    yield from side_by_side(
        Check(name="tests", command=(*suite, *map(leave_out, WAITING)), counts=True),
        Check(name="tests that wait", command=(*suite, *WAITING), counts=True),
    )
    if not fast:
        yield run(Check(name="frameworks", command=("frameworks",), counts=True))
        yield run(Check(name="local model", command=("local_model",), counts=True))
        yield browser_tests()


def leave_out(folder: str) -> str:
    """Return how pytest is told to leave out the tests in a folder."""
    return f"--ignore={folder}"


def side_by_side(one: Check, other: Check) -> Iterator[Outcome]:
    """Run two checks, at once where there is a processor for each; tell one by one."""
    if (os.cpu_count() or 1) == 1:
        yield from (run(each) for each in (one, other))
        return
    with ThreadPoolExecutor(1) as thread, tempfile.TemporaryFile() as output:
        later = thread.submit(run, other, output=output)
        yield run(one)
        outcome = later.result()
        show(f"== {other.name}: {' '.join(other.command)}")
        output.seek(0)
        show(output.read().decode(errors="replace"))
        yield outcome


def browser_tests() -> Outcome:
    """Run the browser tests where there is a browser."""
    name = "browser tests"
    chromium = find_chromium()
    if chromium is not None:
        command = ("pytest", "tests/browser")
        return run(Check(name=name, command=command, counts=True), chromium=chromium)
    advice = f"no chromium found; install Debian's chromium, or name one in {CHROMIUM}"
    if os.environ.get("CI") == "true":
        return Outcome(name=name, problem=advice, counts=Counts(failed=1))
    return Outcome(name=name, skipped=advice)


def find_chromium() -> str | None:
    """Return the browser that a person named, else the first one on the machine."""
    if named := os.environ.get(CHROMIUM):
        return shutil.which(named)
    found = (shutil.which(name) for name in ["/usr/bin/chromium", *BROWSERS])
    return next(filter(None, found), None)


def run(
    check: Check, *, chromium: str = "", output: IO[bytes] | None = None
) -> Outcome:
    """Run one check, its output going to `output`, or where ours goes."""
    if output is None:
        show(f"== {check.name}: {' '.join(check.command)}")
    env = {**os.environ, **({CHROMIUM: chromium} if chromium else {})}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        extra = [f"--junit-xml={report}"] if check.counts else []
        command = [sys.executable, *program(check.command), *extra]
        status = subprocess.run(
            command, cwd=ROOT, env=env, stdout=output, stderr=output, check=False
        ).returncode
        counts = count(report) if check.counts else Counts()
    if check.counts and status and not counts.failed:
        counts += Counts(failed=1)  # it broke before, after or between its tests
    return Outcome(
        name=check.name,
        seconds=time.monotonic() - start,
        problem=f"exit status {status}" if status else "",
        counts=counts,
    )


def program(command: tuple[str, ...]) -> list[str]:
    """Return what Python is to run: a script of this folder, or a module."""
    script = Path(__file__).with_name(f"{command[0]}.py")
    return [str(script), *command[1:]] if script.exists() else ["-m", *command]


def count(report: Path) -> Counts:
    """Count the tests in a report of pytest; none where there is no report."""
    if not report.exists():
        return Counts()
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 -- our own file
    return sum((counts_of(suite) for suite in suites), Counts())


def counts_of(suite: ET.Element) -> Counts:
    """Count the tests of one suite; an error in a fixture is a failure."""
    number = {key: int(suite.get(key, "0")) for key in ("tests", "skipped")}
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
    passed = max(0, number["tests"] - failed - number["skipped"])
    return Counts(passed=passed, failed=failed, skipped=number["skipped"])


def show(text: str) -> None:
    """Print at once, so that lines keep their place among those of the checks."""
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
