"""Tasks that are done many times: for each item of a list, or until they are accepted.

Each is done by a run of its own within the run of the task, with a plan of plain tasks:
so it is opened in place, stepped into, corrected and retried like any other, and done
again it costs only what is new in it. `plans` makes those plans, `part` gives an agent
what the task around was given, and `many` runs them.
"""

from nbagents.repeating.many import Maker, repeated

__all__ = ["Maker", "repeated"]
