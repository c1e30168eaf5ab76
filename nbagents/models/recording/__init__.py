"""Model calls that are recorded once and replayed from then on, offline.

`recording` is what a user gives as a model, `tape` the file, `server` stands for the
server behind it, `carrying` between its clients and the network, and `misses` words
what is not on the tape.
"""

from nbagents.models.recording.recording import Recording
from nbagents.models.recording.tape import About

__all__ = ["About", "Recording"]
