"""The cell that `%load_task` gives: one task, to be tried out by hand.

What plans and models wrote stands in it as the literals that `repr` makes, which no
text can leave. What cannot be written down (results, models, keys) is taken from the
run when the cell is executed.
"""

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbagents.agents.llm import LanguageModel
from nbagents.display.definitions import definition_of
from nbagents.engine.attempt import Worker
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.run_edits import RunEdits
from nbagents.engine.view import TaskView
from nbagents.redaction import redacted

_WIDTH = 72
_TAKEN = {"Agent", "context", "result", "system", "task"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A run, and how to write it down.

    Attributes:
        run: The run.
        name: The expression for it, such as `run` or `team.last_run`.
        source: What `name` has to be set to first; `None` where it is there.
    """

    run: RunEdits
    name: str = "run"
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What the cell does the task with.

    Attributes:
        setup: The code that makes it.
        name: What is called.
        replace: The line that gives it to the run; `None` where it is the run's own.
    """

    setup: str
    name: str
    replace: str | None = None


def task_cell(found: Found, id: str, namespace: Mapping[str, Any]) -> str:
    """Return the code of a cell that does task `id` again, outside its run.

    It ends with `result`, to look at, and with the lines that give something back to
    the run as comments: a cell like this is executed many times before it is right,
    and each `edit` makes stale what follows from the task.

    Args:
        found: The run.
        id: The task.
        namespace: The variables where the cell is going to be executed.

    Raises:
        UnknownTaskError: The plan has no such task.
    """
    view = found.run[id]
    worker = found.run.agents[_agent(view, found.run.agents)]
    work = _work(found.name, worker, namespace)
    call = f"{'await ' if worker.is_async else ''}{work.name}(task, context)"
    parts = [
        "\n".join(_opening(found, view)),
        work.setup,
        f"result = {call}\nresult",
        "\n".join(_closing(found.name, id, work)),
    ]
    return redacted("\n\n".join(parts))


def literal(text: str) -> str:
    """Return Python code for `text`; several lines where it is long or has several."""
    if len(text) <= _WIDTH and "\n" not in text:
        return _quoted(text)
    pieces = [""]
    for word in re.findall(r"\s+|\S+\s*", text):
        if pieces[-1].endswith("\n") or len(pieces[-1]) + len(word) > _WIDTH:
            pieces.append("")
        pieces[-1] += word
    lines = [f"    {_quoted(piece)}\n" for piece in pieces if piece]
    return f"(\n{''.join(lines)})"


def _written(text: str, expression: str) -> str:
    """Return the literal of `text`, or what gives it where a literal shows a key."""
    return literal(text) if redacted(text) == text else expression


def _opening(found: Found, view: TaskView) -> Iterator[str]:
    # A comment at the top of a file may declare its encoding ("coding: ..."), so an
    # id is in this one only if it cannot mean anything.
    plain = re.fullmatch(r"[\w .-]{1,40}", view.id)
    which = f"Task {_quoted(view.id)} of" if plain else "A task of"
    yield f"# {which} `{found.name}`, to try out: change it and execute it again."
    yield '# The run stays as it is until you take the "# " from a line at the end.'
    own = f"{found.name}[{_quoted(view.id)}]"
    if found.source is not None:
        yield f"{found.name} = {found.source}"
    yield f"task = {_written(_description(view), f'{own}.description')}"
    yield f"context = {own}.inputs"
    if absent := len(view.dependencies) - len(view.inputs):
        yield f"# ({absent} of its {len(view.dependencies)} inputs not there yet)"


def _closing(run: str, id: str, work: _Work) -> Iterator[str]:
    yield "# This result, by hand; then run.resume() does again what follows from it:"
    yield f"# {run}.edit({_quoted(id)}, result=result)"
    if work.replace is not None:
        yield "# Or the agent as it is above, for all of its tasks:"
        yield f"# {work.replace}"


def _work(run: str, worker: Worker, namespace: Mapping[str, Any]) -> _Work:
    """Return the code of `worker` where there is some, else the run's own worker."""
    own = f"{run}.agents[{_quoted(worker.name)}]"
    if isinstance(worker.execute, LanguageModel):
        return _model_work(run, own, worker.name, worker.execute.system, namespace)
    definition = definition_of(worker.execute, namespace)
    # Code that holds a key stays where it is: without the key it would not work.
    secret = definition is not None and redacted(definition.text) != definition.text
    if definition is None or secret or not _is_free(definition.name, run, namespace):
        return _Work(setup=f"work = {own}", name="work")
    name = definition.name
    given = name if name == worker.name else f"{_quoted(worker.name)}, {name}"
    return _Work(
        setup=f"\n{definition.text}\n", name=name, replace=f"{run}.replace({given})"
    )


def _model_work(
    run: str, own: str, agent: str, system: str, namespace: Mapping[str, Any]
) -> _Work:
    """Return the code of an agent with the same model and a prompt to be changed."""
    name = agent if _is_free(agent, run, namespace) else "worker"
    setup = f"""\
from nbagents import Agent

system = {_written(system, f"{own}.execute.system")}
{name} = Agent.llm(
    {_quoted(agent)},
    {own}.description,
    system=system,
    model={own}.execute.model,
    **{own}.execute.parameters,
)"""
    return _Work(setup=setup, name=name, replace=f"{run}.replace({name})")


def _is_free(name: str, run: str, namespace: Mapping[str, Any]) -> bool:
    """Return whether the cell may define `name`: it is no value of the user's."""
    usable = name.isidentifier() and not keyword.iskeyword(name)
    own = name in _TAKEN or name == run.partition(".")[0]
    return usable and not own and callable(namespace.get(name, callable))


def _last_word_stands(view: TaskView) -> bool:
    """Return whether what the last attempt was asked is what the task is about now."""
    waits = view.status in {TaskStatus.PENDING, TaskStatus.STALE}
    return bool(view.attempts) and not waits


def _description(view: TaskView) -> str:
    asked = view.attempts[-1].description if _last_word_stands(view) else None
    return view.description if asked is None else asked


def _agent(view: TaskView, agents: Mapping[str, Worker]) -> str:
    last = view.attempts[-1].agent if _last_word_stands(view) else view.agent
    # One that did a single attempt need not be of this run.
    return last if last in agents else view.agent


def _quoted(text: str) -> str:
    # Not `repr(text)`: a subclass may have one of its own.
    return str.__repr__(text)
