"""What may be wrong with plans and agents."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nbagents.errors.base import NbagentsError
from nbagents.redaction import Discreet

DefectKind = Literal[
    "cycle",
    "duplicate_id",
    "empty_id",
    "missing",
    "no_dependency",
    "no_tasks",
    "not_json",
    "self_dependency",
    "too_many_tasks",
    "unknown_agent",
    "unknown_dependency",
    "wrong_type",
    "wrong_value",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect(Discreet):
    """One thing that is wrong with a plan.

    Attributes:
        kind: Which rule is broken, such as `"cycle"` or `"unknown_agent"`.
        message: The rule and the names involved, in one sentence.
        task: Id of the task it was found at; `None` when it has no usable id or
            concerns the whole plan.
        names: The names involved: the closed path of a cycle (first id again at
            the end), the unknown dependency, the unknown agent.
        valid: What would have been valid, sorted; empty where there is no list.
    """

    kind: DefectKind
    message: str
    task: str | None = None
    names: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


class PlanError(NbagentsError, ValueError):
    """A plan that cannot run, with everything that is wrong with it.

    Attributes:
        defects: Every defect found, in the order of the tasks.
    """

    def __init__(self, defects: Iterable[Defect]) -> None:
        self.defects: tuple[Defect, ...] = tuple(defects)
        count = len(self.defects)
        heading = "the plan has a defect" if count == 1 else f"{count} defects"
        lines = "\n".join(f"  - {defect.message}" for defect in self.defects)
        super().__init__(f"{heading}:\n{lines}")


class DesignError(NbagentsError, ValueError):
    """Designs of specialists that cannot be a team, with all that is wrong with them.

    Attributes:
        defects: Every defect found, one sentence each.
    """

    def __init__(self, defects: Iterable[str]) -> None:
        self.defects: tuple[str, ...] = tuple(defects)
        lines = "\n".join(f"  - {defect}" for defect in self.defects)
        super().__init__(f"these specialists cannot be a team:\n{lines}")


class AgentError(NbagentsError, TypeError):
    """Something that was given as an agent cannot be one."""


class AgentProcessError(NbagentsError, RuntimeError):
    """The process of an isolated agent died, or could not be given its work.

    It also stands for what the agent raised where that cannot be sent: the message
    then begins with the name of its class.

    Attributes:
        agent: Name of the agent.
        exit_code: What the process ended with; `-11` for signal 11, as `subprocess`
            has it. `None` where it did not die.
    """

    retryable = True

    def __init__(
        self, message: str, *, agent: str, exit_code: int | None = None
    ) -> None:
        self.agent = agent
        self.exit_code = exit_code
        super().__init__(message)
