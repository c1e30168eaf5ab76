"""nbagents: a team of agents as a graph of tasks, inside a notebook."""

from nbagents.agents import Agent, Picture, Tool, agent, tool
from nbagents.coded import CodeResult
from nbagents.engine.comparing import compare
from nbagents.engine.comparison import Comparison
from nbagents.engine.limits import Limits
from nbagents.errors import (
    AgentError,
    AgentProcessError,
    CodeError,
    Defect,
    DesignError,
    InnerRunError,
    JournalError,
    LimitReachedError,
    ModelAnswerError,
    ModelError,
    ModelNotConfiguredError,
    NbagentsError,
    PlanError,
    RecordingError,
    RecordingMissError,
    RepeatedCallError,
    RoutingError,
    RunClaimedError,
    RunStateError,
    SandboxError,
    TaskTimeout,
    ToolTurnsError,
    UnknownAgentError,
    UnknownRunError,
    UnknownTaskError,
)
from nbagents.graph import Each, Plan, Task, Until, When
from nbagents.models import (
    Recording,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    client,
)
from nbagents.orchestrator import Orchestrator
from nbagents.patterns import DynamicTeam, Hierarchy, Pipeline, Router
from nbagents.planning import Design, Designs
from nbagents.recorded import RecordedRun, load_run, runs
from nbagents.reporting import report
from nbagents.retrying import Retry
from nbagents.run import Run
from nbagents.showing import load_ipython_extension as load_ipython_extension
from nbagents.showing import unload_ipython_extension as unload_ipython_extension

__all__ = [
    "Agent",
    "AgentError",
    "AgentProcessError",
    "CodeError",
    "CodeResult",
    "Comparison",
    "Defect",
    "Design",
    "DesignError",
    "Designs",
    "DynamicTeam",
    "Each",
    "Hierarchy",
    "InnerRunError",
    "JournalError",
    "LimitReachedError",
    "Limits",
    "ModelAnswerError",
    "ModelError",
    "ModelNotConfiguredError",
    "NbagentsError",
    "Orchestrator",
    "Picture",
    "Pipeline",
    "Plan",
    "PlanError",
    "RecordedRun",
    "Recording",
    "RecordingError",
    "RecordingMissError",
    "RepeatedCallError",
    "Retry",
    "Router",
    "RoutingError",
    "Run",
    "RunClaimedError",
    "RunStateError",
    "SandboxError",
    "ScriptedModel",
    "ScriptedReply",
    "ScriptedRequest",
    "Task",
    "TaskTimeout",
    "Tool",
    "ToolTurnsError",
    "UnknownAgentError",
    "UnknownRunError",
    "UnknownTaskError",
    "Until",
    "When",
    "agent",
    "client",
    "compare",
    "load_run",
    "report",
    "runs",
    "tool",
]
