"""No key reaches anything that is shown, kept, logged or raised; results stay whole."""

import base64
import json
import logging
import re
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest

from display.inert import Shows
from models.fake_server import failure, serving
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task, compare, report
from nbagents.display import frames, page
from nbagents.display.cells import Found, task_cell
from nbagents.display.painter import Painter
from nbagents.display.source import look_at
from nbagents.display.widget import LiveWidget
from nbagents.engine.failure import Failure
from nbagents.run import Run
from redaction.keys import KEYS, Key, seen

EVERY = pytest.mark.parametrize("name", KEYS)

MAKES: dict[str, Callable[[str], Any]] = {
    "text": lambda key: f"it is {key} indeed",
    "dict": lambda key: {"outer": [{"inner": key}]},
    "table": lambda key: pd.DataFrame({"name": ["a"], "value": [key]}),
    "markdown": lambda key: f"# Title\n\nThe **key** is {key} here.\n\n- one\n- two",
    "html": lambda key: Shows(html=f"<p>is <b>{key[:12]}</b>{key[12:]}</p>"),
    "svg": lambda key: Shows(svg=f"<svg><text>{key}</text></svg>"),
    "object": lambda key: Failure("Kind", f"message {key}"),
    "long": lambda key: "x" * 85 + " " + key + " y" * 40_000,
    "deep": lambda key: "word " * 3_993 + key,
}


@cache
def ran(name: str) -> Run:
    """Return a run in which the key is everywhere that text can be."""
    key = KEYS[name].text

    def leak(task: str, context: dict[str, Any]) -> Any:
        report(f"at {key}")
        return MAKES[task.split(maxsplit=1)[0]](key)

    def fail(task: str, context: dict[str, Any]) -> Any:
        raise ValueError(f"refused {key} by the server")

    tasks = [Task(each, f"{each} with {key}", "leaky") for each in MAKES]
    tasks += [
        Task(f"id {key}", f"{'x' * 90} {key}", "asks", ["text", "long"]),
        Task("fails", "fail", "fails"),
        Task("after", "never", "fails", ["fails"]),
    ]
    team = Orchestrator(
        [
            Agent("leaky", f"Leaks {key}", leak),
            Agent("fails", "Fails", fail),
            Agent.llm("asks", "Asks", system=f"You know {key}.", api_key=key),
        ],
        model=ScriptedModel(lambda request: f"I say {key}"),
    )
    # An agent of the parameter `api_key` cannot be asked by openai: that fails, too.
    return team.run(Plan(tasks, goal=f"get {key}"))


def html(made: Any) -> str:
    """Return what a notebook stores of it, with its pictures as text."""
    bundle = made._repr_mimebundle_()
    stored = "\n".join(map(str, bundle.values()))
    pictures = re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", stored)
    drawn = [base64.b64decode(each).decode() for each in pictures]
    return "\n".join([stored, *drawn])


def raised(run: Run, key: Key) -> str:
    with pytest.raises(KeyError) as caught:
        run[f"{key.text} is no task"]
    return f"{caught.value!r} {caught.value}"


def called(run: Run, key: Key) -> str:
    """Return what is raised when the model of a goal fails, and all it is from."""
    team = Orchestrator([], model=ScriptedModel({"no such": key.text}))
    with pytest.raises(Exception, match="no rule") as caught:
        team.plan(f"{'x' * 180} {key.text}")
    return "".join(traceback.format_exception(caught.value))


def echoed(run: Run, key: Key) -> str:
    with serving(lambda _: failure(401, f"{'x' * 280} no: {key.text}")) as server:
        team = Orchestrator([], model="gpt-x", api_key="k", base_url=server.url)
        with pytest.raises(RuntimeError) as caught:
            team.plan("anything")
    return "".join(traceback.format_exception(caught.value))


def failures(run: Run, key: Key) -> str:
    found = [task.error for task in run.tasks if task.error]
    return "\n".join(f"{e} {e!r} {e.message} {e.traceback}" for e in found)


