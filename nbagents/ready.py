"""Whether those who are to do the work of a run are there, and can."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from nbagents import reporting
from nbagents.agents import Agent
from nbagents.agents.agent import NeedsModel
from nbagents.agents.coding import Coder
from nbagents.agents.roster import as_agent
from nbagents.engine.state import RunState
from nbagents.errors import AgentError, PlanError, alternatives
from nbagents.models import ChatModel
from nbagents.models.recording import at_work
from nbagents.models.server import no_model


def require_agents(state: RunState, team: Mapping[str, Agent]) -> None:
    """Raise unless all are in `team` that the plan names, or that have taken over."""
    try:
        state.plan.check_agents(team)
        _require_standby(state, team)
    except (PlanError, AgentError) as error:
        error.add_note("To look at the run without a team: nbagents.load_run(id)")
        raise


def _require_standby(state: RunState, team: Mapping[str, Agent]) -> None:
    for id, task in state.tasks.items():
        if task.by is not None and task.by not in team:
            known = alternatives(task.by, tuple(sorted(team)))
            message = f"agent '{task.by}' took over task '{id}': it is needed {known}"
            raise AgentError(message).with_note(
                f"Try: Orchestrator(..., fallbacks={{{state.plan[id].agent!r}: [...]}})"
            )


def check_model(worker: Agent) -> None:
    """Raise if `worker` asks a model that cannot work, or has no sandbox it needs."""
    if isinstance(worker.execute, NeedsModel):
        if worker.execute.model is None:
            raise no_model(f"agent '{worker.name}' asks a model, and there is none")
        worker.execute.model.check()
    if isinstance(worker.execute, Coder):
        worker.execute.check()


def recruit(model: ChatModel | None, models: list[ChatModel], value: Any) -> Agent:
    """Return `value` as an agent that can join a run, bound to the team's model."""
    worker = as_agent(value).bind(model)
    check_model(worker)
    models += [new for new in models_of(None, [worker]) if new not in models]
    return worker


def models_of(model: ChatModel | None, workers: Iterable[Agent]) -> list[ChatModel]:
    """Return the models that are asked: the team's, and those of agents."""
    asked = [getattr(worker.execute, "model", None) for worker in workers]
    return [each for each in (model, *asked) if isinstance(each, ChatModel)]


def enter(model: ChatModel | None, run: str) -> None:
    """Begin `run`, of a team with `model`, where its agents are to work."""
    reporting.enter(run)
    at_work.enter(None if model is None else model.server)


async def hold_open(models: Iterable[ChatModel], stop: asyncio.Event) -> None:
    """Keep the models' connections from call to call, until the run stops."""
    async with AsyncExitStack() as stack:
        for model in models:
            await stack.enter_async_context(model.opened())
        await stop.wait()
