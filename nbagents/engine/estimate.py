"""What it will take to run again what an edit touched, from a run's own figures."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import mean

from nbagents.engine.lifecycle import WAITING_TASK, TaskStatus
from nbagents.engine.record import Attempt, total_cost
from nbagents.engine.spending import phrases
from nbagents.engine.state import RunState


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimate:
    """What going on with a run will take, if every task takes what it took before.

    It may turn out to be less: where an output comes out the same, what follows from
    it does not run again. And an agent that was replaced may take more, or less.

    Attributes:
        tasks: Ids of the tasks that will be executed, in the order of the plan.
        seconds: Their work, one after another; those of one level run side by side.
        tokens: What they will ask and be answered.
        cost: US dollars for that; `None` where a price is not known.
        unknown: Those of `tasks` of which this run knows nothing yet: neither they
            nor their agent have done anything. They are not in the sums.
        limits: What the run has used so far of what it may use, a phrase for each.
    """

    tasks: tuple[str, ...] = ()
    seconds: float = 0.0
    tokens: int = 0
    cost: float | None = 0.0
    unknown: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    def __repr__(self) -> str:
        count = len(self.tasks)
        said = [f"{count:,} task{'' if count == 1 else 's'} will run"]
        if count > len(self.unknown):
            said.append(f"about {self.seconds:,.1f} s of work")
            said += [f"{self.tokens:,} tokens"] if self.tokens else []
            said += [f"${self.cost:.4f}"] if self.cost else []
        if self.unknown:
            said.append(f"nothing known yet of {len(self.unknown):,}")
        said += [f"used so far: {', '.join(self.limits)}"] if self.limits else []
        return " · ".join(said)


def estimate(state: RunState) -> Estimate:
    """Return what it takes to execute all that waits in `state`.

    Of a task that was completed before, its last such attempt tells; of another, the
    mean of all that its agent completed in this run.
    """
    waiting = [id for id, task in state.tasks.items() if task.status in WAITING_TASK]
    figures = {id: _figures(state, id) for id in waiting}
    known = [figures[id] for id in waiting if figures[id]]
    return Estimate(
        tasks=tuple(waiting),
        seconds=sum(_mean(each, _seconds) for each in known),
        tokens=round(sum(_mean(each, _tokens) for each in known)),
        cost=total_cost(map(_cost, known)),
        unknown=tuple(id for id in waiting if not figures[id]),
        limits=tuple(phrases(state, time.time())),
    )


def _figures(state: RunState, id: str) -> list[Attempt]:
    """Return the attempts that tell what task `id` will take."""
    own = [*_completed(state.tasks[id].attempts)]
    if own:
        return own[-1:]
    agent = state.plan[id].agent
    tasks = state.tasks.values()
    attempts = (each for task in tasks for each in task.attempts)
    return [each for each in _completed(attempts) if each.agent == agent]


def _completed(attempts: Iterable[Attempt]) -> Iterable[Attempt]:
    return (each for each in attempts if each.status is TaskStatus.COMPLETED)


def _mean(attempts: list[Attempt], figure: Callable[[Attempt], float]) -> float:
    return mean(map(figure, attempts))


def _seconds(attempt: Attempt) -> float:
    return attempt.duration_seconds or 0.0


def _tokens(attempt: Attempt) -> float:
    return attempt.tokens


def _cost(attempts: list[Attempt]) -> float | None:
    total = total_cost(attempt.cost for attempt in attempts)
    return None if total is None else total / len(attempts)
