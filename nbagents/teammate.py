"""Teammate: what makes a team an agent of another team.

It does a task by a run of its own, which stands within the run of the task: it is
opened in place, stepped into, and taken up again where it stopped.
"""

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nbagents import planning, within
from nbagents.agents import Agent
from nbagents.agents.prompt import goal_of, is_whole
from nbagents.assembly import Assembly
from nbagents.digests import (
    Fingerprint,
    NoDigestError,
    combined,
    digest,
    fingerprint,
)
from nbagents.engine import background, inner
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.reporter import AttemptReporter
from nbagents.errors import AgentError, NbagentsError, RunStateError
from nbagents.graph import Plan
from nbagents.models import ChatModel, fence
from nbagents.models.server import no_model
from nbagents.ready import check_model
from nbagents.run import Run

GivenPlan = Plan | Callable[[str, Mapping[str, Any]], Plan] | None
"""What a team does as an agent; `None` has it plan its task."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a run was begun for, as an agent's.

    Attributes:
        asked: Digest of the task and of the results it was given.
        things: Those of the results whose content cannot be told.
        team: What the team was then.
    """

    asked: str
    things: tuple[Any, ...]
    team: Fingerprint

    @classmethod
    def of(cls, task: str, context: Mapping[str, Any], team: Any) -> "Origin":
        """Return what a run is begun for that does `task` by `team`."""
        parts, things = [digest(str(task))], []
        for id, value in sorted(context.items(), key=lambda each: str(each[0])):
            found = _digest(value)
            things += [value] if found is None else []
            parts += (digest(str(id)), found or "")
        return cls(combined(parts), tuple(things), fingerprint(team))

    def same_as(self, other: Any) -> bool:
        """Return whether a run of that origin can be taken up for this one."""
        if not isinstance(other, Origin) or self.asked != other.asked:
            return False
        same = map(operator.is_, self.things, other.things)
        return all(same) and self.team.same_as(other.team)


