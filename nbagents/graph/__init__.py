"""What depends on what: plans, tasks and the graph algorithms under them.

`task` and `plan` hold the two values a user meets; `defects` finds everything
that is wrong with one; `dag` answers questions about plain adjacency mappings.
Nothing here knows agents, states or clocks.
"""

from nbagents.graph.plan import Plan
from nbagents.graph.task import Task

__all__ = ["Plan", "Task"]
