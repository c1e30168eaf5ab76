"""Every exception nbagents raises, in one tree.

Each class also subclasses the built-in that a careful user would catch, keeps
its data on attributes, and can be pickled. The message says what happened and
what would have been valid; what to type next is a note, so `str(error)` stays
short while a traceback shows both.
"""

from nbagents.errors.base import NbagentsError, alternatives, suggestion
from nbagents.errors.journals import (
    JournalDamagedError,
    JournalError,
    JournalRecordError,
    JournalVersionError,
    JournalWriteError,
    NotAJournalError,
    RunClaimedError,
    UnknownRunError,
)
from nbagents.errors.models import (
    AnswerDefect,
    ModelAnswerError,
    ModelError,
    ModelNotConfiguredError,
    RecordingError,
    RecordingMissError,
    RoutingError,
    ToolTurnsError,
)
from nbagents.errors.plans import (
    AgentError,
    AgentProcessError,
    Defect,
    DefectKind,
    DesignError,
    PlanError,
)
from nbagents.errors.runs import (
    AwaitsApprovalError,
    InnerRunError,
    LimitReachedError,
    RepeatedCallError,
    RunStateError,
    TaskTimeout,
    UnknownAgentError,
    UnknownTaskError,
)
from nbagents.errors.sandboxes import CodeError, SandboxError

__all__ = [
    "AgentError",
    "AgentProcessError",
    "AnswerDefect",
    "AwaitsApprovalError",
    "CodeError",
    "Defect",
    "DefectKind",
    "DesignError",
    "InnerRunError",
    "JournalDamagedError",
    "JournalError",
    "JournalRecordError",
    "JournalVersionError",
    "JournalWriteError",
    "LimitReachedError",
    "ModelAnswerError",
    "ModelError",
    "ModelNotConfiguredError",
    "NbagentsError",
    "NotAJournalError",
    "PlanError",
    "RecordingError",
    "RecordingMissError",
    "RepeatedCallError",
    "RoutingError",
    "RunClaimedError",
    "RunStateError",
    "SandboxError",
    "TaskTimeout",
    "ToolTurnsError",
    "UnknownAgentError",
    "UnknownRunError",
    "UnknownTaskError",
    "alternatives",
    "suggestion",
]
