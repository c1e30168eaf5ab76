"""What may be wrong with what is asked of a run."""

from collections.abc import Iterable, Mapping

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


class InnerRunError(NbagentsError, RuntimeError):
    """The run by which a team did a task has not come to a result.

    Attributes:
        run: Its id.
        team: Name of the team.
        failed: By the id of each task of it that failed, why, in words.
        retryable: Whether one of these may come out differently, done once more. That
            goes on with the same run: what is completed in it is not done again.
    """

    def __init__(
        self,
        message: str,
        *,
        run: str,
        team: str,
        failed: Mapping[str, str] | None = None,
        retryable: bool = False,
    ) -> None:
        self.run = run
        self.team = team
        self.failed = dict(failed or {})
        self.retryable = retryable
        super().__init__(message)


class LimitReachedError(NbagentsError, RuntimeError):
    """A model was not asked, because its run has reached one of its limits.

    The run pauses then, and the task waits to be started again, whatever its agent
    makes of this. An agent that catches it and returns something has done its task.

    Attributes:
        limit: The limit: `"calls"`, `"tokens"` or `"cost"`.
        used: How much was used of it.
    """

    def __init__(self, message: str, *, limit: str, used: float) -> None:
        self.limit = limit
        self.used = used
        super().__init__(message)


class RepeatedCallError(NbagentsError, RuntimeError):
    """An attempt asked the same model the same thing too often in a row.

    Attributes:
        model: Name of the model.
        times: How often it asked, this time included.
    """

    def __init__(self, model: str, times: int) -> None:
        self.model = model
        self.times = times
        super().__init__(f"asked '{model}' the same thing {times} times in a row")
        self.add_note(
            "An agent that is going round in circles looks like this. To ask for many "
            "answers on purpose: run.limit(repeats=None), or Limits(repeats=None)"
        )


class AwaitsApprovalError(NbagentsError, RuntimeError):
    """A call of a tool that a person is to approve; it ends the attempt.

    Attributes:
        call: The call, in words.
    """

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(f"a person is to approve the call {call}")


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
