"""Programs on this machine, held by the strongest that there is: `LocalSandbox`."""

from typing import Self

from nbagents.errors import SandboxError
from nbagents.sandbox.local import levels
from nbagents.sandbox.local.limits import ProgramLimits
from nbagents.sandbox.protocol import Session

_HOW = {
    "bubblewrap": (
        "install bubblewrap (`apt install bubblewrap`) where user namespaces are "
        "allowed; containers usually deny them"
    ),
    "landlock": "use Linux 5.13 or later with Landlock turned on",
}
_YES = (
    "to run programs with all your rights, which is no sandbox, say so: "
    "`LocalSandbox.strongest(allow_plain=True)`"
)


class LocalSandbox:
    """Runs programs on this machine, behind walls of the kernel.

    "bubblewrap" gives a program a world of its own; "landlock" lets it open nothing
    but Python, its packages and its own folder. "subprocess" is no sandbox: the
    program has your rights, and only its time, memory and leftovers are seen to.
    What gets through at each level stands in `docs/sandboxes.md`.

    Args:
        level: One of these three.
        allow_plain: The yes that "subprocess" needs.
        limits: What one program may take.

    Raises:
        SandboxError: It does not work here; the message says why, and what does.
    """

    def __init__(
        self,
        level: str,
        *,
        allow_plain: bool = False,
        limits: ProgramLimits | None = None,
    ) -> None:
        if level not in levels.LEVELS:
            known = ", ".join(levels.LEVELS)
            raise SandboxError(f"There is no level {level!r}; there are: {known}.")
        if level == "subprocess" and not allow_plain:
            raise SandboxError(f"A plain subprocess is not taken unasked: {_YES}.")
        if reason := levels.why_not(level):
            raise SandboxError(f"{level} does not work here: {reason}.")
        self._held = level
        self._limits = limits or ProgramLimits()
        self.level = levels.named(level)

    @classmethod
    def strongest(
        cls, *, allow_plain: bool = False, limits: ProgramLimits | None = None
    ) -> Self:
        """Return the strongest level that works here.

        Args:
            allow_plain: Whether a plain subprocess will do where there is no sandbox.
            limits: What one program may take.

        Raises:
            SandboxError: None works; the message has the reasons, and what to type.
        """
        for level in levels.LEVELS:
            plain = level == "subprocess"
            if (allow_plain or not plain) and not levels.why_not(level):
                return cls(level, allow_plain=plain, limits=limits)
        raise SandboxError(_nothing_works())

    def open(self, owner: str) -> Session:
        """Return a fresh folder to run programs in; see `Sandbox.open`."""
        from nbagents.sandbox.local.session import LocalSession

        try:
            return LocalSession(self.level, self._held, owner, self._limits)
        except OSError as error:
            raise SandboxError(f"No folder can be made: {error}") from error

    def __repr__(self) -> str:
        return f"LocalSandbox({self.level!r})"


def _nothing_works() -> str:
    reasons = {each: levels.why_not(each) for each in levels.LEVELS}
    if reasons["subprocess"]:
        return f"No program can be run on this machine: {reasons['subprocess']}."
    tried = "; ".join(f"{each}: {reasons[each]}" for each in _HOW)
    ways = "; or ".join((*_HOW.values(), _YES))
    return f"There is no sandbox on this machine. Tried {tried}. Either {ways}."
