"""HopX: programs in a small virtual machine in the cloud, which is gone afterwards.

`sandbox` opens one, `making` asks for it so that none is lost, `session` runs programs
in it, `killing` ends it and makes sure, and `strays` finds what others left behind.
`api` alone knows `hopx_ai`. The scripts of `inside` are sent into the sandbox: they run
each program exactly once, however often they are asked to.
"""

from nbagents.sandbox.hopx.sandbox import HopxSandbox
from nbagents.sandbox.hopx.strays import Stray

__all__ = ["HopxSandbox", "Stray"]
