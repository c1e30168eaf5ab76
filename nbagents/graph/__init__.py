"""What depends on what: plans, tasks and the graph algorithms under them.

`task` and `plan` hold the two values a user meets, and `conditions` what a plan says
beside them; `drafts` are tasks as they came, `defects` and `extras` find everything
that is wrong with those, `changes` is what another plan would change, and `review` is
what a plan's own model found; `dag` answers
questions about plain adjacency mappings. Nothing here knows agents, states or clocks.
"""

from nbagents.graph.changes import PlanChanges
from nbagents.graph.conditions import Each, Until, When
from nbagents.graph.plan import Plan
from nbagents.graph.review import Review
from nbagents.graph.task import Task

__all__ = ["Each", "Plan", "PlanChanges", "Review", "Task", "Until", "When"]
