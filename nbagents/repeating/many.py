"""What does a task many times, as the agent of that task."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbagents import within
from nbagents.agents import Agent
from nbagents.engine import background, changes, inner
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.reporter import AttemptReporter
from nbagents.errors import NbagentsError
from nbagents.graph import Plan, Task
from nbagents.redaction import Discreet
from nbagents.repeating import plans
from nbagents.repeating.part import Given, part
from nbagents.run import Run


class Maker(Protocol):
    """Makes the runs by which such tasks are done."""

    def new_run(self, plan: Plan, team: Mapping[str, Agent]) -> Run:
        """Return a run of `plan` by `team`."""

    def known_run(self, id: str, team: Mapping[str, Agent]) -> Run | None:
        """Return a run of before, gone on with by `team`; `None` without a journal."""


def repeated(
    worker: Agent, task: Task, staff: Mapping[str, Agent], make: Maker
) -> Agent:
    """Return the agent that does `task` by a run of its own.

    Args:
        worker: Who does each part of it.
        task: Says what it is done for, or until when.
        staff: All who may have a part in it, by name.
        make: Makes that run.
    """
    known = {**staff, worker.name: worker}
    named = {name: known[name] for name in task.agents if name in known}
    team = {**staff, **named, task.agent: worker}
    execute = Repeated(task, team, make)
    # Each part is tried as often as the team says: the whole is not, on top of that.
    return Agent(worker.name, worker.description, execute, retry=1)


@dataclass(frozen=True, slots=True)
class Repeated(Discreet):
    """Does one task many times, by a run within that of the task.

    Attributes:
        task: Says what it is done for, or until when.
        team: Who has a part in it, by the names that the plan has for them.
        make: Makes that run.
    """

    task: Task
    team: Mapping[str, Agent] = field(repr=False)
    make: Maker = field(repr=False)

    async def __call__(self, task: str, context: Mapping[str, Any]) -> Any:
        """Return what the parts came to: a list by item, or what was accepted.

        Args:
            task: What is asked of the agent.
            context: Results of the tasks it depends on.

        Raises:
            InnerRunError: A part of it has failed.
            ValueError: What it is to be done for is no list.
        """
        plan, given = self._planned(task, context)
        if not plan.tasks:
            return []
        team = {name: part(agent, given) for name, agent in self.team.items()}
        own = within.current()
        run = self._known(own, plan, team) or self.make.new_run(plan, team)
        await within.ended(run, own)
        return self._result(run, plan, own)

    def _planned(self, task: str, context: Mapping[str, Any]) -> tuple[Plan, Given]:
        each, until = self.task.each, self.task.until
        goal = getattr(context, "goal", None)
        if until is not None:
            return plans.rounds(self.task, task, until, goal), Given(context)
        if each is None or each.task not in context:
            return Plan(), Given()  # Where there is no list, there is nothing to do.
        try:
            items = each.items(context[each.task])
        except ValueError as error:
            error.add_note(f"Try: run.edit({each.task!r}, result=[...])")
            raise
        parts = plans.for_each(self.task, task, items, goal)
        rest = {id: value for id, value in context.items() if id != each.task}
        said = {each.description: each.id for each in parts.plan}
        asked = dict.fromkeys(said, task)
        return parts.plan, Given(rest, each.task, parts.items, asked, said)

    def _known(
        self, own: AttemptReporter | None, plan: Plan, team: Mapping[str, Agent]
    ) -> Run | None:
        """Return the run it was done by before, with the plan of now; else `None`."""
        if own is None:
            return None
        run = Run(own.former[-1]) if own.former else self._of_before(own, team)
        if run is None or run.status is RunStatus.RUNNING or not run.plan.tasks:
            return None
        try:
            return self._taken_on(run, own, plan, team)
        except NbagentsError:
            return None  # A person has made something else of it: a new one does it.

    def _of_before(self, own: AttemptReporter, team: Mapping[str, Agent]) -> Run | None:
        for id in own.of_before[:1]:
            with suppress(NbagentsError):
                return self.make.known_run(id, team)
        return None

    def _taken_on(
        self, run: Run, own: AttemptReporter, plan: Plan, team: Mapping[str, Agent]
    ) -> Run:
        engine = run._engine  # noqa: SLF001 - this is the inside of its run
        for name, agent in team.items():
            if name in run.agents and not run.is_done_by(agent):
                _ = run.replace(agent)
        background.ask(changes.adopt, engine, plan, team)
        return within.taken_up(engine, own)

    def _result(self, run: Run, plan: Plan, own: AttemptReporter | None) -> Any:
        if run.status is not RunStatus.COMPLETED:
            who = f"task '{self.task.id}'"
            failed = within.failure(run, who, self.task.agent, self.task.id)
            raise failed from next(iter(inner.causes(run.state)), None)
        done = run.partial_results
        if self.task.until is None:
            return [done[task.id] for task in plan if task.id in done]
        if own is not None and not plans.is_accepted(self.task, done):
            own.progress(f"not accepted in {self.task.until.most} rounds", None)
        last = plans.last_round(self.task, done)
        return None if last is None else done[last]
