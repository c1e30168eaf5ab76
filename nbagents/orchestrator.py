"""Orchestrator: the team, and what outlives a run.

It turns a goal into a plan and a plan into a run; how a plan runs is the
engine's business, how one is made is `planning/`'s.
"""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, get_args

from nbagents import planning
from nbagents.agents import Agent
from nbagents.agents.fallbacks import fallbacks_of
from nbagents.agents.roster import roster
from nbagents.assembly import Assembly
from nbagents.degrading import ladder_of, planned_or_less
from nbagents.engine import background
from nbagents.engine.limits import UNLIMITED, Limits
from nbagents.engine.loop import Planned, Planning
from nbagents.engine.settings import OnFailure
from nbagents.given import (
    as_plan,
    check_approve,
    json_of,
    names_of,
    require_goal,
    require_limit,
    require_word,
)
from nbagents.graph import Plan
from nbagents.journal import DEFAULT, open_journal
from nbagents.models import resolve
from nbagents.ready import check_model
from nbagents.redaction import redacted
from nbagents.retrying import Retry
from nbagents.run import Run
from nbagents.teammate import GivenPlan, Teammate
from nbagents.telemetry import follow

GoalOrPlan = str | Plan | Mapping[str, Any]


class Orchestrator(Teammate):
    """A team of agents: plans a goal, runs the plan, composes the answer.

    It is an agent as well, for another team: see `execute`.

    Attributes:
        agents: The agents by name.
        last_run: The run begun last, also when its cell was interrupted before
            it had a name; `None` before the first.

    Example:
        >>> shout = Agent("shout", "Says it louder", lambda task, ctx: task.upper())
        >>> team = Orchestrator([shout])
        >>> team.run(Plan([Task("hi", "hello", "shout")])).result
        'HELLO'
    """

    def __init__(  # noqa: PLR0913 - options that combine freely
        self,
        agents: Mapping[str, Any] | Iterable[Any],
        model: Any = None,
        *,
        max_parallel: int = 5,
        task_timeout: float | None = 300,
        retry: Retry | int | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        executor: Executor | None = None,
        journal: str | os.PathLike[str] | None = DEFAULT,
        limits: Limits | None = None,
        fallbacks: Mapping[str, Any] | None = None,
        on_failure: OnFailure = "continue",
        degrade: Iterable[Any] = (),
        review: bool = False,
        approve: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        name: str = "team",
        description: str | None = None,
        plan: GivenPlan = None,
        monitoring: bool = True,
    ) -> None:
        """Collect the team; nothing is connected to or started yet.

        Args:
            agents: A list, or a dict by name, of `Agent`s, functions
                `(task, context)`, or objects with such a method `execute`.
            model: Plans goals, words answers, and serves language-model agents
                that name none: the name of a model, or a `ScriptedModel`.
                `None` is enough for plans of your own with agents that are code.
            max_parallel: Most tasks at work at once.
            task_timeout: Seconds one attempt may take; `None` sets no limit.
            retry: How often a task is tried, a `Retry` or a number of tries; `None`
                is once. An agent's own `retry` goes before.
            api_key: Key for the model; `None` reads `OPENAI_API_KEY`.
            base_url: Address of a compatible server; `None` reads
                `OPENAI_BASE_URL`, and without that means OpenAI.
            executor: Where plain functions run, such as a process pool; `None`
                means threads.
            journal: The file in which every run is recorded as it happens, so that
                `load_run` can go on with it; without it, one beside the notebook, in
                a folder that git does not see. `None` keeps runs in memory only.
            limits: The most that each run may use; `None` limits nothing but how
                often the same is asked in a row.
            fallbacks: Who takes over when an agent has failed for good: by its name a
                list of agents, functions, or names of the team.
            on_failure: What a run does then: `"continue"` goes on with what does not
                need the task, `"stop"` starts nothing more, `"ask"` pauses for you to
                decide, `"partial"` goes on and ends with an answer from what was done.
            degrade: What a run goes on with when its plan has failed, or there is none:
                `"simpler"`, a plan of at most 3 tasks without tools; `"single"`, the
                model alone; agents of your own, each alone; or a `Plan`.
            review: Whether the model looks at its own plan once more and repairs it
                once; `plan.review` says what it found, and what that took.
            approve: Names of agents, or ids of tasks, that wait for `run.approve(id)`
                before they start; everything beside goes on.
            metadata: What is to be said of each run, as JSON values by name.
            name: What plans of another team call it, when it is an agent of that.
            description: What it is good at; `None` says who is in it.
            plan: What it does then, instead of planning its task: a `Plan`, or a
                function `(task, context)` that returns one.
            monitoring: Whether logging hears of its runs, and OpenTelemetry where that
                is set up; their history is kept all the same.

        Raises:
            AgentError: Something in these, or in `degrade`, cannot be an agent.
            ValueError: A limit is out of range, or `on_failure` is none of its words.
            TypeError: `limits` are no `Limits`, `retry` is not how often, `approve`
                has no names, or `metadata` is no JSON.
        """
        require_limit("max_parallel", max_parallel, whole=True)
        if task_timeout is not None:
            require_limit("task_timeout", task_timeout, whole=False)
        if not isinstance(limits, Limits | None):
            message = f"limits must be Limits(...) or None, not {limits!r:.60}"
            raise TypeError(message)
        require_word("on_failure", on_failure, get_args(OnFailure))
        self._plans = planning.make_reviewed_plan if review else planning.make_plan
        self._model = resolve(model, api_key=api_key, base_url=base_url)
        self.agents: dict[str, Agent] = roster(agents)
        known = fallbacks_of(fallbacks, self.agents, {planning.SYNTHESIZER})
        listed, self._standby = known
        known_model = self._model is not None
        ladder = ladder_of(degrade, self.agents, self._standby, asks=known_model)
        self._introduce(name, description, plan)
        self._assembly = Assembly(
            model=self._model,
            max_parallel=max_parallel,
            task_timeout=task_timeout,
            executor=executor,
            retry=Retry.of(retry),
            limits=limits or UNLIMITED,
            fallbacks=listed,
            on_failure=on_failure,
            degrade=ladder,
            approve=names_of(approve),
            metadata=json_of({} if metadata is None else metadata),
            journal=open_journal(journal),
            # Nobody asked for this place: a read-only folder is to cost no run.
            may_go_unrecorded=journal == DEFAULT,
            follow=follow(name) if monitoring else None,
        )
        self.last_run: Run | None = None

    def plan(self, goal: str) -> Plan:
        """Return the model's plan for `goal`: 2 to 8 tasks, checked.

        The plan is a value to look at and to edit before anything runs.

        Args:
            goal: What is to be reached, in words.

        Raises:
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached or did not answer.
            PlanError: What it answered cannot run, after two repairs.
        """
        model = self._require_model()
        work = self._plans(model, require_goal(goal), self.agents)
        return background.wait(background.submit(work))

    def run(self, goal_or_plan: GoalOrPlan) -> Run:
        """Run a goal or a plan to its end and return the run.

        A goal is planned first, and its answer is composed by a last task. Tasks
        that fail do not raise: they are in the run, with what did complete.

        Args:
            goal_or_plan: A goal in words, a `Plan`, or one as a dict.

        Raises:
            ModelNotConfiguredError: A model is needed and there is none.
            ModelError: The model could not be asked for a plan.
            PlanError: The plan cannot run, or names agents the team has not.
        """
        return self._new_run(goal_or_plan).begin(wait=True)

    def start(self, goal_or_plan: GoalOrPlan) -> Run:
        """Begin to run a goal or a plan and return at once.

        Cells may go on meanwhile; `await run` or `run.wait()` waits for the end.

        Args:
            goal_or_plan: A goal in words, a `Plan`, or one as a dict.

        Raises:
            ModelNotConfiguredError: A model is needed and there is none.
            PlanError: The plan cannot run, or names agents the team has not.
        """
        return self._new_run(goal_or_plan).begin(wait=False)

    def debug(self, goal_or_plan: GoalOrPlan) -> Run:
        """Return a run that is stopped before its first task, to be stepped.

        A goal is planned first.

        Args:
            goal_or_plan: A goal in words, a `Plan`, or one as a dict.

        Raises:
            ModelNotConfiguredError: A model is needed and there is none.
            ModelError: The model could not be asked for a plan.
            PlanError: The plan cannot run, or names agents the team has not.

        Example:
            >>> run = team.debug(plan)  # doctest: +SKIP
            >>> run.step()  # doctest: +SKIP
        """
        run = planned_or_less(goal_or_plan, self.plan, self._new_run)
        run.show_in_cell()
        return run

    def load_run(self, id: str | None = None, *, take_over: bool = False) -> Run:
        """Return a run of before, to go on with it: also after the kernel has died.

        What was completed is not executed again; what was at work waits again. Where
        an agent is not what it was when it did a task, that task is stale, and the run
        says so. Then `run.resume()`, or any other verb.

        Args:
            id: Its id, as `runs()` has it; `None` takes the newest of this notebook.
            take_over: Take it as well from a kernel of which nobody can tell from
                here whether it still runs, as one on another machine.

        Raises:
            UnknownRunError: There is no such run.
            RunClaimedError: Another kernel holds it; `nbagents.load_run` looks at it.
            PlanError: It needs an agent that this team has not.
            JournalError: The journal cannot be read or written.
            ValueError: This team keeps no journal.
        """
        team = self._bound()
        plan = partial(self._planning, team=team)
        run = self._assembly.run_of_before(id, team, plan, over=take_over)
        self.last_run = run
        return run

    def __repr__(self) -> str:
        model = f", model={self._model.name!r}" if self._model else ""
        return redacted(f"Orchestrator([{', '.join(self.agents)}]{model})")

    def _new_run(self, goal_or_plan: GoalOrPlan) -> Run:
        if isinstance(goal_or_plan, str):
            run = self._run_of_goal(require_goal(goal_or_plan))
        else:
            run = self._run_of_plan(as_plan(goal_or_plan, self.agents))
        self.last_run = run
        return run

    def _run_of_goal(self, goal: str) -> Run:
        team = self._bound()
        planned = self._planning(goal, team)
        return self._assembly.new_run(Plan(goal=goal), team, planned)

    def _planning(self, goal: str, team: Mapping[str, Agent]) -> Planning:
        model = self._require_model()

        async def make_plan() -> Planned:
            made = await self._plans(model, goal, self.agents)
            plan, workers = planning.with_synthesis(made, team, model)
            check_approve(self._assembly.approve, plan, workers)
            return plan, workers

        return make_plan

    def _run_of_plan(self, plan: Plan) -> Run:
        plan, team = planning.with_synthesis(plan, self._bound(), self._model)
        for name in self._assembly.needed(plan):
            check_model(team[name])
        check_approve(self._assembly.approve, plan, team)
        return self._assembly.new_run(plan, team)
