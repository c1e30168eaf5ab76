"""Hierarchy: teams that are led as one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.prompt import goal_of
from nbagents.errors import AgentError
from nbagents.graph import Plan, Task
from nbagents.orchestrator import Orchestrator
from nbagents.patterns.pattern import Pattern, require_text
from nbagents.redaction import redacted


class Hierarchy(Pattern):
    """Teams that work on one goal, each by runs of its own within the run.

    With a model the goal is planned: its tasks go to the teams, by what these say of
    themselves, and the answer is composed. Without one the teams do a phase each, in
    the order given: each gets the goal as its task, with the result of the phase
    before.

    Each phase is a task, and the run that does it is opened in its place in the live
    view. `run.inner("research")[-1]` is that run, to look at and to steer; `run.step(
    "research", into=True)` stops before its first task. A team may have teams in turn.

    Attributes:
        team: The team of teams. It has the other verbs, such as `load_run`.
        phases: Names of the teams, in order.

    Example:
        >>> dig = Agent("dig", "Digs", lambda task, context: f"found {task}")
        >>> digging = Plan([Task("find", "ore", "dig")])
        >>> team = Orchestrator([dig], plan=digging)
        >>> Hierarchy({"research": team}).run("ore").result
        'found ore'
    """

    def __init__(
        self, teams: Mapping[str, Any], model: Any = None, **options: Any
    ) -> None:
        """Collect the teams; nothing is connected to or started yet.

        Args:
            teams: By the name of each phase who does it: an `Orchestrator`, or
                whatever else a team takes as an agent.
            model: Plans goals and words answers; `None` has the phases in order.
            options: As `Orchestrator` has them, such as `limits`, `approve`, `name`.

        Raises:
            AgentError: One of them cannot be an agent, or there are none.
        """
        if not isinstance(teams, Mapping) or not teams:
            message = "a hierarchy is made of teams by name"
            raise AgentError(message).with_note(
                'Try: Hierarchy({"research": team, "development": other})'
            )
        self._is_planned = model is not None
        if model is None:
            options.setdefault("plan", _InOrder(tuple(teams)))
        super().__init__(Orchestrator(teams, model, **options))
        self.phases: tuple[str, ...] = tuple(self.team.agents)

    def plan(self, text: str) -> Plan:
        """Return the plan for a goal, to look at and to edit.

        Args:
            text: The goal.

        Raises:
            ModelError: The model could not be asked for a plan.
            PlanError: What it answered cannot run, after two repairs.
        """
        goal = require_text(text)
        if self._is_planned:
            return self.team.plan(goal)
        return _InOrder(self.phases)(goal, {})

    @property
    def name(self) -> str:
        """What plans of another team call it, when it is an agent of that."""
        return self.team.name

    @property
    def description(self) -> str:
        """What it is good at."""
        return self.team.description

    @property
    def execute(self) -> Callable[..., Any]:
        """Does a task as an agent of another team, as `Orchestrator.execute`."""
        return self.team.execute

    @property
    def agents(self) -> dict[str, Agent]:
        """The teams by name, as the agents they are."""
        return self.team.agents

    def __repr__(self) -> str:
        return redacted(f"Hierarchy([{', '.join(self.phases)}])")


@dataclass(frozen=True, slots=True)
class _InOrder:
    """Makes the plan of phases: each gets the goal, and the result before.

    Attributes:
        phases: Names of the teams, in order.
    """

    phases: tuple[str, ...]

    def __call__(self, task: str, context: Mapping[str, Any]) -> Plan:
        """Return the plan; the results that come with the task go with the goal."""
        goal = goal_of(task, context)
        before = {after: [name] for name, after in pairwise(self.phases)}
        return Plan([Task(id, goal, id, before.get(id, [])) for id in self.phases])
