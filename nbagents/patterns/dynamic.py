"""DynamicTeam: a model designs the specialists for a goal."""

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nbagents import recorded
from nbagents.agents import Agent
from nbagents.engine import background
from nbagents.given import json_of, require_limit
from nbagents.graph import Plan
from nbagents.journal import DEFAULT
from nbagents.models import ChatModel, resolve
from nbagents.models.server import no_model
from nbagents.orchestrator import Orchestrator
from nbagents.patterns.pattern import require_text
from nbagents.planning import Design, Designs, make_designs
from nbagents.redaction import redacted
from nbagents.run import Run

_MOST_CACHED = 64
_KEPT_AS = "designs"


class DynamicTeam:
    """A team whose specialists are designed for each goal, by a model.

    The model proposes 2 to 6 of them: a name, a role, capabilities and a system prompt
    each. They ask the team's model, plan and work as any other team's agents, and have
    nothing else: a design cannot bring tools, another model, or change a limit.

    `design(goal)` is the proposal as a value, to read and to edit before anything more
    is spent; `run`, `start`, `debug` and `plan` take it, or a goal that is designed for
    first. The same design is the same agent, however often it is proposed. A run keeps
    the designs in its metadata, so that `load_run` finds the team again.

    Attributes:
        last_run: The run begun last; `None` before the first.

    Example:
        >>> team = DynamicTeam(model="gpt-4o")  # doctest: +SKIP
        >>> designs = team.design("A guide to Lisbon")  # doctest: +SKIP
        >>> team.run(designs.without("photographer"))  # doctest: +SKIP
    """

    def __init__(
        self,
        model: Any = None,
        *,
        cache_size: int = _MOST_CACHED,
        metadata: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Set the team up; nothing is connected to or started yet.

        Args:
            model: Designs, plans, works and answers: the name of a model, or a
                `ScriptedModel`.
            cache_size: Most agents that are kept for designs that come again.
            metadata: What is to be said of each run, as JSON values by name.
            options: As `Orchestrator` has them, such as `retry`, `limits`, `base_url`.

        Raises:
            ValueError: `cache_size` is no whole number above 0.
            TypeError: `metadata` is no JSON.
        """
        require_limit("cache_size", cache_size, whole=True)
        where = {name: options.get(name) for name in ("api_key", "base_url")}
        self._model = resolve(model, **where)
        self._options = options
        self._metadata = json_of({} if metadata is None else metadata)
        self._most = cache_size
        self._agents: OrderedDict[Design, Agent] = OrderedDict()
        self.last_run: Run | None = None

    @property
    def cache(self) -> Mapping[Design, Agent]:
        """The agents that are kept, by their designs; the one used last is last."""
        return MappingProxyType(dict(self._agents))

    def design(self, goal: str) -> Designs:
        """Return the specialists that the model would have for `goal`.

        Args:
            goal: What is to be reached, in words.

        Raises:
            ModelNotConfiguredError: There is no model, or no key for it.
            ModelError: The model could not be reached or did not answer.
            DesignError: What it answered cannot be a team, after two repairs.
        """
        work = make_designs(self._require_model(), require_text(goal))
        return background.wait(background.submit(work))

    def team(self, designs: Designs) -> Orchestrator:
        """Return these specialists as a team like any other."""
        agents = [self._agent(design) for design in designs]
        said = {**self._metadata, _KEPT_AS: designs.to_dict()}
        return Orchestrator(agents, self._model, metadata=said, **self._options)

    def plan(self, goal_or_designs: str | Designs) -> Plan:
        """Return the model's plan for the specialists; `run` makes another.

        To run just this one: `team.team(designs).run(plan)`.
        """
        designs = self._designs(goal_or_designs)
        return self.team(designs).plan(designs.goal)

    def run(self, goal_or_designs: str | Designs) -> Run:
        """Have the specialists reach the goal, and return the run at its end.

        Tasks that fail do not raise: they are in the run, with what did complete.

        Raises:
            DesignError: The model's designs cannot be a team.
            PlanError: Its plan cannot run.
            ModelError: It could not be asked.
        """
        designs = self._designs(goal_or_designs)
        team = self.team(designs)
        try:
            return team.run(designs.goal)
        finally:  # Also where the cell was interrupted.
            self.last_run = team.last_run

    def start(self, goal_or_designs: str | Designs) -> Run:
        """Begin to run and return as soon as the specialists are designed."""
        designs = self._designs(goal_or_designs)
        self.last_run = self.team(designs).start(designs.goal)
        return self.last_run

    def debug(self, goal_or_designs: str | Designs) -> Run:
        """Return a run, planned, that is stopped before its first task."""
        designs = self._designs(goal_or_designs)
        self.last_run = self.team(designs).debug(designs.goal)
        return self.last_run

    def load_run(self, id: str | None = None, *, take_over: bool = False) -> Run:
        """Return a run of before, to go on with it, with the specialists it had.

        Args:
            id: Its id, as `runs()` has it; `None` takes the newest of this notebook.
            take_over: As for `Orchestrator.load_run`.

        Raises:
            UnknownRunError: There is no such run.
            DesignError: It is none of a dynamic team.
            JournalError: The journal cannot be read or written.
            ValueError: This team keeps no journal.
        """
        place = self._options.get("journal", DEFAULT)
        if place is None:
            message = "this team keeps no journal, so there is no run to load"
            raise ValueError(message)
        known = recorded.load_run(id, journal=place)
        team = self.team(Designs.from_dict(known.metadata.get(_KEPT_AS, {})))
        self.last_run = team.load_run(known.id, take_over=take_over)
        return self.last_run

    def _designs(self, given: str | Designs) -> Designs:
        return given if isinstance(given, Designs) else self.design(given)

    def _agent(self, design: Design) -> Agent:
        made = self._agents.pop(design, None) or Agent.llm(
            design.name, design.description, system=design.system, model=design.model
        )
        self._agents[design] = made
        while len(self._agents) > self._most:
            self._agents.popitem(last=False)
        return made

    def _require_model(self) -> ChatModel:
        if self._model is None:
            raise no_model("designing a team takes a model, and there is none")
        self._model.check()
        return self._model

    def __repr__(self) -> str:
        named = f"model={self._model.name!r}" if self._model else ""
        return redacted(f"DynamicTeam({named})")
