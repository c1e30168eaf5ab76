"""The last task of a run that failed: what can be said from what was completed."""

from collections.abc import Iterable, Mapping
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.llm import LanguageModel
from nbagents.graph import Plan, Task
from nbagents.models import ChatModel

_DESCRIPTION = "Says what could be completed, and what is missing"

_SYSTEM = """\
You word the partial answer of a team whose work has failed in part. Use the results \
that were completed and nothing else: take figures over exactly. Say first, in one \
sentence, that the answer is partial; name what is missing; do not guess at it."""

_MOST_LISTED = 20
_MOST_CHARACTERS = 200


def partial_writer(name: str, model: ChatModel | None) -> Agent:
    """Return who words a partial answer: the model, or plain text without one."""
    if model is None:
        return Agent(name, _DESCRIPTION, in_plain_text)
    asks = LanguageModel(system=_SYSTEM, model=model)
    return Agent(name, _DESCRIPTION, asks)


def in_plain_text(task: str, context: Mapping[str, Any]) -> str:
    """Return a partial answer that is made of the results as they are."""
    results = [f"{id}:\n{result}" for id, result in context.items()]
    return "\n\n".join([task, *results])


def partial_task(writer: str, plan: Plan, completed: Iterable[str], note: str) -> Task:
    """Return the task that words what can be said from a part of `plan`.

    Args:
        writer: Name of the agent that does it.
        plan: All that was to be done.
        completed: Ids of what is done of it.
        note: A sentence about what is not.
    """
    done = frozenset(completed)
    ends = [id for id in plan.order() if id in done]
    ends = [id for id in ends if done.isdisjoint(plan.dependents[id])]
    return Task(_free_id(plan), _asked(plan, done, note), writer, ends)


def _asked(plan: Plan, done: frozenset[str], note: str) -> str:
    missing = [id for id in plan.order() if id not in done]
    lines = [f"- {id}: {plan[id].description}" for id in missing[:_MOST_LISTED]]
    more = len(missing) - _MOST_LISTED
    lines += [f"- and {more:,} more"] if more > 0 else []
    listed = "\n".join(" ".join(line.split())[:_MOST_CHARACTERS] for line in lines)
    return f"This answer is partial. {note}. What is missing:\n{listed}"


def _free_id(plan: Plan) -> str:
    id, number = "partial answer", 1
    while id in plan:
        number += 1
        id = f"partial answer {number}"
    return id
