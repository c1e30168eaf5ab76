"""What may be wrong with what is asked of a run."""

from collections.abc import Iterable

from nbagents.errors.base import NbagentsError, alternatives


class UnknownAgentError(NbagentsError, KeyError):
    """The name of an agent that the run does not have.

    Attributes:
        agent: The name that was asked for.
        valid: The names there are, sorted.
    """

    def __init__(self, agent: object, valid: Iterable[str]) -> None:
        self.agent = agent
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(
            f"no agent named {agent!r} in this run {alternatives(agent, self.valid)}"
        )


class UnknownTaskError(NbagentsError, KeyError):
    """A task id that the plan does not have.

    Attributes:
        task: The id that was asked for.
        valid: The ids the plan has, sorted.
    """

    def __init__(self, task: object, valid: Iterable[str]) -> None:
        self.task = task
        self.valid: tuple[str, ...] = tuple(sorted(valid))
        super().__init__(
            f"no task named {task!r} in this plan {alternatives(task, self.valid)}"
        )


class RunStateError(NbagentsError, RuntimeError):
    """A verb that the run cannot follow in the state it is in.

    Attributes:
        verb: What was asked for, such as `"resume"`.
        status: The state the run, or the task, was in.
    """

    def __init__(self, message: str, *, verb: str, status: str) -> None:
        self.verb = verb
        self.status = status
        super().__init__(message)


class TaskTimeout(NbagentsError, TimeoutError):
    """An attempt that took longer than the team's `task_timeout`.

    Attributes:
        task: Id of the task.
        seconds: The limit that was passed, in seconds.
    """

    retryable = True

    def __init__(self, task: str, seconds: float) -> None:
        self.task = task
        self.seconds = seconds
        super().__init__(f"task '{task}' did not finish within {seconds:g} s")
