"""Which sandbox a word means."""

from typing import TYPE_CHECKING

from nbagents.errors import SandboxError, alternatives
from nbagents.sandbox.protocol import Sandbox

if TYPE_CHECKING:
    from nbagents.sandbox.hopx import HopxSandbox

_LEVELS = ("bubblewrap", "landlock", "subprocess")
_KNOWN = ("auto", "hopx", "local", *_LEVELS)


def choose(
    sandbox: Sandbox | str | None = "auto", *, allow_plain: bool = False
) -> Sandbox:
    """Return where code is to run.

    Args:
        sandbox: `"auto"` or `None` is HopX if there is a key for it, else `"local"`:
            the strongest there is on this machine. `"hopx"`, `"bubblewrap"` and
            `"landlock"` are these, and `"subprocess"` is no protection at all, which
            whoever names it agrees to. A sandbox is itself.
        allow_plain: Whether `"auto"` and `"local"` may be a plain subprocess where
            this machine has nothing stronger.

    Raises:
        SandboxError: There is no such sandbox, or none that may be used.
    """
    if isinstance(sandbox, str | None):
        return _named(sandbox or "auto", allow_plain=allow_plain)
    if isinstance(sandbox, Sandbox) and not isinstance(sandbox, type):
        return sandbox
    message = f"{type(sandbox).__name__} is no sandbox {alternatives('', _KNOWN)}"
    raise SandboxError(message)


def _named(name: str, *, allow_plain: bool) -> Sandbox:
    from nbagents.sandbox.hopx.access import has_key

    if name == "hopx" or (name == "auto" and has_key()):
        return _hopx()
    if name in {"auto", "local"}:
        return _strongest(allow_plain=allow_plain)
    if name in _LEVELS:
        return _local(name)
    raise SandboxError(f"there is no sandbox {name!r} {alternatives(name, _KNOWN)}")


def _hopx() -> "HopxSandbox":
    from nbagents.sandbox.hopx import HopxSandbox

    return HopxSandbox()


def _strongest(*, allow_plain: bool) -> Sandbox:
    from nbagents.sandbox.local import LocalSandbox

    return LocalSandbox.strongest(allow_plain=allow_plain)


def _local(level: str) -> Sandbox:
    from nbagents.sandbox.local import LocalSandbox

    # Who asks for the plain one by its name has said yes to it.
    return LocalSandbox(level=level, allow_plain=level == "subprocess")
