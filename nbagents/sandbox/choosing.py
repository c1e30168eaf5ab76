"""Which sandbox is meant."""

from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.protocol import Sandbox


def choose(sandbox: Any = "auto", *, allow_plain: bool = False) -> Sandbox:
    """Return the sandbox that is meant.

    Raises:
        SandboxError: There is none.
    """
    del allow_plain
    if isinstance(sandbox, Sandbox):
        return sandbox
    raise SandboxError(f"there is no sandbox {sandbox!r} here")
