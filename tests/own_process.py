"""Code that a test runs in a process of its own, with every warning an error."""

import signal
import subprocess
import sys
import textwrap
import threading
import time

# A machine that is slow is no finding: asyncio warns of what took a tenth of a second.
_QUIET = "import logging; logging.getLogger('asyncio').setLevel(logging.ERROR)\n"


def script(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` and return what came of it."""
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-X",
            "dev",
            "-c",
            _QUIET + textwrap.dedent(code),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def interrupt_where_the_loop_waits() -> None:
    """Interrupt the main thread as a person does, while its event loop waits.

    A signal that comes just before a loop waits is noticed when something ends the
    wait, which nothing else may do in a test; a person would press again.
    """
    main = threading.main_thread().ident or 0
    while sys._current_frames()[main].f_code.co_name != "select":
        time.sleep(0.005)
    time.sleep(0.05)  # from there to the wait itself
    # To that thread, whose wait for its loop it ends; another would keep it.
    signal.pthread_kill(main, signal.SIGINT)
