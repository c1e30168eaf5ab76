"""Runs that are killed: the short version of `benchmarks/kills.py`."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "kills.py"


def test_killed_runs_lose_nothing_and_repeat_nothing_that_was_told() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--kills", "9", "--seed", "3", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = json.loads(done.stdout)
    counts = {name: told[name] for name in ("again", "lost", "wrong")}
    assert counts == {"again": 0, "lost": 0, "wrong": 0}, done.stderr
