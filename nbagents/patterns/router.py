"""Router: a model picks the agent for a task."""

from collections.abc import Iterable, Mapping
from typing import Any

from nbagents.agents import Agent
from nbagents.agents.roster import roster
from nbagents.errors import AgentError, alternatives
from nbagents.graph import Plan, Task
from nbagents.orchestrator import Orchestrator
from nbagents.patterns.pattern import Pattern, require_text
from nbagents.patterns.routing import Dispatch, Routing
from nbagents.redaction import redacted

ROUTE, ANSWER = "route", "answer"
"""Ids of the two tasks."""

ROUTER, CHOSEN = "router", "chosen"
"""Names of the two agents of the plan."""


class Router(Pattern):
    """A model picks the agent for a task, by what the agents say of themselves.

    The plan has two tasks. The result of `"route"` is the name of the agent; then
    `"answer"` has that agent do the task. So who was picked can be seen, and changed:
    `run.edit("route", result="writer")` and `run.resume()` have the writer do it
    again, with nothing else asked. `debug(task)` and `run.step()` stop between the two.

    An answer of the model that names no agent is sent back once with what was wrong.
    After that `default` does the task, and without one the route has failed with a
    `RoutingError`. Agents are asked as ever, also in a process of their own; how often
    a task is tried is what `retry=` of the router says, not that of an agent.

    Attributes:
        team: Who does the work. It has the other verbs, such as `load_run`.
        agents: The agents to pick from, by name.
        default: Who does it where the model names nobody; `None` for nobody.

    Example:
        >>> router = Router([analyst, writer], model="gpt-4o")  # doctest: +SKIP
        >>> run = router.run("Why did sales fall?")  # doctest: +SKIP
        >>> run["route"].result  # doctest: +SKIP
        'analyst'
    """

    def __init__(
        self,
        agents: Mapping[str, Any] | Iterable[Any],
        model: Any = None,
        *,
        default: str | None = None,
        **options: Any,
    ) -> None:
        """Collect the agents; nothing is connected to or started yet.

        Args:
            agents: A list, or a dict by name, of whatever a team takes.
            model: Picks, and serves language-model agents that name none: the name
                of a model, or a `ScriptedModel`.
            default: Name of the agent that does what the model can give to nobody.
            options: As `Orchestrator` has them, such as `retry`, `limits`, `base_url`.

        Raises:
            AgentError: One of them cannot be an agent, there are none, or `default`
                is none of them.
        """
        self.agents: dict[str, Agent] = roster(agents)
        self.default = default
        if default is not None and default not in self.agents:
            known = alternatives(default, tuple(self.agents))
            message = f"the default {default!r} is no agent of the router {known}"
            raise AgentError(message)
        super().__init__(Orchestrator(self._workers(), model, **options))

    def plan(self, text: str) -> Plan:
        """Return the two tasks for `text`, to look at and to edit.

        Args:
            text: What is to be done.
        """
        task = require_text(text)
        return Plan([Task(ROUTE, task, ROUTER), Task(ANSWER, task, CHOSEN, [ROUTE])])

    def _workers(self) -> list[Agent]:
        about = {name: each.description for name, each in self.agents.items()}
        routing = Routing(agents=about, default=self.default)
        dispatch = Dispatch(agents=self.agents, route=ROUTE)
        return [
            Agent(ROUTER, "Picks the agent for a task", routing),
            Agent(CHOSEN, "Has the agent that was picked do the task", dispatch),
        ]

    def __repr__(self) -> str:
        return redacted(f"Router([{', '.join(self.agents)}])")
