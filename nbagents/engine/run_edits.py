"""What can be changed in a run that is planned, paused, running or finished."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import EllipsisType
from typing import Any, Self

from nbagents.digests import content, fingerprint
from nbagents.engine import background, changes, edits
from nbagents.engine import events as e
from nbagents.engine.assignments import Once
from nbagents.engine.attempt import Worker
from nbagents.engine.draft import Draft
from nbagents.engine.estimate import Estimate, estimate
from nbagents.engine.handle import Handle
from nbagents.engine.ids import Ids
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.moment import Moment, position
from nbagents.graph import Each, Plan, Task, Until, When


class _Unchanged:
    """Stands for a result that is not given: `None` is a result, too."""

    def __repr__(self) -> str:
        return "<unchanged>"


_UNCHANGED = _Unchanged()


class RunEdits(Handle):
    """The changes that a person can make in a run.

    Each makes stale exactly what follows from it. `resume()` then executes those
    tasks again, but not one whose agent, description and inputs turn out to be what
    they were when its result was made. A change that cannot be made raises, and
    nothing is changed then.
    """

    @property
    def stale(self) -> Ids:
        """Ids of the tasks whose result is in doubt: what it was made from changed.

        A set, in the order of the plan.
        """
        tasks = dict(self.state.tasks)
        return Ids(id for id, task in tasks.items() if task.status is TaskStatus.STALE)

    @property
    def agents(self) -> Mapping[str, Worker]:
        """Who does the work, by name."""
        return dict(self._engine.assignments.staff)

    def is_done_by(self, agent: Worker) -> bool:
        """Return whether the agent of that name does what `agent` would do."""
        taken = fingerprint(agent.execute)
        staff = self._engine.assignments.staff
        return background.ask(staff.is_same, agent.name, taken)

    def estimate(self) -> Estimate:
        """Return what going on will take, from this run's own figures."""
        return background.ask(self._estimate)

    def edit(
        self,
        id: str,
        *,
        result: Any = _UNCHANGED,
        description: str | None = None,
        dependencies: str | Iterable[str] | None = None,
        when: When | _Unchanged | None = _UNCHANGED,
        each: Each | str | _Unchanged | None = _UNCHANGED,
        until: Until | _Unchanged | None = _UNCHANGED,
    ) -> Self:
        """Correct a task by hand, and return the run.

        Args:
            id: The task.
            result: Its result from now on; the task counts as completed, whatever it
                was, and what depends on it turns stale.
            description: What its agent is asked from now on; a result it has turns
                stale, and so does what depends on it. A failed task waits again.
            dependencies: Ids of all tasks whose results it gets from now on.
            when: When it is needed, from now on; `None` is always.
            each: What it is done for each item of, from now on; `None` is once.
            until: Who judges it, from now on; `None` is nobody.

        Raises:
            UnknownTaskError: The plan has no such task.
            PlanError: A dependency is unknown, or a cycle would arise.
            RunStateError: The task, or one that depends on it, is running.
            TypeError: Nothing was given to change.
        """
        keeps_result = isinstance(result, _Unchanged)
        if isinstance(result, EllipsisType):
            message = "put the result in place of the dots"
            raise TypeError(message)
        fields = {"when": when, "each": each, "until": until}
        others = {k: v for k, v in fields.items() if not isinstance(v, _Unchanged)}
        nothing = description is None and dependencies is None and not others
        if keeps_result and nothing:
            message = "nothing to change: give result=, description=, dependencies=, "
            message += "when=, each= or until="
            raise TypeError(message)

        # Here and not on the engine's thread: a large table takes its time.
        digest = None if keeps_result else content(result)

        def change(draft: Draft) -> str:
            reason = edits.task(draft, id, description, dependencies, **others)
            return reason if keeps_result else edits.result(draft, id, result, digest)

        return self._change(change, "edit")

    def replace(self, agent: Any, by: Any = None) -> Self:
        """Have another agent do the tasks of one, and return the run.

        Its tasks and what depends on them turn stale; those that failed wait again.
        An agent that does the same as before (its cell was run again) costs nothing:
        `resume()` keeps what it made. What it uses is told by identity or by content:
        a list, a table or a client that was changed in place is still the same, so
        after such a change `retry` what it made.

        Args:
            agent: The new agent, for the one of the same name; or the name of the one
                to be replaced.
            by: Who does its tasks from now on: an agent, or the name of one of this
                run. `None` where `agent` is the new one.

        Raises:
            UnknownAgentError: The run has no agent of that name.
            AgentError: What was given cannot be an agent.
            RunStateError: One of its tasks, or one that uses them, is running.
        """
        if by is None and isinstance(agent, str):
            message = f"who is to replace {agent!r}? Try: run.replace({agent!r}, other)"
            raise TypeError(message)
        worker = self._worker(agent if by is None else by)
        name = worker.name if by is None else _name_of(agent)
        # Here and not on the engine's thread, where it would hold up every run.
        taken = fingerprint(worker.execute)
        background.ask(changes.hand_over, self._engine, name, worker, taken)
        self._refresh()
        return self

    def retry(
        self,
        id: str,
        *,
        agent: Any = None,
        description: str | None = None,
        wait: bool = True,
    ) -> Self:
        """Execute one task again, or for the first time, and return the run.

        The run stops after it; what depends on the task is stale where the result is
        another one. While the run is running the task only takes its turn again.

        Args:
            id: The task; what it depends on must be completed.
            agent: Who does it, for this attempt: an agent, or the name of one of this
                run; `None` is the agent that the plan gives it to.
            description: What is asked, for this attempt; `None` is what the plan says.
            wait: `False` returns at once.

        Raises:
            UnknownTaskError: The plan has no such task.
            UnknownAgentError: The run has no agent of that name.
            RunStateError: The task, or one that uses it, is running; or it still
                needs others.
        """
        if not isinstance(description, str | None):
            message = f"a description is text, not {type(description).__name__}"
            raise TypeError(message)
        worker = None if agent is None else self._worker(agent)
        once = Once(worker=worker, description=description)
        waits = wait and self.status is not RunStatus.RUNNING
        return self._ask(lambda: changes.retry(self._engine, id, once), wait=waits)

    def skip(self, id: str) -> Self:
        """Leave out a task and what depends on it, and return the run.

        To go on without it instead, give the task a result, or its dependents other
        dependencies, with `edit`.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The task is running or completed.
        """
        return self._change(lambda draft: edits.skip(draft, id), "skip a task")

    def add(self, *tasks: Task) -> Self:
        """Put more tasks into the plan, and return the run.

        Raises:
            PlanError: An id is taken, a dependency or an agent is unknown, or a cycle
                arises.
        """
        background.ask(changes.add, self._engine, tasks)
        self._refresh()
        return self

    def adopt(self, plan: Plan) -> Self:
        """Go on with another plan, and return the run.

        Tasks that are the same in both keep what they have. Those that are another
        one, and what depends on them, turn stale; those that are gone leave the graph,
        and what they did stays in the history. `run.plan.compare(plan)` shows what
        that is before it is done.

        Args:
            plan: Of agents of this run; such as `team.replan(run)` gives.

        Raises:
            PlanError: An agent of it is not in the run.
            RunStateError: A task that it changes or leaves out, or one that uses such
                a task, is running.
            TypeError: It is no plan.
        """
        if not isinstance(plan, Plan):
            message = f"expected a Plan to go on with, not {type(plan).__name__}"
            raise TypeError(message)
        background.ask(changes.adopt, self._engine, plan)
        self._refresh()
        return self

    def remove(self, id: str) -> Self:
        """Take a task that nothing depends on out of the plan, and return the run.

        What it did stays in the history, and what it used in the figures.

        Raises:
            UnknownTaskError: The plan has no such task.
            PlanError: Another task depends on it.
            RunStateError: The task is running.
        """
        return self._change(lambda draft: edits.remove(draft, id), "remove a task")

    def rewind(self, to: str | e.Event | Moment) -> Self:
        """Go back to how the run was, and return it.

        Plan, agents and results are what they were then. Nothing is lost: what came
        after stays in the history, where `rewind` can go as well: to
        `run.history[-1]` of before, or on a fork to any event of the run it is of.

        Args:
            to: As for `at`, or what `at` returned.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: The task has not ended yet, or the run is running.
            ValueError: The event did not happen in this run.
        """
        event = to.event if isinstance(to, Moment) else to
        index = position(self.history, self.plan, event)
        where = f" to {to!r}" if isinstance(to, str) else ""
        reason = f"you went back{where}"
        background.ask(changes.rewind, self._engine, index + 1, reason)
        self._refresh()
        return self

    def _change(self, edit: changes.Edit, verb: str) -> Self:
        background.ask(changes.change, self._engine, edit, verb)
        self._refresh()
        return self

    def _worker(self, agent: Any) -> Worker:
        if isinstance(agent, str):
            return changes.require_agent(self._engine, agent)
        return self._engine.settings.recruit(agent)

    def _estimate(self) -> Estimate:
        draft = self._engine.draft(0.0)
        draft.take_up()
        draft.keep()
        return estimate(draft.after)


def _name_of(agent: Any) -> str:
    """Return the name of the agent that is to be replaced."""
    name = agent
    if not isinstance(agent, str):
        with suppress(Exception):  # It may be anything, and do anything.
            name = agent.name
    if not isinstance(name, str):
        message = f"the agent to replace is given by name, not {type(name).__name__}"
        raise TypeError(f"{message}. Try: run.replace('name', other)")
    return name