class Teammate:
    """A team that can be an agent of another team.

    Attributes:
        name: What plans of the other team call it.
        description: What it is good at.
        agents: The agents by name.
    """

    name: str
    description: str
    agents: dict[str, Agent]
    last_run: Run | None
    _assembly: Assembly
    _model: ChatModel | None
    _given: GivenPlan
    _standby: dict[str, Agent]

    def _introduce(self, name: str, description: str | None, plan: GivenPlan) -> None:
        if not isinstance(name, str) or not name.strip():
            raise AgentError(f"the name of a team is text, not {name!r:.60}")
        if not isinstance(description, str | None):
            raise AgentError(f"a description is text, not {description!r:.60}")
        if isinstance(plan, Plan):
            plan.check_agents(self.agents)
        elif plan is not None and not callable(plan):
            kind = type(plan).__name__
            message = f"plan must be a Plan or a function that returns one, not {kind}"
            raise TypeError(message)
        self.name, self._given = name, plan
        self.description = description or _described(self.agents)

    def _bound(self) -> dict[str, Agent]:
        """Return who may be at work, each with a model where it asks one."""
        everybody = {**self._standby, **self.agents}
        return {name: each.bind(self._model) for name, each in everybody.items()}

    async def execute(self, task: str, context: Mapping[str, Any]) -> Any:
        """Do `task` as an agent of another team, by a run of its own.

        The goal of that run is the task, with the results that it needs in fences. It
        stands within the run of the task: `run.inner("id")` has it, its questions to
        models count there as well, and pausing or stopping that one pauses or stops
        it. This waits until it has ended, through its pauses.

        A task that is done again for the same, by the same team, goes on with the run
        it had: what is completed in there is not done again, and what failed is tried
        again. So `run.inner("id")[-1].replace(better)`, then `run.retry("id")`.

        Args:
            task: What is to be done.
            context: The results it may use, by the ids of their tasks.

        Raises:
            InnerRunError: The run failed, was cancelled, or has reached its limits.
            PlanError: The model's plan for the task cannot run.
            ModelError: The model could not be asked for a plan.
        """
        own = within.current()
        arrived = None if own is None else own.arrived
        origin = Origin.of(task, context, self.execute)
        run = self._known(own, origin) or self._of_before(own, task, context)
        if run is None:
            run = await self._new(task, context, planned=arrived is not None)
        run._engine.nested.origin = origin  # noqa: SLF001 - it is on the inside of it
        await within.ended(run, own)
        return self._result(run, getattr(context, "task", ""))

    def replan(self, run: Run, because: str = "") -> Plan:
        """Return the model's plan to go on with in the middle of a run.

        The model sees where each task stands and what it came to, and keeps what is
        still good. Nothing has changed yet: `run.plan.compare(plan)` shows what would,
        and `run.adopt(plan)` goes on with it.

        Args:
            run: One of this team that has a plan.
            because: What is to be changed and why, in words; empty leaves it to the
                model, which sees what has failed.

        Raises:
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached or did not answer.
            PlanError: What it answered cannot run, after two repairs.
            RunStateError: The run has no plan yet.
        """
        model, state = self._require_model(), run.state
        if not state.tasks:
            message = "the run has no plan yet"
            raise RunStateError(message, verb="replan", status=state.status)
        standing = {
            task.id: planning.Standing(
                task=task,
                status=state.tasks[task.id].status,
                came_to=state.tasks[task.id].error or state.tasks[task.id].result,
            )
            for task in state.plan
            if task.agent in self.agents
        }
        work = planning.make_other_plan(
            model, state.plan, standing, self.agents, because=because
        )
        plan = background.wait(background.submit(work))
        return planning.with_synthesis(plan, self._bound(), model)[0]

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it another agent: who is in it, and what they do."""
        assembly = self._assembly
        named = {**self._standby, **self.agents}
        given = self._given.to_dict() if isinstance(self._given, Plan) else self._given
        rules = (assembly.fallbacks, assembly.on_failure, assembly.approve)
        # In a tuple each agent is told by itself, and not as a part of this one.
        return tuple(named.items()), self._model, given, rules

    def _known(self, own: AttemptReporter | None, origin: Origin) -> Run | None:
        """Return the run to go on with; `None` where there is none for the same."""
        for engine in reversed(() if own is None else own.former):
            known = engine.nested.origin
            if isinstance(known, Origin) and engine.state.tasks:
                return within.taken_up(engine, own) if origin.same_as(known) else None
        return None

    def _of_before(
        self, own: AttemptReporter | None, task: str, context: Mapping[str, Any]
    ) -> Run | None:
        """Return the run that another kernel began for the same, from the journal.

        Its goal has to tell all that it was begun for: the whole task, and all of what
        it was given.
        """
        if own is None or own.former or not is_whole(task, context):
            return None
        goal = goal_of(task, context)
        for id in own.of_before[:1] if self._assembly.journal else ():
            with suppress(NbagentsError):
                run = self.load_run(id)
                if run.goal == goal and run.state.tasks:
                    return within.taken_up(run._engine, own)  # noqa: SLF001
        return None

    async def _new(
        self, task: str, context: Mapping[str, Any], *, planned: bool
    ) -> Run:
        goal = goal_of(task, context)
        given = self._given(task, context) if callable(self._given) else self._given
        if given is not None:
            return self._of_given(Plan(given.tasks, given.goal or goal))
        if planned:
            plan = await planning.make_plan(self._require_model(), goal, self.agents)
            return self._new_run(plan)
        return self._new_run(goal)

    def _of_given(self, plan: Plan) -> Run:
        """Return a run of a plan that ends with what it ends with."""
        plan.check_agents(self.agents)
        team = self._bound()
        for name in self._assembly.needed(plan):
            check_model(team[name])
        self.last_run = self._assembly.new_run(plan, team)
        return self.last_run

    def _result(self, run: Run, task: str) -> Any:
        if run.status is RunStatus.COMPLETED:
            return run.result
        error = run.state.error
        if error is not None and error.exception is not None:
            raise error.exception
        failed = within.failure(run, f"team '{self.name}'", self.name, task)
        raise failed from next(iter(inner.causes(run.state)), None)

    # What a team has.

    def load_run(self, id: str | None = None, *, take_over: bool = False) -> Run:
        """Return a run of before, to go on with it."""
        raise NotImplementedError

    def _new_run(self, goal_or_plan: Any) -> Run:
        raise NotImplementedError

    def _require_model(self) -> ChatModel:
        if self._model is None:
            raise no_model("planning a goal takes a model, and this team has none")
        self._model.check()
        return self._model


def _digest(value: Any) -> str | None:
    """Return the digest of a result; `None` where it is the same as nothing else."""
    try:
        return digest(value)
    except NoDigestError:
        return None


_MOST_SAID = 500  # characters of what a team says of itself


def _described(agents: Mapping[str, Agent]) -> str:
    """Return who is in a team, for those who plan with it."""
    each = (f"{name} ({agent.description})" for name, agent in agents.items())
    return fence.fit(f"A team: {', '.join(each)}", _MOST_SAID)
