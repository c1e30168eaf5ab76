"""What happened in one try of one task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbagents.engine.events.base import AttemptEvent
from nbagents.engine.failure import Failure


@dataclass(frozen=True, slots=True)
class TaskStarted(AttemptEvent):
    """`agent` began to work on the task.

    `description` is what it was asked where that is not what the plan says. `digest` is
    that of what the plan's agent executed then, and `lasting` what another kernel would
    find of it; see `digests`. `by_digest` and `by_lasting` are the same of an agent
    that has taken over from it; `None` where none has.
    """

    agent: str
    description: str | None = None
    digest: str | None = None
    lasting: str | None = None
    by_digest: str | None = None
    by_lasting: str | None = None


@dataclass(frozen=True, slots=True)
class ModelAsked(AttemptEvent):
    """A prompt went out: the messages as sent, to the model of that name."""

    model: str
    messages: Sequence[Mapping[str, Any]]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class ModelAnswered(AttemptEvent):
    """The answer came back; token counts are `None` when the server gave none.

    `cost` is in US dollars; `None` means that it is not known.
    """

    model: str
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class ToolCalled(AttemptEvent):
    """A model called the tool of that name; `arguments` is JSON as the model wrote it.

    `call` is the number of the call in the attempt, from 1.
    """

    call: int
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolReturned(AttemptEvent):
    """That call came back with `result`, the text that the model was told.

    `failed` says that it is why the tool could not do it.
    """

    call: int
    result: str
    seconds: float
    failed: bool = False


@dataclass(frozen=True, slots=True)
class RunNested(AttemptEvent):
    """The agent began a run of its own, of the id `run`, to do the task."""

    run: str


@dataclass(frozen=True, slots=True)
class TaskCompleted(AttemptEvent):
    """The agent returned `result`.

    `digest` is that of its content when it was returned; `None` for plain text and
    numbers, which cannot change.
    """

    result: Any
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class TaskFailed(AttemptEvent):
    """The agent raised, or ran out of time.

    `abandoned` says that it is still at work somewhere, in a thread that cannot
    be stopped; what it returns later is dropped.
    """

    error: Failure
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class TaskRetried(AttemptEvent):
    """The attempt failed, and the task will be tried again `wait` seconds later.

    Until then it is pending; `abandoned` as for `TaskFailed`. `by` is the name of the
    agent that takes over, because the one before has failed for good; `None` where the
    same one tries again.
    """

    error: Failure
    wait: float
    abandoned: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True)
class TaskInterrupted(AttemptEvent):
    """The attempt was taken away; the task waits to be started again.

    `awaits` is the call of a tool that a person is to approve before that; empty where
    there is none.
    """

    abandoned: bool = False
    awaits: str = ""


@dataclass(frozen=True, slots=True)
class Progress(AttemptEvent):
    """What a running task says of itself; not kept.

    `fraction` runs from 0 to 1; `None` means that it is not known.
    """

    message: str = ""
    fraction: float | None = None