def widget(run: Run, key: Key) -> str:
    painter = Painter(run, lambda kind, frame: None)
    made = LiveWidget(run.id, painter.snapshot)
    made.picture = frames.picture(look_at(run), 1)
    state = {name: made.get_state()[name] for name in ("run", "picture", "snapshot")}
    made.close()
    return json.dumps(state)


def patches(run: Run, key: Key) -> str:
    said = run.progress
    return json.dumps(
        [frames.record(t, said.get(id), 0) for id, t in run.state.tasks.items()]
    )


def comparison(run: Run, key: Key) -> str:
    other = run.fork().edit("text", result=f"other\n{key.text}\nthan that")
    made = compare(run, other)
    each = [f"{task!r} {html(task)} {task.diff}" for task in made.tasks]
    return "\n".join([repr(made), html(made), json.dumps(made.to_dict()), *each])


SINKS: dict[str, Callable[[Run, Key], str]] = {
    "repr of a run": lambda run, key: f"{run!r} {run.tasks!r}",
    "page of a run": lambda run, key: html(run),
    "page as nbconvert has it": lambda run, key: page.html(look_at(run)),
    "repr of a plan": lambda run, key: f"{run.plan!r} {[*run.plan]!r}",
    "page of a plan": lambda run, key: html(run.plan),
    "SVG": lambda run, key: run.to_svg() + run.plan.to_svg(),
    "DOT": lambda run, key: run.to_dot() + run.plan.to_dot(),
    "live view": widget,
    "frames of the live view": patches,
    "inspector": lambda run, key: "\n".join(f"{t!r} {html(t)}" for t in run.tasks),
    "comparison": comparison,
    "moment": lambda run, key: f"{run.at('text')!r} {html(run.at('text'))}",
    "history": lambda run, key: repr(run.history),
    "attempts": lambda run, key: repr([task.attempts for task in run.tasks]),
    "agents": lambda run, key: repr([(a, a.execute) for a in run.agents.values()]),
    "trace": lambda run, key: repr(run.trace),
    "summary": lambda run, key: json.dumps(
        run.summary(), default=lambda value: type(value).__name__
    ),
    "failures": failures,
    "an error of ours": raised,
    "an error of a scripted model": called,
    "an error of a server": echoed,
    "%load_task": lambda run, key: "\n".join(
        task_cell(Found(run=run), task.id, {}) for task in run.tasks
    ),
}


@EVERY
def test_no_sink_shows_any_piece_of_a_key(name: str):
    key, run = KEYS[name], ran(name)
    leaks = {sink: seen(key, shows(run, key)) for sink, shows in SINKS.items()}
    assert {sink: piece for sink, piece in leaks.items() if piece} == {}


@EVERY
def test_what_agents_get_and_return_stays_whole(name: str):
    key, run = KEYS[name], ran(name)
    assert key.secret in run["text"].result
    assert key.secret in run[f"id {key.text}"].inputs["text"]
    assert key.secret in run.partial_results["text"]
    assert key.secret in str(run["fails"].error.exception)  # type: ignore[union-attr]


@EVERY
def test_no_record_of_the_log_shows_any_piece_of_a_key(name: str, caplog):
    key = KEYS[name]
    log = logging.getLogger("nbagents")
    try:
        raise ValueError(key.text)
    except ValueError:
        log.exception("it is %s", key.text)
    assert "it is" in caplog.text
    assert seen(key, caplog.text) is None


def test_a_value_of_the_environment_reaches_no_sink(monkeypatch):
    key = Key("s3cr3t-0f-th3-h0us3-v4lu3", "s3cr3t-0f-th3-h0us3-v4lu3")
    monkeypatch.setenv("HOUSE_TOKEN", key.text)
    monkeypatch.setitem(KEYS, "environment", key)
    run = ran("environment")
    leaks = {sink: seen(key, shows(run, key)) for sink, shows in SINKS.items()}
    assert {sink: piece for sink, piece in leaks.items() if piece} == {}


@EVERY
def test_the_cell_of_a_task_with_a_key_still_does_the_task(name: str):
    key, run = KEYS[name], ran(name)
    variables: dict[str, Any] = {"run": run}
    exec(task_cell(Found(run=run), "text", {}), variables)
    assert variables["task"] == run["text"].description
    assert key.secret in variables["result"]
