"""`%load_task`: a task in a cell, to be done by hand."""

import functools
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from display.runs import HOSTILE
from display.shells import Shell, shell
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task
from nbagents.display.cells import Found, literal, task_cell

TEAM = """
from nbagents import Agent, Orchestrator, Plan, ScriptedModel, Task, agent
import nbagents as nb

FACTOR = 2

@agent
def double(task, context):
    # Twice.
    return task * FACTOR

@nb.agent(
    name="loud speaker", description="Says it louder"
)
async def shout(task: str, context: dict) -> str:
    return f"{task}! {sorted(context)} {context.task} {context.goal}"

lone = Agent("lone", "Is alone", lambda task, context: task)
team = Orchestrator([double, shout, lone])
plan = Plan(
    [
        Task("a", "ab", double),
        Task("my task", "cd", shout, ["a"]),
        Task("bob's", "ef", lone, ["my task"]),
    ]
)
"""


@pytest.fixture
def notebook() -> Iterator[Shell]:
    with shell() as new:
        new.run(TEAM)
        new.run("run = team.run(plan);")
        yield new


def test_the_cell_does_the_task_again(notebook: Shell) -> None:
    code = notebook.load("a")
    assert code.startswith("# Task 'a' of `run`")
    assert "\ndef double(task, context):\n    # Twice.\n" in code
    assert "@" not in code
    assert notebook.run(code) == "abab"


def test_what_was_changed_in_the_cell_goes_back_with_its_last_lines(
    notebook: Shell,
) -> None:
    code = notebook.load("a").replace("task * FACTOR", "task * 3")
    assert notebook.run(code) == "ababab"
    run = notebook.names["run"]
    assert run["a"].result == "abab"
    notebook.run(uncommented(code, "run.edit("))
    assert run["a"].result == "ababab"
    assert run.stale == {"my task", "bob's"}
    notebook.run(uncommented(code, "run.replace("))
    assert run.stale == {"a", "my task", "bob's"}
    run.resume()
    assert run["a"].result == "ababab"


def test_an_async_agent_is_awaited_and_gets_the_context_of_a_run(
    notebook: Shell,
) -> None:
    code = notebook.load('"my task"')
    assert "result = await shout(task, context)" in code
    assert notebook.run(code) == "cd! ['a'] my task None"
    again = uncommented(code.replace('"{task}!', '"{task}?'), "run.replace(")
    notebook.run(again)
    assert notebook.run("run.resume()['my task'].result").startswith("cd?")


@pytest.mark.parametrize(
    "line",
    [
        "my task",
        "'my task'",
        '"my task" --run run',
        "-r run my task",
        "--run=run my task",
        r'"my\x20task"',
    ],
)
def test_an_id_with_blanks_may_be_quoted(notebook: Shell, line: str) -> None:
    assert "context = run['my task'].inputs\n" in notebook.load(line)


def test_an_id_with_an_apostrophe_may_be_typed_as_it_is(notebook: Shell) -> None:
    code = notebook.load("bob's")
    assert "work = run.agents['lone']" in code
    assert notebook.run(code) == "ef"
    assert "replace" not in code


def test_it_says_what_is_wrong_on_one_line(notebook: Shell, subtests: Any) -> None:
    notebook.run("number = 3; other = Orchestrator([lone])")
    cases = {
        "%load_task": "UsageError: which task? Type: %load_task ID",
        "%load_task my tusk": "Did you mean 'my task'?",
        "%load_task a -r number": "`number` is a value of type int, not a run",
        "%load_task a -r team": "`team` is a value of type Orchestrator, not a run",
        "%load_task a --run team.no": "there is no run `team.no`",
        "%load_task {number}": "no task named '{number}'",
        "del run; team2 = team\n%load_task no": "no task named 'no'",
        "other.run([Task('a', 'x', lone)])": "",
        "other.run(Plan([Task('a', 'x', lone)]));\n%load_task a": (
            "which run? Type: %load_task ID --run team.last_run"
        ),
        "del team, team2, other\n%load_task a": "there is no run. Give it a name",
        "run = 3\n%load_task a": "`run` is a value of type int",
    }
    for code, expected in cases.items():
        with subtests.test(code):
            said = notebook.said(code)
            assert expected in said
            assert not expected or said.count("\n") == 1


def test_without_a_variable_run_the_last_run_of_the_only_team_is_taken(
    notebook: Shell,
) -> None:
    notebook.run("del run; team")  # The team is in `_` now, too.
    code = notebook.load("a")
    assert "\nrun = team.last_run\n" in code
    assert notebook.run(code) == "abab"


