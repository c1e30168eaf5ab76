"""Where generated code runs.

`protocol` says what every sandbox is. Nothing here knows agents, models or runs.
"""

from nbagents.sandbox.protocol import Outcome, Sandbox, Session

__all__ = ["Outcome", "Sandbox", "Session"]
