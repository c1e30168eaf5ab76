"""Small plans and agents that several tests use."""

from collections.abc import Callable
from typing import Any

from nbagents import Agent, Plan, Task
from nbagents.engine import events as e
from nbagents.engine.fold import apply, replay


def plan_of(agent: str = "x", /, **needs: list[str]) -> Plan:
    """Return a plan of one agent from `id=[dependencies]`."""
    return Plan([Task(id, f"do {id}", agent, each) for id, each in needs.items()])


def layered(layers: int, width: int, agent: str = "x") -> Plan:
    """Return layers of tasks, each needing two of the layer before."""
    tasks = []
    for layer in range(layers):
        for place in range(width):
            above = [f"t{layer - 1}_{(place + k) % width}" for k in range(2)]
            tasks.append(
                Task(f"t{layer}_{place}", "work", agent, above if layer else [])
            )
    return Plan(tasks)


def agent_of(execute: Callable[..., Any], name: str = "x") -> Agent:
    """Return an agent that does `execute`."""
    return Agent(name, f"Is {name}", execute)


def check_starts(history: tuple[e.Event, ...]) -> None:
    """Check that each task started with its dependencies done, and not twice."""
    state = replay(history[:1])
    for event in history[1:]:
        if isinstance(event, e.TaskStarted):
            needs = state.plan[event.task].dependencies
            assert {state.tasks[need].status for need in needs} <= {"completed"}
            assert state.tasks[event.task].status != "running"
        apply(state, event)
