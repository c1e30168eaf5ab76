"""What a person sees of a task: a snapshot that does not change any more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from nbagents import showing
from nbagents.engine.context import Context
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.record import Attempt, TaskState, total_cost
from nbagents.engine.state import RunState
from nbagents.errors import UnknownTaskError
from nbagents.graph import Task
from nbagents.redaction import redacted


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TaskView:
    """One task of a run, as it was when it was asked for.

    In a cell it shows what it was given, the prompt, the result or the error, and
    every attempt.

    Attributes:
        id: Its id.
        description: What the agent was asked to do.
        agent: Name of the agent the plan gives it to.
        dependencies: Ids of the tasks whose results it gets.
        status: Where it stands.
        inputs: The results it gets, by id, as far as there are any yet.
        prompt: The last prompt as sent to a model, as text; `None` without one.
        result: What the agent returned; `None` until it is completed. A stale task
            still has the result that is in doubt.
        edited: Whether a person gave that result, by `run.edit`.
        error: Why it failed, with the agent's own traceback; `None` otherwise.
        reason: Why it was skipped or is stale, as a sentence; empty otherwise.
        because: Id of the task it was skipped for or is stale because of; `None`
            otherwise, and where a person skipped it.
        attempts: Every try, in order, with agent, times, tokens, cost and error.
        not_before: When it is tried again after a failure, in seconds since the
            epoch; `None` where it does not wait for that.
        by: Name of the agent that has taken over from `agent`, which failed for good;
            `None` where none has.
        approved: Whether a person has approved that it starts.
        said: When it is needed and how often it is done, in words; mostly empty.
    """

    id: str
    description: str
    agent: str
    dependencies: tuple[str, ...]
    status: TaskStatus
    inputs: Mapping[str, Any]
    result: Any
    error: Failure | None
    reason: str
    because: str | None
    attempts: tuple[Attempt, ...]
    edited: bool = False
    not_before: float | None = None
    by: str | None = None
    approved: bool = False
    said: str = ""

    @property
    def prompt(self) -> str | None:
        """The last prompt as sent to a model, as text; `None` without one."""
        calls = [call for attempt in self.attempts for call in attempt.calls]
        if not calls:
            return None
        return "\n\n".join(
            f"{message.get('role')}: {message.get('content')}"
            for message in calls[-1].messages
        )

    @property
    def tokens(self) -> int:
        """Tokens of all its attempts."""
        return sum(attempt.tokens for attempt in self.attempts)

    @property
    def cost(self) -> float | None:
        """US dollars for the models that all its attempts asked; 0.0 without any.

        `None` when the price of an answer is not known.
        """
        return total_cost(attempt.cost for attempt in self.attempts)

    @property
    def attempt(self) -> int:
        """The number of the last attempt; 0 before the first."""
        return self.attempts[-1].number if self.attempts else 0

    @property
    def started(self) -> float | None:
        """When the first attempt began, in seconds since the epoch."""
        return self.attempts[0].started if self.attempts else None

    @property
    def ended(self) -> float | None:
        """When the last attempt ended; `None` while there is none or it runs."""
        return self.attempts[-1].ended if self.attempts else None

    @property
    def duration_seconds(self) -> float | None:
        """How long the last attempt took; `None` until it has ended."""
        return self.attempts[-1].duration_seconds if self.attempts else None

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)

    @classmethod
    def of(cls, state: RunState, id: str) -> "TaskView":
        """Return the view of task `id`.

        Raises:
            UnknownTaskError: The plan has no such task.
        """
        plan, tasks = state.plan, state.tasks
        task = plan[id]
        if id not in tasks:
            raise UnknownTaskError(id, tasks)
        now = tasks[id]
        return cls(
            id=id,
            description=task.description,
            agent=task.agent,
            dependencies=task.dependencies,
            status=now.status,
            inputs=_inputs(state, task),
            result=now.result if now.status in _HAS_RESULT else None,
            error=now.error,
            reason=now.reason,
            because=now.because,
            attempts=now.attempts,
            edited=now.edited,
            not_before=now.not_before,
            by=now.by,
            approved=now.approved,
            said=task.said,
        )


_HAS_RESULT = (TaskStatus.COMPLETED, TaskStatus.STALE)


def _inputs(state: RunState, task: Task) -> Context:
    """Return what the agent is given, as far as it is there: it can be called so."""
    done = (need for need in task.dependencies if _is_done(state.tasks[need]))
    inputs = Context({need: state.tasks[need].result for need in done})
    inputs.task, inputs.goal = task.id, state.plan.goal
    return inputs


def _is_done(task: TaskState) -> bool:
    return task.status is TaskStatus.COMPLETED


class TaskViews(Sequence[TaskView]):
    """The tasks of a run in the order of its plan, also by id.

    Iterating gives `TaskView`s; `views["id"]` gives one.
    """

    __slots__ = ("_ids", "_state")

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._ids = tuple(state.tasks)

    @overload
    def __getitem__(self, key: int | str) -> TaskView: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[TaskView]: ...

    def __getitem__(self, key: int | str | slice) -> TaskView | Sequence[TaskView]:
        if isinstance(key, slice):
            return [TaskView.of(self._state, id) for id in self._ids[key]]
        if not isinstance(key, int):
            return TaskView.of(self._state, key)
        if not -len(self) <= key < len(self):
            message = f"there is no task number {key}: the plan has {len(self):,}"
            raise IndexError(message)
        return TaskView.of(self._state, self._ids[key])

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[TaskView]:
        return (TaskView.of(self._state, id) for id in self._ids)

    def __repr__(self) -> str:
        return redacted("\n".join(f"{view.status:9}  {view.id}" for view in self))
