"""What a team goes on with when a plan has failed, as a user gave it."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.roster import as_agent
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.partial import WRITER
from nbagents.engine.settings import PLANNER, Rung
from nbagents.engine.state import RunState
from nbagents.errors import AgentError, ModelError, PlanError, alternatives
from nbagents.graph import Plan
from nbagents.models import ChatModel
from nbagents.models.server import no_model
from nbagents.planning import SYNTHESIZER, simpler, with_synthesis
from nbagents.redaction import head
from nbagents.run import Run, step_down

SIMPLER, SINGLE = "simpler", "single"
"""The words for a simpler plan, and for one agent that reaches the goal alone."""

Ladder = tuple[str | Plan, ...]
"""These words, names of agents that do it alone, and plans, from the first on."""

_MOST_LISTED, _MOST_SAID = 20, 300
_TRY = "Try: Orchestrator(..., degrade=['simpler', 'single'])"


def ladder_of(
    given: Any, agents: Mapping[str, Agent], standby: dict[str, Agent], *, asks: bool
) -> Ladder:
    """Return what to go on with when a plan has failed, one after the other.

    Args:
        given: A list of `"simpler"`, `"single"`, names of agents, agents and plans.
        agents: The team, by name.
        standby: Agents that may be needed beside; those of the list join.
        asks: Whether the team has a model to ask.

    Raises:
        AgentError: One of them is none of these.
        PlanError: A plan names an agent that the team has not.
        ModelNotConfiguredError: It takes a model, and there is none.
    """
    if isinstance(given, str | Plan | Agent | Mapping) or not isinstance(
        given, Iterable
    ):
        message = f"degrade must be a list, not {type(given).__name__}"
        raise AgentError(message).with_note(_TRY)
    ladder = tuple(_rung_of(each, agents, standby) for each in given)
    if not asks and {SIMPLER, SINGLE}.intersection(r for r in ladder if type(r) is str):
        raise no_model("to step down to these takes a model, and this team has none")
    return ladder


def _rung_of(
    value: Any, agents: Mapping[str, Agent], standby: dict[str, Agent]
) -> str | Plan:
    known = {**standby, **agents}
    if isinstance(value, Plan):
        value.check_agents({*known, SYNTHESIZER})
        return value
    if isinstance(value, str):
        if value not in {SIMPLER, SINGLE, *known}:
            listed = alternatives(value, (SIMPLER, SINGLE, *sorted(known)))
            message = f"degrade has no {value!r:.60} {listed}"
            raise AgentError(message).with_note(_TRY)
        return value
    new = as_agent(value)
    if known.get(new.name, new) != new or new.name in {SIMPLER, SINGLE}:
        message = f"an agent to step down to is named '{new.name}', as another is"
        raise AgentError(message)
    standby[new.name] = new
    return new.name


def with_rungs(
    ladder: Ladder, team: Mapping[str, Agent], plan: Plan, model: ChatModel | None
) -> Mapping[str, Agent]:
    """Return the team with who may be needed to step down, or was in `plan`."""
    named = {task.agent for task in plan}
    if not ladder and not named.intersection({PLANNER, simpler.ALONE}):
        return team
    more = {
        PLANNER: simpler.planner(PLANNER, team, model),
        simpler.ALONE: simpler.alone(model),
    }
    _, answering = with_synthesis(Plan(plan, plan.goal or "-"), team, model)
    return {**more, **answering, **team}


def planned_or_less(
    goal_or_plan: Any, plan: Callable[[str], Plan], new_run: Callable[[Any], Run]
) -> Run:
    """Return a run with a plan: where a goal has none, with something simpler.

    Raises:
        ModelError: The model could not be asked for a plan, and nothing is simpler.
        PlanError: What it answered cannot run, and nothing is simpler.
    """
    if not isinstance(goal_or_plan, str):
        return new_run(goal_or_plan)
    try:
        return new_run(plan(goal_or_plan))
    except (ModelError, PlanError) as error:
        run = new_run(goal_or_plan)
        if not step_down(run, error):
            raise
        return run


def rungs(ladder: Ladder) -> tuple[Rung, ...]:
    """Return the steps of a ladder, as a run takes them."""
    return tuple(
        Rung(name="plan" if isinstance(each, Plan) else each, plan=_maker(each))
        for each in ladder
    )


def expand(state: RunState, id: str) -> Plan | None:
    """Return the plan in which the simpler one, the result of `id`, has its place."""
    return simpler.expanded(state.plan, id, state.tasks[id].result, _taken(state))


def _maker(rung: str | Plan) -> Callable[[RunState], Plan]:
    if isinstance(rung, Plan):
        return partial(_to_plan, rung)
    if rung == SIMPLER:
        return _to_simpler
    return partial(_to_one, simpler.ALONE if rung == SINGLE else rung)


def _to_plan(made: Plan, state: RunState) -> Plan:
    return simpler.after(state.plan, _done(state), _taken(state), made)


def _to_simpler(state: RunState) -> Plan:
    done, taken = _done(state), _taken(state)
    return simpler.to_plan(state.plan, done, taken, _failed(state), PLANNER)


def _to_one(agent: str, state: RunState) -> Plan:
    return simpler.by_one(state.plan, _done(state), _taken(state), agent)


def _done(state: RunState) -> list[str]:
    beside = {WRITER, PLANNER}
    return [
        id
        for id, task in state.tasks.items()
        if task.status is TaskStatus.COMPLETED and state.plan[id].agent not in beside
    ]


def _taken(state: RunState) -> set[str]:
    return {*state.tasks, *(id for id, _ in state.former)}


def _failed(state: RunState) -> str:
    """Return what has failed, a line for each task, without keys.

    It goes into a fence of a prompt, where nobody needs them.
    """
    tasks = state.tasks.items()
    ids = [id for id, task in tasks if task.status is TaskStatus.FAILED]
    lines = [_line(state, id) for id in ids[:_MOST_LISTED]]
    return "\n".join(lines) or "there was no plan for it"


def _line(state: RunState, id: str) -> str:
    task = state.plan[id]
    said = f"{task.description} (by {task.agent}): {state.tasks[id].error}"
    return f"- {id}: {head(' '.join(said.split()), _MOST_SAID)}"
