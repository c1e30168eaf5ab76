"""What the planner says to the model."""

from collections.abc import Iterable, Mapping

from nbagents.agents import Agent
from nbagents.errors import Defect

_SYSTEM = """\
You plan the work of a team of agents. Split the goal into tasks: as few as do it \
well, 2 to {most} for most goals, a single one where that is enough.

Each task is done by one agent, who sees the description of the task and the results \
of the tasks it depends on, and nothing else. So a description says all that is to be \
done, with what, and what should come out.

Tasks run at the same time unless one depends on another: give as dependencies \
exactly the tasks whose results are needed, and no circles. Do not add a task that \
only puts the results together as an answer to the goal: that follows by itself.

Answer with one JSON object and nothing around it:
{{"tasks": [{{"id": "short_name", "description": "what to do", "agent": "name of the \
agent", "dependencies": ["ids of the tasks whose results it needs"]}}]}}"""

_REPAIR = """\
This plan cannot be carried out:
{defects}

Send the whole plan again as one JSON object, with all of this corrected."""


def request(goal: str, agents: Mapping[str, Agent], most: int) -> list[dict[str, str]]:
    """Return the conversation that asks for a plan."""
    team = "\n".join(
        f"- {name}: {' '.join(agent.description.split())}"
        for name, agent in agents.items()
    )
    return [
        {"role": "system", "content": _SYSTEM.format(most=most)},
        {"role": "user", "content": f"Plan this goal:\n{goal}\n\nAgents:\n{team}"},
    ]


def repair(answer: str, defects: Iterable[Defect]) -> list[dict[str, str]]:
    """Return what goes on the conversation after an answer with defects."""
    named = "\n".join(f"- {defect.message}" for defect in defects)
    return [
        # Some servers reject a message without content.
        {"role": "assistant", "content": answer or "(no answer)"},
        {"role": "user", "content": _REPAIR.format(defects=named)},
    ]
