"""From a goal to a plan: ask, validate, ask for a repair, and give up in time."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbagents.agents import Agent
from nbagents.errors import Defect, DefectKind, ModelAnswerError, PlanError
from nbagents.graph import Plan
from nbagents.models import ChatModel, fence
from nbagents.models.chat import Messages
from nbagents.models.structured import structured
from nbagents.planning import extract, prompts
from nbagents.planning.schema import most_tokens, ordered_schema, plan_schema

# A bad answer goes back with the list of its defects; a runaway one of a hundred
# thousand characters would only push the list out of what the model reads.
_MOST_QUOTED = 20_000

_GIVE_UP = (
    "The model was asked to correct it and did not. Put the goal in other words, "
    "take a stronger model, or write the plan yourself: "
    "Plan([Task('id', 'what to do', 'agent'), ...])"
)


async def make_plan(
    model: ChatModel,
    goal: str,
    agents: Mapping[str, Agent],
    *,
    most: int = 8,
    repairs: int = 2,
    failed: str = "",
    given: str = "",
) -> Plan:
    """Return a plan for `goal` that these agents can carry out.

    The model is asked for it as structured output, and whatever it answers is
    validated. A plan with defects goes back to it with all of them named.

    Args:
        model: Who plans.
        goal: What is to be reached.
        agents: Who can work, by name; the model reads their descriptions.
        most: Most tasks of the plan.
        repairs: How often a bad plan is sent back before giving up.
        failed: What of another plan for it has failed; empty where there was none.
        given: What is done of that one, which each task will see.

    Raises:
        PlanError: The last answer still had the defects listed, or there is no goal.
        ModelError: The model could not be asked, or refused.
    """
    if not goal.strip():
        raise _error("missing", "there is no goal to plan for")
    messages = [*prompts.request(goal, agents, most), *prompts.before(failed, given)]

    def read(text: str) -> Plan:
        return _read(text, goal, agents, most, model.name)

    if model.local:
        schema, limit = ordered_schema(agents, most), {"max_tokens": most_tokens(most)}
    else:
        schema, limit = plan_schema(agents, most), {}
    return await until_sound(model, messages, schema, read, repairs, **limit)


async def until_sound(
    model: ChatModel,
    messages: Messages,
    schema: dict[str, Any],
    read: Callable[[str], Plan],
    repairs: int = 2,
    **parameters: Any,
) -> Plan:
    """Return the plan that `read` makes of an answer, asked for until it can run.

    Args:
        model: Who plans.
        messages: What asks for it.
        schema: The form of an answer.
        read: Makes a plan of an answer, or raises `PlanError` with its defects.
        repairs: How often an answer is sent back with these before giving up.
        parameters: Passed on with the requests.

    Raises:
        PlanError: The last answer still had the defects listed.
        ModelError: The model could not be asked, or refused.
    """
    async with model.opened():
        while True:
            text = await _ask(model, messages, schema, **parameters)
            try:
                return read(text)
            except PlanError as error:
                if repairs <= 0:
                    raise error.with_note(_GIVE_UP) from None
                repairs -= 1
                quoted = fence.fit(text, _MOST_QUOTED)
                messages = [*messages, *prompts.repair(quoted, error.defects)]


async def repaired(
    model: ChatModel,
    plan: Plan,
    agents: Mapping[str, Agent],
    problems: Iterable[str],
    *,
    most: int = 8,
) -> Plan:
    """Return `plan` as the model corrects it, asked once, where it has `problems`.

    Raises:
        PlanError: What it answers cannot run.
        ModelError: It could not be asked, or refused.
    """
    goal = plan.goal or ""
    text = json.dumps({"tasks": plan.to_dict()["tasks"]}, ensure_ascii=False)
    found = [Defect(kind="missing", message=problem) for problem in problems]
    messages = [
        *prompts.request(goal, agents, most),
        *prompts.repair(fence.fit(text, _MOST_QUOTED), found),
    ]
    answer = await _ask(model, messages, plan_schema(agents, most))
    return _read(answer, goal, agents, most, model.name)


async def _ask(
    model: ChatModel, messages: Messages, schema: dict[str, Any], **parameters: Any
) -> str:
    """Return what the model says, also if it is only half of it, or nothing."""
    try:
        answer = await structured(
            model, messages, name="plan", schema=schema, **parameters
        )
    except ModelAnswerError as error:
        if error.reason not in {"empty", "length"}:
            raise
        return error.text
    return answer.text


def found_in(text: str) -> Any:
    """Return the plan in an answer as JSON values, without what nobody asked for.

    Raises:
        PlanError: There is none.
    """
    try:
        return _as_asked(extract.find(text))
    except ValueError as error:
        raise _error("not_json", str(error)) from None


def _read(
    text: str, goal: str, agents: Mapping[str, Agent], most: int, made_by: str
) -> Plan:
    plan = Plan.from_dict(found_in(text), agents=agents, max_tasks=most)
    if not plan.tasks:
        raise _error("no_tasks", "the plan has no tasks")
    return Plan(plan.tasks, goal, made_by)


def _as_asked(data: Any) -> Any:
    """Return the plan without what the model was not asked for.

    A field of its own making, such as "when": "after lunch", would be a defect.
    """
    tasks = data.get("tasks") if isinstance(data, Mapping) else None
    if not isinstance(tasks, list):
        return data
    return {**data, "tasks": [_plain(task) for task in tasks]}


def _plain(task: Any) -> Any:
    if not isinstance(task, Mapping):
        return task
    return {key: value for key, value in task.items() if key not in _NOT_ASKED}


_NOT_ASKED = ("when", "each", "until")


def _error(kind: DefectKind, message: str) -> PlanError:
    return PlanError([Defect(kind=kind, message=message)])
