"""Keys: what a result was made from, as one digest.

A stale task whose key is what it was when its result was made need not run again
(early cutoff, as build systems have it: Mokhov, Mitchell & Peyton Jones, "Build
systems à la carte", ICFP 2018). Nothing is computed before somebody changes something.
"""

from collections.abc import Callable, Iterator

from nbagents.digests import combined, digest
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.needs import not_needed
from nbagents.engine.record import TaskState
from nbagents.engine.schedule import still_needed
from nbagents.engine.state import RunState
from nbagents.engine.unstored import Unstored

AgentDigest = Callable[[str], str]
"""The digest of what the agent of that name executes."""


def key(state: RunState, id: str, agents: AgentDigest) -> str:
    """Return the digest of what task `id` would be made from now.

    Of its agent, its description, and the ids and results of its dependencies.
    """
    by = beside(state, id)
    agent = agents(state.plan[id].agent)
    return _key(state, id, _both(agent, agents(by) if by else None))


def beside(state: RunState, id: str) -> str | None:
    """Return who else has a part in what task `id` makes; `None` where nobody has.

    Who has taken over from the plan's agent; or who judges it, where one does: such a
    task is not taken over as a whole.
    """
    until = state.plan[id].until
    return state.tasks[id].by if until is None else until.agent


def made_from(state: RunState, id: str, agents: AgentDigest) -> str:
    """Return the digest of what the result of `id` was made from, by whoever did it.

    A result that was given by hand is taken for one that the agent of now made.
    """
    task = state.tasks[id]
    last = None if task.edited else task.last
    made_by = last.agent_digest if last else None
    agent = made_by or agents(state.plan[id].agent)
    return _key(state, id, _both(agent, last.by_digest if last else None))


def _both(agent: str, by: str | None) -> str:
    """Return the digest of an agent, and of who has a part in its work beside it."""
    return agent if by is None else combined([agent, by])


def _key(state: RunState, id: str, agent: str) -> str:
    task = state.plan[id]
    parts = [agent, digest(task.description)]
    if task.is_repeated:
        parts.append(digest(str(task.each or task.until)))
    for need in task.dependencies:
        parts += (digest(need), _of_result(state.tasks[need]))
    return combined(parts)


def unchanged(state: RunState, id: str, agents: AgentDigest) -> bool:
    """Return whether the stale task `id` would be made from what it was made from.

    And would be made at all: one that is not needed any more is not.
    """
    task = state.tasks[id]
    stale = task.status is TaskStatus.STALE and not still_needed(state, id)
    there = not isinstance(task.result, Unstored)
    same = stale and there and task.key == key(state, id, agents)
    return same and not not_needed(state, id)


def to_keep(state: RunState, agents: AgentDigest) -> Iterator[str]:
    """Yield the stale tasks that need not run, each after what it depends on.

    The caller brings `state` up to date with each before asking for the next.
    """
    if not state.counts[TaskStatus.STALE]:
        return
    for id in state.plan.order():
        if unchanged(state, id, agents):
            yield id


def _of_result(task: TaskState) -> str:
    # A result given by hand, below one that is in doubt, stands for that one.
    if task.status not in {TaskStatus.COMPLETED, TaskStatus.STALE}:
        return str(task.status)
    # One that can change in place was digested when it was made.
    return task.digest or digest(task.result)
