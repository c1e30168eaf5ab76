"""The last task of a plan with a goal: the answer, from the results."""

from collections.abc import Mapping

from nbagents.agents import Agent
from nbagents.agents.prompt import without_data
from nbagents.graph import Plan, Task
from nbagents.models import ChatModel

SYNTHESIZER = "synthesizer"
"""Name of the agent that answers the goal; a team may have its own."""

_DESCRIPTION = "Answers the goal from the results of the other tasks"

_SYSTEM = """\
You answer the goal of a team from the results of its tasks. Use what the results \
say and nothing else: take figures over exactly, and say so where something that the \
goal asks for is missing. Write the answer itself, for a reader who has seen neither \
tasks nor results; do not describe how it came about."""


def with_synthesis(
    plan: Plan, agents: Mapping[str, Agent], model: ChatModel | None
) -> tuple[Plan, dict[str, Agent]]:
    """Return the plan with a last task that answers its goal, and who does it.

    The task is one like any other: it can be seen, stepped to, edited and given
    to another agent. Without a goal there is nothing to answer, and without a
    model or a synthesizer of the team's own nobody to do it: then both come back
    as they were, and so does a plan that ends with such a task already.

    Args:
        plan: What is about to run.
        agents: The team, by name.
        model: What the built-in synthesizer asks; `None` where there is none.
    """
    team = dict(agents)
    if plan.goal is None or not plan.tasks or (model is None and not _has_own(team)):
        return plan, team
    if not _has_own(team):
        team[SYNTHESIZER] = Agent.llm(
            SYNTHESIZER, _DESCRIPTION, system=_SYSTEM, model=model
        )
    if _ends_with_it(plan):
        return plan, team
    ask = f"Answer the goal from the results: {without_data(plan.goal)}"
    return plan.add(Task(_free_id(plan), ask, SYNTHESIZER, plan.sinks)), team


def _has_own(team: Mapping[str, Agent]) -> bool:
    return SYNTHESIZER in team


def _ends_with_it(plan: Plan) -> bool:
    return [plan[id].agent for id in plan.sinks] == [SYNTHESIZER]


def _free_id(plan: Plan) -> str:
    id, number = "answer", 1
    while id in plan:
        number += 1
        id = f"answer_{number}"
    return id
