"""How far a run is to go before it stops, and what may start on the way."""

from collections.abc import Callable, Mapping

from nbagents.engine import approval
from nbagents.engine.breakpoints import Breakpoints
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.schedule import THE_END, Frontier, Target
from nbagents.engine.state import RunState


class Course:
    """What may start next, given a target, breakpoints and a wish to stop.

    Attributes:
        breakpoints: Where the run is to stop.
        halted: Why nothing more is to start; empty while more may.
        wall: Which limit of the run keeps more from starting; empty where none does.
    """

    def __init__(self, *, asks: bool = False) -> None:
        """Set no course yet; with `asks` a failure stops it, until one has decided."""
        self.breakpoints = Breakpoints()
        self.halted = ""
        self.wall = ""
        self._target, self._starts = THE_END, 0
        self._frontier: Frontier | None = None
        self._asks = asks
        self._asking: dict[str, str] = {}
        self._lacking: dict[str, str] = {}

    @property
    def is_set(self) -> bool:
        """Whether there is a plan to follow yet."""
        return self._frontier is not None

    @property
    def is_asking(self) -> bool:
        """Whether a person is to decide about a task that failed."""
        return bool(self._asking)

    @property
    def reason(self) -> str:
        """Why a run that follows it stops, if tasks still wait."""
        asking = asked(self._asking) or self.breakpoints.reason or self.halted
        lacking = approval.reason(
            [*self._lacking], next(iter(self._lacking.values()), "")
        )
        return self.wall or asking or lacking or self._target.reason

    @property
    def target(self) -> Target:
        """How far it goes."""
        return self._target

    def aim(self, target: Target, state: RunState) -> None:
        """Set out for `target`, past the breakpoints that were reached."""
        self._target, self._starts = target, 0
        self.halted = ""
        self._asking.clear()
        self.breakpoints.let_through()
        self.redraw(state)

    def redraw(self, state: RunState) -> None:
        """Look at the whole plan again: a person has changed something."""
        tasks = state.tasks
        for id in [*self._asking]:
            if id not in tasks or tasks[id].status is not TaskStatus.FAILED:
                del self._asking[id]  # That one is decided.
        self._lacking.clear()
        within, held = self._target.within, self.breakpoints.held
        # Who steps does not wait.
        impatient = self._target.most is not None
        self._frontier = Frontier(state, within, held, impatient=impatient)

    def next(self, state: RunState, settle: Callable[[str], bool]) -> str | None:
        """Take the task that should start now; `None` where none may.

        Args:
            state: Where the run stands.
            settle: Settles a task that need not run, and says so: it is not needed, or
                the result that it has counts again.
        """
        frontier = self._frontier
        while frontier and self._may_start():
            id = frontier.pop()
            stepping = self._target.most is not None  # A step steps over breakpoints.
            if settle(id):
                frontier.completed(id)
            elif approval.is_lacking(state, id):
                self._lacking[id] = state.tasks[id].awaits
            elif stepping or not self.breakpoints.before(state.plan[id]):
                self._starts += 1
                return id
        return None

    def completed(self, state: RunState, id: str) -> None:
        """Note that `id` is completed: what follows it may start, or is held."""
        held = self.breakpoints.after(state, state.plan[id])
        if not held and self._frontier is not None:
            self._frontier.completed(id)

    def failed(self, state: RunState, id: str) -> list[str]:
        """Note that `id` failed; return what can no longer run because of it."""
        self.breakpoints.failed(state.plan[id])
        if self._asks:
            self._asking[id] = f"'{id}' failed ({state.tasks[id].error})"
        return [] if self._frontier is None else self._frontier.failed(id)

    def retried(self, state: RunState, id: str) -> None:
        """Note that `id` failed and will be tried again: it is put off until then."""
        moment = state.tasks[id].not_before
        if self._frontier is not None and moment is not None:
            self._frontier.put_off(id, moment)

    def wake(self, now: float) -> None:
        """Let those start whose wait for the next try is over `now`."""
        if self._frontier is not None:
            self._frontier.wake(now)

    @property
    def wakes(self) -> float | None:
        """When the next of these waits is over; `None` if nothing starts then."""
        if self._frontier is None or not self._may_start():
            return None
        return self._frontier.wakes

    def _may_start(self) -> bool:
        if self.wall or self.halted or self._asking or self.breakpoints.stops_all:
            return False
        most = self._target.most
        return most is None or self._starts < most


def asked(failed: Mapping[str, str]) -> str:
    """Return what a person is asked about tasks that failed; empty without one."""
    if not failed:
        return ""
    id = next(iter(failed))
    more = f" and {len(failed) - 1:,} more" if len(failed) > 1 else ""
    return (
        f"{failed[id]}{more}. Decide: run.retry({id!r}), run.edit({id!r}, result=...), "
        f"run.replace(agent), run.skip({id!r}), or run.resume() to go on without it"
    )
