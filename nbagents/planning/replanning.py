"""Planning anew in the middle of a run: what is done need not be again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.prompt import as_text, asked
from nbagents.errors import Defect, PlanError
from nbagents.graph import Plan, Task
from nbagents.models import ChatModel, fence
from nbagents.planning import prompts
from nbagents.planning.planner import found_in, until_sound
from nbagents.planning.schema import plan_schema

_MOST_OF_RESULT, _MOST_TOLD = 600, 40_000

_ASK = """\
A plan for this goal is being carried out, and is to be changed. Where it stands:

{told}

{because}

Send the whole plan as it is to be from now on. To keep a task as it is, with what it \
has come to, send it with its id and an empty description. Leave out what is not \
needed any more, and give what is new, or is to be done otherwise, a description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a task stands, for whoever plans anew.

    Attributes:
        task: The task.
        status: Its state, such as `"completed"`.
        came_to: Its result or its error; `None` where there is neither yet.
    """

    task: Task
    status: str
    came_to: Any = None


async def make_other_plan(
    model: ChatModel,
    plan: Plan,
    standing: Mapping[str, Standing],
    agents: Mapping[str, Agent],
    *,
    because: str = "",
    most: int | None = None,
) -> Plan:
    """Return the plan to go on with instead of `plan`.

    Tasks that the model keeps are those of `plan`, word for word, so what they have
    come to is not made again.

    Args:
        model: Who plans.
        plan: What is being carried out.
        standing: Where its tasks stand, by id.
        agents: Who can work, by name.
        because: Why it is to be another one, in a person's words; empty where nothing
            is said.
        most: Most tasks; `None` is six more than the plan has.

    Raises:
        PlanError: The last answer still had the defects listed.
        ModelError: The model could not be asked, or refused.
    """
    goal, limit = plan.goal or "", most or len(plan) + 6
    messages = [
        *prompts.request(goal, agents, limit),
        {"role": "user", "content": _request(standing, because)},
    ]

    def read(text: str) -> Plan:
        data = _with_kept(found_in(text), plan)
        made = Plan.from_dict(data, agents=agents, max_tasks=limit)
        if not made.tasks:
            raise PlanError([Defect(kind="no_tasks", message="the plan has no tasks")])
        return Plan(made.tasks, plan.goal, model.name)

    schema = plan_schema(agents, limit)
    return await until_sound(model, messages, schema, read)


def _request(standing: Mapping[str, Standing], because: str) -> str:
    told = "\n".join(map(_line, standing.values()))
    fenced = fence.fence({"plan": fence.fit(told, _MOST_TOLD)})
    why = asked(because).strip() or "Make it better with what is known now."
    return _ASK.format(told=fenced, because=f"What is to be changed, and why:\n{why}")


def _line(each: Standing) -> str:
    said = {key: each.task.to_dict()[key] for key in _TOLD}
    known = each.came_to is not None
    came_to = fence.fit(as_text(each.came_to), _MOST_OF_RESULT) if known else None
    told = {**said, "status": each.status, "came to": came_to}
    return json.dumps(told, ensure_ascii=False)


_TOLD = ("id", "description", "agent", "dependencies")


def _with_kept(data: Any, plan: Plan) -> Any:
    """Return what the model sent with the tasks in it that it keeps."""
    tasks = data.get("tasks") if isinstance(data, Mapping) else None
    if not isinstance(tasks, list):
        return data
    return {**data, "tasks": [_kept(task, plan) for task in tasks]}


def _kept(task: Any, plan: Plan) -> Any:
    id = task.get("id") if isinstance(task, Mapping) else None
    if not isinstance(id, str) or id not in plan:
        return task
    said, old = task.get("description"), plan[id]
    blank = not isinstance(said, str) or not said.strip()
    if blank:
        return old.to_dict()
    # The same words with other blanks are no other task.
    same = said.split() == old.description.split()
    return {**task, "description": old.description} if same else task
