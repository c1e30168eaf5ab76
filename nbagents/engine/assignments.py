"""Who is given which task, and what it is given with it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nbagents.engine import events as e
from nbagents.engine.attempt import Call, Loan, Worker
from nbagents.engine.context import Context
from nbagents.engine.gate import Gate
from nbagents.engine.reporter import AttemptReporter
from nbagents.engine.staff import Known, Staff
from nbagents.engine.state import RunState
from nbagents.graph import Plan


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


class Assignments:
    """Gives out the tasks of one run.

    Attributes:
        staff: The agents, as they are now.
        once: By id, what is said for the next attempt only. It stays until that
            attempt has come to something.
    """

    def __init__(
        self, workers: Mapping[str, Worker], former: Mapping[str, str] | None = None
    ) -> None:
        """Give the tasks to `workers`; for `former` see `Staff`."""
        self.staff = Staff(workers, former)
        self.once: dict[str, Once] = {}
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
        new.once = dict(self.once)
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
        said = self.once.get(id, _AS_PLANNED)
        return said.worker or self.staff[state.plan[id].agent]

    def loan(
        self,
        state: RunState,
        id: str,
        tell: Callable[[Call, e.AttemptEvent], None],
        gate: Gate,
    ) -> Loan:
        """Return all it takes to do task `id` once."""
        task, done = state.plan[id], state.tasks
        said = self.once.get(id, _AS_PLANNED)
        call = Call(id, len(done[id].attempts) + 1)
        context = Context({need: done[need].result for need in task.dependencies})
        context.task, context.goal = id, state.plan.goal
        worker = self.worker(state, id)
        asked = said.description
        description = task.description if asked is None else asked
        reporter = AttemptReporter(call, tell, gate.attempt(call))
        return Loan(call, worker, description, context, reporter)


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
