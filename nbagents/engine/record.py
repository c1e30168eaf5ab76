"""What is known of one task: its tries, and what they asked of models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.redaction import Discreet


@dataclass(frozen=True, slots=True)
class ModelCall(Discreet):
    """One question to a model, and what the answer cost.

    Attributes:
        model: Name of the model.
        messages: The prompt as sent: `{"role", "content"}` each.
        simulated: Whether the model is a scripted one.
        input_tokens: Tokens of the prompt; `None` while there is no answer, and
            when the server did not tell.
        output_tokens: The same, of the answer.
        seconds: How long the answer took; `None` while there is none.
        cost: US dollars; `None` while there is no answer, and when it is not known.
    """

    model: str
    messages: Sequence[Mapping[str, Any]] = ()
    simulated: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None

    @property
    def tokens(self) -> int:
        """Input and output tokens together; those not told count as none."""
        return (self.input_tokens or 0) + (self.output_tokens or 0)


@dataclass(frozen=True, slots=True)
class ToolCall(Discreet):
    """One call of a tool by a model, and what came of it.

    Attributes:
        tool: Name of the tool.
        arguments: JSON, as the model wrote it.
        result: The text that the model was told; `None` while there is none.
        seconds: How long it took; `None` while it takes.
        failed: Whether the result is why the tool could not do it.
    """

    tool: str
    arguments: str
    result: str | None = None
    seconds: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Attempt(Discreet):
    """One try of one task by one agent.

    Attributes:
        number: Counted from 1.
        agent: Name of the agent.
        started: Seconds since the epoch.
        ended: The same; `None` while it runs.
        status: `"running"`, `"completed"`, `"failed"` or `"cancelled"`.
        error: Why it failed; `None` when it did not.
        abandoned: It was given up on and could not be stopped.
        calls: What it asked of models, in order.
        description: What it was asked where the plan says something else; `None`
            where it was the plan's.
        agent_digest: Digest of what the plan's agent executed then; `None` where it
            is not known.
        wait: Seconds from its failure to the next try; `None` where none was due.
        runs: Ids of the runs that its agent began, in order.
        by_digest: Digest of what its agent executed, where that had taken over from the
            plan's; `None` otherwise.
        tools: The tools that models called in it, in order.
    """

    number: int
    agent: str
    started: float
    ended: float | None = None
    status: TaskStatus = TaskStatus.RUNNING
    error: Failure | None = None
    abandoned: bool = False
    calls: tuple[ModelCall, ...] = ()
    description: str | None = None
    agent_digest: str | None = None
    wait: float | None = None
    runs: tuple[str, ...] = ()
    by_digest: str | None = None
    tools: tuple[ToolCall, ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens of all its model calls."""
        return sum(call.tokens for call in self.calls)

    @property
    def cost(self) -> float | None:
        """US dollars for all its answers; `None` when one of them is not known.

        0.0 when it asked no model. A call without an answer counts as nothing.
        """
        answered = (call.cost for call in self.calls if call.seconds is not None)
        return total_cost(answered) if self.calls else 0.0

    @property
    def simulated(self) -> bool:
        """Whether a scripted model had a part in it."""
        return any(call.simulated for call in self.calls)

    @property
    def duration_seconds(self) -> float | None:
        """How long it took; `None` while it runs."""
        return None if self.ended is None else self.ended - self.started


@dataclass(frozen=True, slots=True)
class TaskState(Discreet):
    """Where one task stands.

    Attributes:
        status: Its state.
        last: Its latest try; `None` before the first.
        earlier: The tries before that, in order.
        result: What the agent returned; `None` until it is completed. A stale task
            has the result it had, and so has one that was stale when it was skipped.
        because: Id of the task that kept it from running or made it stale; `None`
            otherwise.
        reason: Why it was skipped or is stale, as a sentence; empty otherwise.
        digest: That of the result when it was returned; `None` for a plain one.
        key: Digest of what the result was made from, while that is in doubt.
        edited: Whether a person gave the result.
        not_before: When it is tried again after a failure, in seconds since the
            epoch; `None` where it does not wait for that.
        failures: How often it failed in a row, and was to be tried again by the same
            agent.
        by: Name of the agent that has taken over from the plan's: it makes the next
            tries, or made the result; `None` where none has.
        approved: Whether a person has approved that it starts.
        awaits: The call of a tool that it was interrupted for, until a person decides.
        refused: Why a person refused that call; `None` where none has.
        unmet: Whether it was skipped because it is not needed: what its condition looks
            at says something else.
    """

    status: TaskStatus = TaskStatus.PENDING
    last: Attempt | None = None
    earlier: tuple[Attempt, ...] = ()
    result: Any = None
    because: str | None = None
    reason: str = ""
    digest: str | None = None
    key: str | None = None
    edited: bool = False
    not_before: float | None = None
    failures: int = 0
    by: str | None = None
    approved: bool = False
    unmet: bool = False
    awaits: str = ""
    refused: str | None = None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try so far, in order."""
        return self.earlier if self.last is None else (*self.earlier, self.last)

    @property
    def is_settled(self) -> bool:
        """Whether what depends on it may start: it is completed, or not needed."""
        return self.status is TaskStatus.COMPLETED or self.unmet

    @property
    def is_trying(self) -> bool:
        """Whether it has failed, and waits for another try by whoever is next."""
        waits = self.status is TaskStatus.PENDING
        return waits and (self.not_before is not None or bool(self.failures or self.by))

    @property
    def error(self) -> Failure | None:
        """Why the last attempt failed; `None` when the task has not failed."""
        failed = self.status is TaskStatus.FAILED and self.last
        return failed.error if failed else None


def at_rest(task: TaskState) -> TaskState:
    """Return where a task of the past stands, now that nothing of it is at work."""
    if task.status is TaskStatus.RUNNING:
        last = task.earlier[-1] if task.earlier else None
        return TaskState(TaskStatus.PENDING, last, task.earlier[:-1])
    if task.status is TaskStatus.CANCELLED:
        waiting = TaskStatus.PENDING if task.key is None else TaskStatus.STALE
        return replace(task, status=waiting)
    return task


def total_cost(costs: Iterable[float | None]) -> float | None:
    """Return the sum in US dollars; `None` when one of `costs` is not known."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
