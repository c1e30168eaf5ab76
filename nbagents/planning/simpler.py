"""A simpler way to a goal, when a plan for it has failed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.llm import LanguageModel
from nbagents.errors import PlanError
from nbagents.graph import Plan, Task
from nbagents.models import ChatModel, resolve
from nbagents.models.server import no_model
from nbagents.planning.planner import make_plan
from nbagents.planning.synthesis import SYNTHESIZER

ALONE = "single agent"
"""Name of the agent that answers a goal alone where the team names none."""

MOST = 3
"""Most tasks of a simpler plan."""

_MARK = "\n\nWhat has failed:\n"
_SYSTEM = """\
You reach a goal alone, with what you know and with the results that are given. Work \
carefully, say what you could not find out, and answer for a reader who knows nothing \
of how it came about."""

_ABOUT = "Does a task alone, with what it knows"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimplerPlanner:
    """Asks a model for a plan of a few tasks, for agents that only ask a model.

    Attributes:
        agents: Those agents, by name.
        model: Who plans; `None` until it is bound to the team's.
    """

    agents: Mapping[str, Agent]
    model: ChatModel | None = None

    def bind(self, model: ChatModel | None) -> "SimplerPlanner":
        """Return it ready to be asked."""
        return self if self.model else SimplerPlanner(agents=self.agents, model=model)

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it plan otherwise."""
        about = {name: each.description for name, each in self.agents.items()}
        return about, self.model

    async def __call__(self, task: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return a plan as JSON values, for the goal in `task`.

        Raises:
            PlanError: What the model answered cannot run, after two repairs.
            ModelError: It could not be asked.
        """
        model = resolve(self.model)
        if model is None:
            raise no_model("a simpler plan takes a model, and this team has none")
        goal, _, failed = task.partition(_MARK)
        given = "\n".join(context)
        plan = await make_plan(
            model, goal, self.agents, most=MOST, failed=failed, given=given
        )
        return plan.to_dict()


def planner(name: str, team: Mapping[str, Agent], model: ChatModel | None) -> Agent:
    """Return who makes a simpler plan: for the agents of `team` without tools.

    Those are the ones that only ask a model, and one that does whatever is asked.
    """
    known = {n: each for n, each in team.items() if n != SYNTHESIZER}
    able = {n: each for n, each in known.items() if type(each.execute) is LanguageModel}
    able.setdefault(ALONE, alone(model))
    execute = SimplerPlanner(agents=able, model=model)
    return Agent(name, "Makes a simpler plan", execute)


def alone(model: ChatModel | None) -> Agent:
    """Return who reaches a goal alone, by asking the team's model."""
    return Agent(ALONE, _ABOUT, LanguageModel(system=_SYSTEM, model=model))


def to_plan(
    plan: Plan, done: Iterable[str], taken: Iterable[str], failed: str, agent: str
) -> Plan:
    """Return what was done of `plan`, and the task of making a simpler one.

    Args:
        plan: The one that failed.
        done: Ids of what is done of it, and of all that needs.
        taken: Ids that a task has had.
        failed: What has failed, for the model that plans.
        agent: Who makes the simpler plan.
    """
    kept = _kept(plan, done)
    text = f"{purpose(plan)}{_MARK}{failed}"
    id = _free({*taken, *kept.dependencies})("simpler plan")
    return kept.add(Task(id, text, agent, kept.sinks))


def by_one(plan: Plan, done: Iterable[str], taken: Iterable[str], agent: str) -> Plan:
    """Return what was done of `plan`, and one task for all the rest of it."""
    kept = _kept(plan, done)
    id = _free({*taken, *kept.dependencies})("answer")
    return kept.add(Task(id, purpose(plan), agent, kept.sinks))


def expanded(plan: Plan, id: str, result: Any, taken: Iterable[str]) -> Plan | None:
    """Return `plan` with the simpler plan `result` in place of the task `id`.

    `None` where that is no plan that can run.
    """
    try:
        made = Plan.from_dict(result, max_tasks=MOST)
    except PlanError:
        return None
    return inserted(plan.without(id), made, taken) if made.tasks else None


def after(plan: Plan, done: Iterable[str], taken: Iterable[str], made: Plan) -> Plan:
    """Return what was done of `plan`, and after that all of `made`."""
    return inserted(_kept(plan, done), made, taken)


def inserted(kept: Plan, made: Plan, taken: Iterable[str]) -> Plan:
    """Return `made` after all of `kept`, and a last task that answers the goal.

    What depends on nothing gets what was done; a single task is the answer itself.
    """
    free = _free({*taken, *kept.dependencies})
    ids = {task.id: free(task.id) for task in made}
    ends = kept.sinks
    new = [_renamed(task, ids, ends) for task in made]
    whole = kept.add(*new)
    if len(new) == 1:
        return whole
    ask = f"Answer the goal from the results: {purpose(kept if kept.goal else made)}"
    return whole.add(Task(free("answer"), ask, SYNTHESIZER, whole.sinks))


def _renamed(task: Task, ids: Mapping[str, str], ends: list[str]) -> Task:
    needs = [ids[need] for need in task.dependencies] or ends
    return Task(ids[task.id], task.description, task.agent, needs)


def purpose(plan: Plan) -> str:
    """Return what a plan is for: its goal, else what it was to come to."""
    if plan.goal is not None:
        return plan.goal
    return "\n".join(plan[id].description for id in plan.sinks)


def _kept(plan: Plan, done: Iterable[str]) -> Plan:
    """Return the part of `plan` that is done, as far as nothing else is below it."""
    known = frozenset(done)
    kept = [
        task for task in plan if known.issuperset({*plan.upstream(task.id), task.id})
    ]
    return Plan(kept, plan.goal, plan.made_by)


def _free(taken: set[str]) -> Callable[[str], str]:
    """Return what makes an id of one that may be taken."""

    def free(id: str) -> str:
        name, number = id, 1
        while name in taken:
            number += 1
            name = f"{id}_{number}"
        taken.add(name)
        return name

    return free
