"""Draft: what an edit comes to, worked out on a copy before any of it happens.

An edit that is refused half-way has changed nothing; one that is not is a list of
events, which the engine lets happen one after another.
"""

from collections.abc import Collection, Iterable

from nbagents.engine import events as e
from nbagents.engine import keys, partial, stop
from nbagents.engine.fold import apply
from nbagents.engine.lifecycle import WAITING_TASK, RunStatus, TaskStatus
from nbagents.engine.rest import at_rest, is_waiting
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError

_T = TaskStatus


class Draft:
    """The events of one edit, and the state they lead to.

    Attributes:
        before: Where the run stood before the edit itself.
        after: Where it will stand.
        events: What leads from one to the other.
        now: When that is, in seconds since the epoch.
        kept: Ids of the tasks whose stale results count again.
    """

    def __init__(
        self,
        state: RunState,
        agents: keys.AgentDigest,
        now: float,
        *,
        stops: bool = False,
    ) -> None:
        """Begin at `state`; with `stops` nothing starts while a task is failed."""
        self.before = state
        self.after = state.copy()
        self.events: list[e.Event] = []
        self.now = now
        self.kept: list[str] = []
        self._agents = agents
        self._stops = stops

    def add(self, event: e.Event) -> None:
        """Let `event` happen, on the copy."""
        apply(self.after, event)
        self.events.append(event)

    def status(self, id: str) -> TaskStatus:
        """Return where task `id` will stand."""
        return self.after.tasks[id].status

    def is_trying(self, id: str) -> bool:
        """Return whether task `id` has failed, and will wait for its next try."""
        return self.after.tasks[id].is_trying

    def turn_page(self) -> None:
        """Let what has happened so far be before the edit itself."""
        self.before = self.after.copy()

    def take_up(self) -> None:
        """Have the tasks of a run that was cancelled wait again."""
        if self.after.status is RunStatus.CANCELLED:
            for id, task in list(self.after.tasks.items()):
                if task.status is _T.CANCELLED:
                    self.add(e.TaskReopened(self.now, id))
            self.turn_page()

    def keep(self) -> None:
        """Let stale results count again that are made from what they were made from."""
        for id in keys.to_keep(self.after, self._agents):
            self.add(e.TaskKept(self.now, id))
            self.kept.append(id)
        self.turn_page()

    def lay_down(self, reason: str) -> list[str]:
        """Have what is at work wait again, and the run be paused; return its tasks."""
        running = {
            id: task.last.number
            for id, task in self.after.tasks.items()
            if task.status is _T.RUNNING and task.last is not None
        }
        for id, number in running.items():
            self.add(e.TaskInterrupted(self.now, id, number))
        if self.after.status is RunStatus.RUNNING:
            self.add(e.RunPaused(self.now, reason))
        return [*running]

    def disturb(self, roots: Collection[str], verb: str, reason: str) -> None:
        """Make stale what was made from `roots`; what failed since may try again.

        Raises:
            RunStateError: One of those tasks is running.
        """
        below = self.require_undisturbed(roots, verb)
        for id in self.after.plan.dependencies:
            if id in below:
                self._doubt(id, below[id], reason)

    def require_undisturbed(self, roots: Collection[str], verb: str) -> dict[str, str]:
        """Return what is made from `roots`, each with one of these.

        Raises:
            RunStateError: One of those tasks is running.
        """
        below = self._below(roots)
        self.require_idle(below, verb, ", which uses it,")
        return below

    def doubt(self, id: str, reason: str) -> None:
        """Make the result of `id` itself stale; a failed task may try again."""
        self._doubt(id, id, reason)

    def require_idle(self, ids: Iterable[str], verb: str, which: str = "") -> None:
        """Raise `RunStateError` if one of `ids` is running."""
        for id in ids:
            if self.status(id) is _T.RUNNING:
                message = f"task '{id}'{which} is running: it cannot {verb} now"
                error = RunStateError(message, verb=verb, status=_T.RUNNING)
                raise error.with_note("Try: run.pause()")

    def drop(self, partial_answer: str | None) -> None:
        """Take a partial answer out of the plan, if there is one to take."""
        if partial_answer is not None:
            plan = self.after.plan.without(partial_answer)
            self.add(e.PlanEdited(self.now, plan))

    def close(self, reason: str, start: str | None = None) -> None:
        """Draw what follows for tasks that cannot run, and for the run as a whole.

        Args:
            reason: What the run says it stopped for.
            start: Id of a task that a person wants executed, whatever else failed.
        """
        self.drop(partial.outdated(self.after))
        self._block(start)
        state = self.after
        planned = state.status is RunStatus.PLANNED and is_waiting(state)
        if state.status is RunStatus.RUNNING or planned:
            return
        rest = at_rest(state, self.now, self._told(reason))
        if isinstance(rest, e.RunPaused) or rest.status is not state.status:
            self.add(rest)

    def _doubt(self, id: str, because: str, reason: str) -> None:
        if self.status(id) is _T.COMPLETED:
            # What it was made from is what the plan and its inputs were before this
            # edit: any earlier change would have made it stale then.
            made_from = keys.made_from(self.before, id, self._agents)
            self.add(e.TaskStale(self.now, id, because, reason, made_from))
        elif self._may_try(id):
            self.add(e.TaskReopened(self.now, id))
        elif self.status(id) in WAITING_TASK and _is_decided(self.after, id):
            self.add(e.TaskApproved(self.now, id, approved=False))

    def _may_try(self, id: str) -> bool:
        """Return whether task `id` failed or was not needed, as things were."""
        failed = self.status(id) is _T.FAILED or self.is_trying(id)
        return failed or self.after.tasks[id].unmet

    def _block(self, start: str | None = None) -> None:
        """Skip what cannot run, and let wait what can again."""
        causes = self._causes()
        beside = stop.cause(self.after) if self._stops else None
        for id in self.after.plan.order():
            task = self.after.tasks[id]
            because = causes.get(id)
            if beside is not None and id != start and stop.holds(task):
                because = because or beside
            if task.status in WAITING_TASK and because is not None:
                why = f"needs '{because}', which {_ENDED[self.status(because)]}"
                why = why if id in causes else stop.reason(because)
                self.add(e.TaskSkipped(self.now, id, because, why))
            elif task.status is _T.SKIPPED and task.because and because is None:
                self.add(e.TaskReopened(self.now, id))

    def _causes(self) -> dict[str, str]:
        """Return, for each task that cannot run, one that keeps it from running."""
        causes: dict[str, str] = {}
        tasks, following = self.after.tasks, self.after.plan.dependents
        for id in self.after.plan.order():
            task = tasks[id]
            said = task.status is _T.SKIPPED and task.because is None
            said = said and not task.unmet
            own = id if task.status is _T.FAILED or said else None
            # What is done keeps nothing below it from running.
            done = task.is_settled or task.status is _T.RUNNING
            cause = own or (None if done else causes.get(id))
            if cause is not None:
                for child in following[id]:
                    causes.setdefault(child, cause)
        return causes

    def _told(self, reason: str) -> str:
        stale = self.after.counts[_T.STALE]
        if not stale:
            return reason
        count = "1 task is stale" if stale == 1 else f"{stale:,} tasks are stale"
        return f"{reason}; {count}"

    def _below(self, roots: Collection[str]) -> dict[str, str]:
        """Return what depends on `roots`, each with the root it was reached from."""
        below: dict[str, str] = {}
        following = self.after.plan.dependents
        for root in roots:
            # What was reached before, and all below that, has its root.
            reached = [] if root in below else [root]
            while reached:
                new = [id for id in following[reached.pop()] if id not in below]
                below.update(dict.fromkeys(new, root))
                reached += new
        own = frozenset(roots)
        return {id: root for id, root in below.items() if id not in own}


_ENDED = {_T.FAILED: "failed", _T.SKIPPED: "was skipped"}


def _is_decided(state: RunState, id: str) -> bool:
    """Return whether a person has approved the task, or is to approve a call of it."""
    return state.tasks[id].approved or bool(state.tasks[id].awaits)