def test_another_run_is_taken_by_its_name(notebook: Shell) -> None:
    notebook.run("run = team.run(plan); old = run.fork(); del run")
    code = notebook.load("a --run old")
    assert notebook.run(code) == "abab"
    notebook.run(uncommented(code, "old.edit("))
    assert "run" not in notebook.names
    assert notebook.load("a -r team.last_run").count("team.last_run") == 4


def test_inputs_that_are_not_there_yet_are_counted(notebook: Shell) -> None:
    notebook.run("run = team.debug(plan)")
    code = notebook.load("my task")
    assert "# (1 of its 1 inputs not there yet)" in code
    assert notebook.run(code) == "cd! [] my task None"


def test_it_is_asked_what_it_was_last_asked(notebook: Shell) -> None:
    notebook.run("run.retry('a', description='once', agent='lone')")
    code = notebook.load("a")
    assert "task = 'once'\n" in code
    assert "work = run.agents['lone']" in code
    notebook.run("run.edit('a', description='from now on')")
    code = notebook.load("a")
    assert "task = 'from now on'\n" in code
    assert "def double" in code


def test_an_agent_from_outside_the_run_leaves_the_planned_one(notebook: Shell) -> None:
    notebook.run("run.retry('a', agent=Agent('guest', '', lambda task, context: 1))")
    assert "def double" in notebook.load("a")


def test_the_prompt_of_a_language_model_can_be_changed() -> None:
    with shell() as notebook:
        model = ScriptedModel(lambda request: f"<{request.system}>")
        agents = [
            Agent.llm("writer", "Writes", system="Be\nbrief.", temperature=0),
            Agent.llm("data analyst", "Counts"),
        ]
        plan = Plan([Task("a", "x", "writer"), Task("b", "y", "data analyst", ["a"])])
        run = notebook.names["run"] = Orchestrator(agents, model).run(plan)
        code = notebook.load("a")
        assert notebook.run(code) == "<Be\nbrief.>"
        changed = code.replace("brief", "long")
        notebook.run(uncommented(changed, "run.replace(writer)"))
        assert notebook.names["writer"].execute.parameters == {"temperature": 0}
        assert run.resume()["a"].result == "<Be\nlong.>"
        assert "worker = Agent.llm(\n    'data analyst'," in notebook.load("b")


def echo(task, context):
    return task


def with_more(more: str, task: str, context: dict[str, Any]) -> str:
    return task


class Worker:
    def work(self, task: str, context: dict[str, Any]) -> str:
        return task

    __call__ = work


def closing_over(value: str) -> Any:
    def execute(task: str, context: dict[str, Any]) -> str:
        return task + value

    return execute


def wrapping_itself(task, context):
    return task


wrapping_itself.__wrapped__ = wrapping_itself  # type: ignore[attr-defined]


def with_a_default(value: str) -> Any:
    def execute(task: str, context: dict[str, Any], value: str = value) -> str:
        return task

    return execute


exec("def from_nowhere(task, context): return task")

SHOWN_AS_IT_IS = {
    "a method": Worker().work,
    "an object": Worker(),
    "a lambda": lambda task, context: task,
    "a partial": functools.partial(with_more, ""),
    "a builtin": max,
    "a closure": closing_over(""),
    "a default of the function around": with_a_default(""),
    "a wrapper of itself": wrapping_itself,
    "without source": from_nowhere,  # type: ignore[name-defined]  # noqa: F821 - by exec
}


@pytest.mark.parametrize("execute", SHOWN_AS_IT_IS.values(), ids=SHOWN_AS_IT_IS)
def test_what_no_text_defines_is_taken_from_the_run(execute: Any) -> None:
    run = Orchestrator({"x": execute}).debug(Plan([Task("a", "b", "x")]))
    code = task_cell(Found(run=run), "a", {})
    assert "work = run.agents['x']\n" in code
    assert "result = work(task, context)" in code


