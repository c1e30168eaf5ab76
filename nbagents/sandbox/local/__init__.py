"""Sandboxes on this machine: bubblewrap, Landlock, or with a yes a plain subprocess.

`sandbox` is what a user makes, `levels` what works here. A `session` has `folders`
and runs one `program` after the other: what one is started with is in `command`, what
it may read in `places`, what it printed in `output`, what it left in `collecting`.
What stands outside of the kernel is in `inside`.
"""

from nbagents.sandbox.local.limits import ProgramLimits
from nbagents.sandbox.local.sandbox import LocalSandbox

__all__ = ["LocalSandbox", "ProgramLimits"]
