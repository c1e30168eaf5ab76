"""Pipeline: each agent works on what the one before it made."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.roster import as_agent
from nbagents.errors import AgentError, UnknownAgentError
from nbagents.graph import Plan, Task
from nbagents.orchestrator import Orchestrator
from nbagents.patterns.pattern import Pattern, require_text
from nbagents.patterns.stage import stage, task_after


class Pipeline(Pattern):
    """Agents one after another: the output of each is the input of the next.

    The first agent gets the text as its task. A function that comes later is called
    with the output of the stage before as its task, where that is text; `context` has
    that output by the id of its stage, whatever it is. An agent that asks a model gets
    it as a result to work with, fenced, so that a text cannot pass for an instruction.

    The run is one like any other. `run.edit("draft", result=...)` corrects what a
    stage made, and `run.resume()` has the stages after it work with that.

    Attributes:
        team: Who does the work. It has the other verbs, such as `load_run`.
        stages: Ids of the stages, in order: the names of the agents, `"draft"` and
            `"draft_2"` where one comes twice.

    Example:
        >>> def shout(task, context):
        ...     return task.upper()
        >>> def greet(task, context):
        ...     return f"{task}!"
        >>> Pipeline([shout, greet]).run("hello").result
        'HELLO!'
    """

    def __init__(
        self, agents: Mapping[str, Any] | Iterable[Any], **options: Any
    ) -> None:
        """Collect the stages; nothing is started yet.

        Args:
            agents: In order, whatever a team takes: agents, functions
                `(task, context)`, objects with `execute`, agents of other frameworks.
                In a dict the keys are the ids of the stages.
            options: As `Orchestrator` has them, such as `model`, `retry`, `limits`.

        Raises:
            AgentError: One of them cannot be an agent, or there are none.
        """
        named = _by_id(agents)
        self.stages: tuple[str, ...] = tuple(named)
        if not named:
            message = "a pipeline needs at least one stage"
            raise AgentError(message).with_note("Try: Pipeline([draft, edit])")
        self._before = {after: before for before, after in pairwise(self.stages)}
        team = [self._stage(each, id) for id, each in named.items()]
        super().__init__(Orchestrator(team, **options))

    def plan(self, text: str) -> Plan:
        """Return the chain of tasks for `text`, to look at and to edit.

        Args:
            text: What the first stage begins with.
        """
        first, *others = self.stages
        tasks = [Task(first, require_text(text), first)]
        for id in others:
            before = self._before[id]
            tasks.append(Task(id, task_after(before), id, [before]))
        return Plan(tasks)

    def as_stage(self, agent: Any) -> Agent:
        """Return `agent` as the stage of its name, for `run.replace`.

        Args:
            agent: Such as the function of a stage, defined again.

        Raises:
            UnknownAgentError: No stage has its name.

        Example:
            >>> run.replace(pipeline.as_stage(draft))  # doctest: +SKIP
        """
        made = as_agent(agent)
        if made.name not in self.stages:
            raise UnknownAgentError(made.name, self.stages)
        return self._stage(made, made.name)

    def _stage(self, agent: Agent, id: str) -> Agent:
        return stage(agent, id, self._before.get(id))

    def __repr__(self) -> str:
        return f"Pipeline([{', '.join(self.stages)}])"


def _by_id(agents: Any) -> dict[str, Agent]:
    """Return the agents in order, each by an id of its own."""
    if isinstance(agents, Mapping):
        return {id: as_agent(each, id) for id, each in agents.items()}
    if isinstance(agents, str | Agent) or not isinstance(agents, Iterable):
        message = f"stages must be a list or a dict, not {type(agents).__name__}"
        raise AgentError(message).with_note("Try: Pipeline([draft, edit])")
    made = [as_agent(each) for each in agents]
    taken = {each.name for each in made}
    named: dict[str, Agent] = {}
    for each in made:
        id = each.name if each.name not in named else _free(each.name, taken)
        taken.add(id)
        named[id] = each
    return named


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
