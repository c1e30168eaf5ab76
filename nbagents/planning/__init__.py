"""From a goal to a plan, and from results to an answer.

`planner` asks a model for a plan and for repairs, with the words of `prompts` and
the form of `schema`; `extract` finds the plan in whatever comes back; `synthesis`
adds the task that answers the goal, `partial` the one that answers in part. `designing`
asks a model for the specialists of a goal, which are values of `designs`; `simpler`
makes what is simpler than a plan that has failed, `review` has a plan looked at again,
`replanning` makes another one in the middle of a run.
"""

from nbagents.planning.designing import make_designs
from nbagents.planning.designs import Design, Designs
from nbagents.planning.partial import partial_task, partial_writer
from nbagents.planning.planner import make_plan
from nbagents.planning.prompts import described
from nbagents.planning.replanning import Standing, make_other_plan
from nbagents.planning.review import make_reviewed_plan
from nbagents.planning.synthesis import SYNTHESIZER, with_synthesis

__all__ = [
    "SYNTHESIZER",
    "Design",
    "Designs",
    "Standing",
    "described",
    "make_designs",
    "make_other_plan",
    "make_plan",
    "make_reviewed_plan",
    "partial_task",
    "partial_writer",
    "with_synthesis",
]
