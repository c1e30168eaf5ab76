"""Code that a test runs in a process of its own, with every warning an error."""

import subprocess
import sys
import textwrap


def script(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` and return what came of it."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
