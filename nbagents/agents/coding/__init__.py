"""An agent that writes Python, has a sandbox run it, and repairs what fails.

`coder` is what `Agent.coder` executes: one attempt of one task. `inputs` lays the
results it may use out as files, under `names` that harm nothing. `conversation` is
what the model is told, `extract` finds the program in what it answers. `place` is the
sandbox of the attempt, whose work is done on `threads`. `repairing` goes round until a
program works, and `outcomes` makes the result of it.
"""

from nbagents.agents.coding.coder import Coder

__all__ = ["Coder"]
