"""Who does the work: `agent` makes agents, `roster` collects them by name."""

from nbagents.agents.agent import Agent, agent

__all__ = ["Agent", "agent"]
