"""Assembly: makes runs of plans and teams, new ones and those of before."""

import contextvars
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nbagents import reporting
from nbagents.agents import Agent
from nbagents.agents.fallbacks import Fallbacks
from nbagents.degrading import Ladder, expand, rungs, with_rungs
from nbagents.engine import background
from nbagents.engine.assignments import Assignments
from nbagents.engine.events import Event, RunCreated
from nbagents.engine.fold import replay
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.limits import Limits
from nbagents.engine.loop import Engine, Planning
from nbagents.engine.monitor import Follow
from nbagents.engine.partial import WRITER, note
from nbagents.engine.recorder import Recorder
from nbagents.engine.recovery import former, recover
from nbagents.engine.settings import OnFailure, Settings
from nbagents.engine.state import RunState
from nbagents.errors import JournalError
from nbagents.graph import Plan, Task
from nbagents.journal import Journal, JournalRecorder
from nbagents.models import ChatModel
from nbagents.planning import partial_task, partial_writer, with_synthesis
from nbagents.ready import enter, hold_open, models_of, recruit, require_agents
from nbagents.recorded import known_run, this_notebook
from nbagents.repeating import repeated
from nbagents.retrying import Retry
from nbagents.run import Run, new_id, open_run

Team = Mapping[str, Agent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What all runs of an orchestrator have in common.

    Attributes:
        model: Plans, answers, and serves agents that name none; `None` for none.
        max_parallel: Most tasks at work at once.
        task_timeout: Seconds an attempt may take; `None` sets no limit.
        executor: Where plain functions run; `None` means threads.
        retry: How often a task that failed is tried; `None` is once.
        limits: The most that each run may use.
        fallbacks: Who takes over from an agent that has failed for good, by names.
        on_failure: What a run does when a task has failed for good.
        degrade: What a run goes on with when its plan has failed.
        approve: Tasks, and agents whose tasks, wait for a person before they start.
        metadata: What is said of each run, as JSON values by name.
        journal: Where runs are recorded; `None` keeps them in memory.
        may_go_unrecorded: Whether a run goes on where its journal cannot be made.
        follow: Makes what follows runs; `None` where no other tool is to be told.
    """

    model: ChatModel | None
    max_parallel: int
    task_timeout: float | None
    executor: Executor | None
    retry: Retry | None
    limits: Limits
    fallbacks: Fallbacks
    on_failure: OnFailure
    degrade: Ladder
    approve: tuple[str, ...]
    metadata: Mapping[str, Any]
    journal: Journal | None
    may_go_unrecorded: bool
    follow: Follow | None

    def new_run(self, plan: Plan, team: Team, make_plan: Planning | None = None) -> Run:
        """Return a run of `plan` by `team`; `make_plan` makes the plan of a goal."""
        model = self.model
        created = RunCreated(
            time.time(),
            new_id(),
            plan,
            model.name if model else None,
            simulated=model is not None and model.simulated,
            limits=self.limits,
            notebook=this_notebook(),
            within=reporting.outer_run(),
            approve=self.approve,
            metadata=self.metadata,
        )
        team = self._with_writer(team, plan)
        assignments = Assignments(team, None, self.fallbacks)
        # What the agents are is looked at before any of them does something.
        for name in self.needed(plan):
            assignments.digest(name)
        engine = self._engine([created], assignments, team)
        engine.plan_goal = make_plan
        engine.books.recorder = self._recorder(created, engine.state)
        reporting.current.get().began(created.run, engine)
        return Run(engine)

    def needed(self, plan: Plan) -> set[str]:
        """Return the names of all who may be at work on `plan`."""
        planned = {name for task in plan for name in task.agents}
        return planned.union(*(self.fallbacks.get(name, ()) for name in planned))

    def run_of_before(
        self, id: str | None, team: Team, plan: Callable[[str], Planning], *, over: bool
    ) -> Run:
        """Return the run of that id, from this kernel or from the journal.

        Args:
            id: Of the run; `None` means the newest.
            team: Who goes on with it.
            plan: Makes what plans a goal, for a run that has no plan yet.
            over: Take it from whoever cannot be asked whether he is still there.
        """
        journal = self._require_journal()
        known = known_run(journal, id)
        run = open_run(str(journal.path), known)
        if run is None:
            recorder, history = JournalRecorder.of_old(journal, known, take_over=over)
            try:
                return self._restored(history, recorder, team, plan)
            except BaseException:
                recorder.close()
                raise
        if run.status is not RunStatus.RUNNING:
            _update(run, team)
        return run

    def _restored(
        self,
        history: list[Event],
        recorder: JournalRecorder,
        team: Team,
        planning: Callable[[str], Planning],
    ) -> Run:
        state, make_plan = replay(history), None
        plan = state.plan
        if plan.tasks:
            _, team = with_synthesis(plan, team, self.model)
            team = self._with_writer(team, plan)
            require_agents(state, team)
        elif plan.goal is not None:
            make_plan = planning(plan.goal)
        assignments = Assignments(team, former(tuple(history)), self.fallbacks)
        engine = self._engine(history, assignments, team)
        engine.books.recorder = recorder
        engine.plan_goal = make_plan
        background.ask(recover, engine)
        return Run(engine)

    def _engine(
        self, history: list[Event], assignments: Assignments, team: Team
    ) -> Engine:
        models = models_of(self.model, team.values())
        settings = Settings(
            max_parallel=self.max_parallel,
            task_timeout=self.task_timeout,
            retry=self.retry,
            executor=self.executor,
            companion=partial(hold_open, models) if models else None,
            recruit=partial(recruit, self.model, models),
            on_failure=self.on_failure,
            degrade=rungs(self.degrade),
            expand=expand,
            enter=partial(enter, self.model),
            follow=self.follow,
            partial=_partial_task if self.on_failure == "partial" else None,
        )
        assignments.repeat = self._repeated
        # Agents print into the cell that made the run: it is in these variables.
        engine = Engine(history, assignments, settings, contextvars.copy_context())
        engine.nested.outer = reporting.current.get()
        return engine

    def known_run(self, id: str, team: Team) -> Run | None:
        """Return a run of before that `team` goes on with; `None` without a journal."""
        if self.journal is None:
            return None
        return self.run_of_before(id, team, _no_planning, over=False)

    def _repeated(self, worker: Any, task: Task, staff: Mapping[str, Any]) -> Agent:
        """Return the agent that does `task` many times, by a run of its own."""
        width = task.each.width if task.each is not None else None
        make = replace(
            self,
            max_parallel=width or self.max_parallel,
            limits=Limits(tasks=self.limits.tasks),
            on_failure="continue",
            degrade=(),
            approve=(),
        )
        return repeated(worker, task, staff, make)

    def _with_writer(self, team: Team, plan: Plan) -> Team:
        """Return the team with who steps down or answers in part, where needed."""
        team = with_rungs(self.degrade, team, plan, self.model)
        needed = any(task.agent == WRITER for task in plan)
        if WRITER in team or not (needed or self.on_failure == "partial"):
            return team
        return {**team, WRITER: partial_writer(WRITER, self.model)}

    def _recorder(self, created: RunCreated, state: RunState) -> Recorder | None:
        """Return what records a new run; `None` where it is kept in memory only."""
        if self.journal is None:
            return None
        try:
            # There, where no interrupt can come between opening a file and keeping it.
            make = JournalRecorder.of_new
            return background.ask(make, self.journal, [created], state)
        except JournalError as error:
            if not self.may_go_unrecorded:
                raise
            warnings.warn(f"this run is not recorded: {error}", stacklevel=6)
            return None

    def _require_journal(self) -> Journal:
        if self.journal is None:
            message = "this team keeps no journal, so there is no run to load"
            error = ValueError(message)
            error.add_note("Try: Orchestrator(..., journal='runs.sqlite')")
            raise error
        return self.journal


def _no_planning(goal: str) -> Planning:
    """Plan nothing: a run that has no plan yet is of no use."""
    raise JournalError(f"a run without a plan, for {goal!r:.60}")


def _partial_task(state: RunState) -> Task:
    """Return the task that words what a failed run did complete."""
    tasks = state.tasks.items()
    done = [id for id, task in tasks if task.status is TaskStatus.COMPLETED]
    return partial_task(WRITER, state.plan, done, note(state))


def _update(run: Run, team: Team) -> None:
    """Give the agents of now to a run that this kernel still has."""
    for name, worker in team.items():
        if name in run.agents and not run.is_done_by(worker):
            _ = run.replace(worker)
