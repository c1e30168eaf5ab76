"""Who is given which task, and what it is given with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.attempt import Call, Loan, Worker
from nbagents.engine.context import Context
from nbagents.engine.gate import Gate
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.nested import Nested
from nbagents.engine.reporter import AttemptReporter
from nbagents.engine.staff import Fallbacks, Known, Staff
from nbagents.engine.state import RunState
from nbagents.graph import Plan, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What a person said for the next attempt of a task, and for no other.

    Attributes:
        worker: Who does it; `None` leaves that to the plan.
        description: What it is asked; `None` leaves that to the plan.
    """

    worker: Worker | None = None
    description: str | None = None


_AS_PLANNED = Once()

Repeat = Callable[[Worker, Task, Mapping[str, Worker]], Worker]
"""Makes what does a task once for each item, or until accepted, out of an agent."""


class _Nobody:
    digest = lasting = None


_NOBODY = _Nobody()


class Assignments:
    """Gives out the tasks of one run.

    Attributes:
        staff: The agents, as they are now.
        once: By id, what is said for the next attempt only. It stays until that
            attempt has come to something.
        repeat: Makes what does a task by a run of its own, once for each item or until
            accepted, by an agent; `None` where no such task can be done.
    """

    def __init__(
        self,
        workers: Mapping[str, Worker],
        former: Mapping[str, str] | None = None,
        fallbacks: Fallbacks | None = None,
    ) -> None:
        """Give the tasks to `workers`; for `former` and `fallbacks` see `Staff`."""
        self.staff = Staff(workers, former, fallbacks)
        self.once: dict[str, Once] = {}
        # What a task goes on from that was interrupted for an approval; in memory only.
        self.memory: dict[str, Any] = {}
        self.repeat: Repeat | None = None
        self._since: list[tuple[int, Staff]] = [(-1, self.staff)]

    def digest(self, agent: str) -> str:
        """Return the digest of what `agent` executes now."""
        return self.staff.digest(agent)

    def told(self, agent: str) -> Known:
        """Return what is known of what `agent` executes now."""
        return self.staff.told(agent)

    def change(self, staff: Staff, since: int) -> None:
        """Have `staff` do the work after the first `since` events of the history."""
        self._since.append((since, staff))
        self.staff = staff

    def at(self, moment: int) -> Staff:
        """Return those who did the work after the first `moment` events."""
        return next(s for since, s in reversed(self._since) if since < moment)

    def copy(self) -> "Assignments":
        """Return assignments of their own that stand where these do."""
        new = Assignments(self.staff)
        new.staff, new._since = self.staff, list(self._since)
        new.once, new.repeat = dict(self.once), self.repeat
        return new

    def take_note(self, plan: Plan, events: Iterable[e.Event]) -> None:
        """Forget what was said for once of tasks that `events` change.

        Args:
            plan: The one before the events.
            events: What a person did.
        """
        for event in events:
            gone = [id for id in self.once if _is_other(event, id, plan)]
            for id in gone:
                del self.once[id]

    def worker(self, state: RunState, id: str) -> Worker:
        """Return who does task `id` the next time."""
        said, task = self.once.get(id, _AS_PLANNED), state.plan[id]
        worker = said.worker or self.staff[_stands_in(state, id) or task.agent]
        if task.is_repeated and self.repeat is not None:
            return self.repeat(worker, task, self.staff)
        return worker

    def next_one(self, state: RunState, id: str) -> str | None:
        """Return who takes over task `id` when whoever does it has failed for good.

        `None` where nobody is left, and where a person has said who is to do it.
        """
        if self.once.get(id, _AS_PLANNED).worker is not None:
            return None
        if state.plan[id].is_repeated:
            return None  # In the run that it is done by, they have taken over.
        listed = self.staff.fallbacks.get(state.plan[id].agent, ())
        now = state.tasks[id].by
        left = listed[listed.index(now) + 1 :] if now in listed else listed
        return next((name for name in left if name in self.staff), None)

    def begun(self, state: RunState, loan: Loan, now: float) -> e.TaskStarted:
        """Return the event that the work of `loan` begins."""
        call, asked = loan.call, loan.description
        planned = state.plan[call.task]
        told, by = self.staff.told(planned.agent), _stands_in(state, call.task)
        if planned.until is not None:
            by = planned.until.agent
        other = _NOBODY if by is None else self.staff.told(by)
        said = None if asked == planned.description else asked
        return e.TaskStarted(
            now,
            call.task,
            call.number,
            loan.worker.name,
            said,
            told.digest,
            told.lasting,
            other.digest,
            other.lasting,
        )

    def loan(
        self,
        state: RunState,
        id: str,
        tell: Callable[[Call, e.AttemptEvent], None],
        gate: Gate,
        nested: Nested,
    ) -> Loan:
        """Return all it takes to do task `id` once."""
        task, done = state.plan[id], state.tasks
        said = self.once.get(id, _AS_PLANNED)
        call = Call(id, len(done[id].attempts) + 1)
        needs = task.dependencies
        context = Context({n: done[n].result for n in needs if not done[n].unmet})
        context.task, context.goal = id, state.plan.goal
        worker = self.worker(state, id)
        asked = said.description
        description = task.description if asked is None else asked
        if done[id].awaits:
            call.decided = done[id].awaits, done[id].refused
            call.memory = self.memory.get(id)
        self.memory.pop(id, None)
        own = gate.attempt(call)
        reporter = AttemptReporter(call, tell, own, state.run, nested)
        # Who says for once who does it, or what is asked, has changed it too.
        reporter.follows = said is not _AS_PLANNED or _follows_a_change(state, id)
        return Loan(call, worker, description, context, reporter)


def _follows_a_change(state: RunState, id: str) -> bool:
    """Return whether a person has changed task `id`, or what it is made from."""
    changed = state.touched
    return bool(changed) and not changed.isdisjoint({id, *state.plan.upstream(id)})


def _stands_in(state: RunState, id: str) -> str | None:
    """Return who makes the next try of task `id` instead of the plan's agent."""
    task = state.tasks[id]
    if task.by is None or task.status is TaskStatus.STALE:
        return None  # What is stale is made anew, by the plan's agent first.
    return task.by


def _is_other(event: e.Event, id: str, plan: Plan) -> bool:
    """Return whether `event` makes task `id` another than a person spoke of."""
    match event:
        case e.TaskEdited() | e.TaskSkipped():
            return event.task == id
        case e.AgentReplaced():
            return id in plan and plan[id].agent == event.name
        case e.PlanEdited():
            return id not in event.plan or event.plan[id] != plan[id]
        case _:
            return isinstance(event, e.RunRewound)
