"""The verbs of a view: what a person can do with a run by clicking.

Each is a verb of `Run` that does not wait. Which task is meant is said by its place in
a picture.
"""

from collections.abc import Callable
from typing import Any

from nbagents.display import asked
from nbagents.display.asked import Asked, AskedWronglyError
from nbagents.display.pictures import Pictures
from nbagents.display.source import Steered

WHENS = ("before", "after", "failure")


def perform(run: Steered, pictures: Pictures, said: Asked) -> None:
    """Do with `run` what `said` asks for.

    Raises:
        AskedWronglyError: Nobody knows that verb, or what belongs to it is missing.
        Exception: Whatever the verb of the run raises.
    """
    verb = asked.verb(said)
    if "task" in said and verb in _OF_A_TASK:
        id = pictures.task(said.get("version"), said["task"])
        _OF_A_TASK[verb](run, id, said)
    elif verb in _OF_THE_RUN:
        _OF_THE_RUN[verb](run, said)
    else:
        raise AskedWronglyError(_unknown(verb))


def _unknown(verb: str) -> str:
    if verb in _OF_A_TASK:
        return f"which task is to {verb}?"
    return f"a view cannot ask for {verb[:40]!r}"


def _replace(run: Steered, said: Asked) -> None:
    run.replace(asked.name(said, "agent"), asked.name(said, "by"))


def _retry(run: Steered, id: str, said: Asked) -> None:
    once = asked.name(said, "agent") if said.get("agent") is not None else None
    run.retry(id, agent=once, wait=False)


def _refuse(run: Steered, id: str, said: Asked) -> None:
    run.refuse(id, asked.text(said, "why"), wait=False)


def _edit(run: Steered, id: str, said: Asked) -> None:
    changed: dict[str, Any] = {}
    if "description" in said:
        changed["description"] = asked.text(said, "description")
    if "result" in said:
        changed["result"] = asked.value(said, "result")
    run.edit(id, **changed)


def _break(run: Steered, id: str, said: Asked) -> None:
    on = asked.choice(said, "on", (True, False))
    when = asked.choice(said, "when", WHENS)
    agent = run.state.plan[id].agent
    points = [p for p in run.breakpoints if p.when == when and p.at in (id, agent)]
    if on and not points:
        run.break_at(id, when=when)
    elif not on:
        for point in points:
            if point.at != id:
                raise _at_an_agent(agent)
            run.clear(point)


def _at_an_agent(agent: str) -> AskedWronglyError:
    message = f"this breakpoint is at agent {agent!r}, for all its tasks"
    error = AskedWronglyError(message)
    error.add_note(f"Try: run.clear({agent!r})")
    return error


_OF_THE_RUN: dict[str, Callable[[Steered, Asked], object]] = {
    "resume": lambda run, _: run.resume(wait=False),
    "pause": lambda run, _: run.pause(wait=False),
    "step": lambda run, _: run.step(wait=False),
    "stop": lambda run, _: run.cancel(wait=False),
    "approve": lambda run, _: run.approve(wait=False),
    "replace": _replace,
}

_OF_A_TASK: dict[str, Callable[[Steered, str, Asked], object]] = {
    "step": lambda run, id, _: run.step(id, wait=False),
    "resume": lambda run, id, _: run.resume(until=id, wait=False),
    "retry": _retry,
    "approve": lambda run, id, _: run.approve(id, wait=False),
    "refuse": _refuse,
    "skip": lambda run, id, _: run.skip(id),
    "edit": _edit,
    "break": _break,
}
