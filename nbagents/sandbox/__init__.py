"""Where generated code runs.

`protocol` says what every sandbox is; `local` has those on this machine, `hopx` those
of HopX's cloud, and `choosing` says which one a word means. Nothing here knows agents,
models or runs.
"""

from nbagents.sandbox.choosing import choose
from nbagents.sandbox.local import LocalSandbox, ProgramLimits
from nbagents.sandbox.protocol import Outcome, Sandbox, Session

__all__ = ["LocalSandbox", "Outcome", "ProgramLimits", "Sandbox", "Session", "choose"]
