"""Who does the work: `agent` makes agents, `roster` collects them by name."""

from nbagents.agents.agent import Agent, agent
from nbagents.agents.pictures import Picture
from nbagents.agents.tools import Tool, tool

__all__ = ["Agent", "Picture", "Tool", "agent", "tool"]
