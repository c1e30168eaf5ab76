"""What depends on what: plans, tasks and the graph algorithms under them.

`task` and `plan` hold the two values a user meets; `defects` finds everything
that is wrong with one, and `review` is what its own model found; `dag` answers
questions about plain adjacency mappings. Nothing here knows agents, states or clocks.
"""

from nbagents.graph.plan import Plan
from nbagents.graph.review import Review
from nbagents.graph.task import Task

__all__ = ["Plan", "Review", "Task"]