MODULE = '''
import functools, math
from nbagents import agent

if True:
    @agent
    def area(task, context):
        """Computes.

    Left of the code.
        """
        lines = """
a
"""  # and a note
        return math.pi * LOW, lines

def twice(function):
    @functools.wraps(function)
    def both(*given): return function(*given) * 2
    return both

@agent
@twice
def doubled(task, context): return LOW

@agent
@{"twice": twice}["twice"]
def tabled(task, context): return task

def plain(task, context): return __name__

LOW = 0
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "my_agents.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    import my_agents

    yield my_agents
    del sys.modules["my_agents"]
    linecache.clearcache()


def cell_of(agent: Any, names: dict[str, Any], name: str = "x") -> str:
    team = Orchestrator({name: agent}, ScriptedModel(lambda request: "fine"))
    run = team.debug(Plan([Task("a", "b", name)]))
    names["run"] = run
    return task_cell(Found(run=run), "a", names)


def test_an_agent_of_a_module_brings_its_globals_along(module: Any) -> None:
    names: dict[str, Any] = {}
    code = cell_of(module.area, names)
    assert "from my_agents import LOW, math\n" in code
    assert "\ndef area(task, context):\n" in code
    exec(code, names)
    assert names["result"] == module.area("b")
    assert names["area"].__doc__ == module.area.execute.__doc__


def test_its_other_decorators_stay(module: Any) -> None:
    names: dict[str, Any] = {}
    code = cell_of(module.doubled, names)
    assert "from my_agents import LOW, twice\n\n\n@twice\ndef doubled(" in code
    exec(code, names)
    assert names["result"] == 0
    code = cell_of(module.tabled, names)
    assert '@{"twice": twice}["twice"]\ndef tabled(' in code
    exec(code, names)
    assert names["result"] == "bb"


def test_annotations_that_are_text_in_a_module_are_not_evaluated_in_a_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
from __future__ import annotations
def f(task: 'A' | None, context): return LOW
LOW = 0
"""
    (tmp_path / "my_text_agents.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    import my_text_agents

    names: dict[str, Any] = {}
    exec(cell_of(my_text_agents.f, names), names)
    assert names["result"] == 0


def test_nothing_of_the_users_is_overwritten(module: Any) -> None:
    for names in ({"LOW": 7}, {"area": [1, 2]}):
        before = dict(names)
        code = cell_of(module.area, names)
        exec(code, names)
        assert names["result"] == module.area("b")
        assert names.items() >= before.items()
    assert "__name__" not in cell_of(module.plain, {})


@pytest.mark.parametrize("name", ["task", "context", "result", "run"])
def test_a_function_called_like_a_variable_of_the_cell_is_not_defined(
    name: str,
) -> None:
    with shell() as notebook:
        notebook.run(f"def {name}(task, context): return 5\nf = {name}")
        code = cell_of(notebook.names["f"], notebook.names)
        assert notebook.run(code) == 5


MORE = [
    "",
    "a 'b' \"c\" '''d''' \"\"\"e\"\"\" \\",
    "{x} {{y}} $z %s",
    "%time 1\n!rm -rf /\n%%bash\n?what\nwhat?\n# comment",
    "\n\n  leading and trailing \n\t ",
    "')\nimport os; os.abort()  #",
    "coding: utf-7 +AGE-",
    "\r\r\n\x0b\x0c\x1c\x85\u2028\u2029",
    "word " * 100,
    ">>> print(1)\nIn [1]: 2",
]


@pytest.mark.parametrize("text", [*HOSTILE, *MORE])
def test_text_stays_text(text: str) -> None:
    with shell() as notebook:
        id, name = (text, text) if text.strip() else ("id", "name")
        run = Orchestrator({name: echo}).run(Plan([Task(id, text, name)]))
        notebook.names["run"] = run
        code = notebook.load(repr(id))
        before = dict(notebook.names)
        assert notebook.run(code) == text
        assert notebook.names["task"] == text
        now = {k: v for k, v in notebook.names.items() if not k.startswith("_")}
        new = {k for k, v in now.items() if k not in before or before[k] is not v}
        assert new == {"task", "context", "echo", "result"}
        notebook.run(uncommented(code, "run.edit("))
        notebook.run(uncommented(code, "run.replace("))


@pytest.mark.parametrize("text", [*HOSTILE, *MORE])
def test_text_of_a_language_model_stays_text(text: str) -> None:
    name = text if text.strip() else "name"
    agent = Agent.llm(name, text, system=text or "system")
    names: dict[str, Any] = {}
    code = cell_of(agent, names, name)
    made = code.split("\nresult = ")[0]
    exec(made, names)
    assert names["system"] == (text or "system")
    worker = names[name if name.isidentifier() else "worker"]
    assert (worker.name, worker.description) == (name, text)


@pytest.mark.parametrize("text", [*HOSTILE, *MORE])
def test_a_literal_is_the_text_and_no_line_of_it_is_long(text: str) -> None:
    code = literal(text)
    assert eval(code) == text
    assert code.isprintable() or "\n" in code
    words = max(map(len, text.split()), default=0)
    assert max(map(len, code.split("\n"))) <= max(88, 12 * words)


def test_the_first_lines_hold_no_id_that_could_declare_an_encoding() -> None:
    run = Orchestrator({"x": echo}).debug(Plan([Task("coding: utf-7", "", "x")]))
    assert task_cell(Found(run=run), "coding: utf-7", {}).startswith(
        "# A task of `run`"
    )


def uncommented(code: str, start: str) -> str:
    assert f"\n# {start}" in code
    return code.replace(f"\n# {start}", f"\n{start}")
