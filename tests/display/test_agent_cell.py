"""`%%agent`: a cell as an agent."""

import asyncio
import inspect
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import nbagents
from display.shells import Shell, shell
from nbagents import Agent, Orchestrator, Plan, Task
from nbagents.display.definitions import as_function


@pytest.fixture
def notebook() -> Iterator[Shell]:
    with shell() as new:
        yield new


def made(notebook: Shell, cell: str) -> Agent:
    agent: Agent = notebook.run(cell)
    assert isinstance(agent, Agent)
    assert notebook.names[agent.name] is agent
    return agent


BODIES = {
    "an expression": ("task + '!'", "ab!"),
    "return": ("if task:\n    return 1\n2", 1),
    "the last expression after a branch": ("if not task:\n    return 1\n2", 2),
    "several values": ("task, context", ("ab", {"x": 1})),
    "an expression on several lines": ("(task\n .upper())", "AB"),
    "two statements on a line": ("x = 'é'; x + task", "éab"),
    "a semicolon keeps it from being shown": ("task;", None),
    "a statement": ("x = task", None),
    "a multi-line string": ('x = """\n a\n\tb\n"""\nx', "\n a\n\tb\n"),
    "an f-string on lines": ('f"""\n{task}\n"""', "\nab\n"),
    "a lone text": ("'just this'", "just this"),
    "a helper": ("def up(x):\n    return x.upper()\nup(task)", "AB"),
    "a helper in a loop": ("for x in task:\n\ty = x\ny", "b"),
    "blank lines and comments": ("\n  \n# first\ntask  # last\n\n# end", "ab"),
    "a magic": ("x = %pwd\nx != task", True),
    "a name of the notebook": ("later", "now"),
    "a yield": ("yield task", ["ab"]),
}


@pytest.mark.parametrize("body, expected", BODIES.values(), ids=BODIES)
def test_the_cell_returns_what_it_would_show(
    notebook: Shell, body: str, expected: Any
) -> None:
    agent = made(notebook, f"%%agent x\n{body}")
    notebook.names["later"] = "now"
    result = agent("ab", {"x": 1})
    assert (list(result) if inspect.isgenerator(result) else result) == expected
    assert not agent.is_async


@pytest.mark.parametrize(
    "body",
    [
        "await sleep(0)\ntask",
        "async with lock:\n    pass\ntask",
        "[x async for x in each(task)][0]",
        "async for x in each(task): x\nx",
    ],
)
async def test_a_cell_that_awaits_is_async(notebook: Shell, body: str) -> None:
    notebook.names.update(await_names())
    agent = made(notebook, f"%%agent x\n{body}")
    assert agent.is_async
    assert await agent("ab") == "ab"


def await_names() -> dict[str, Any]:
    async def each(value: str) -> Any:
        yield value

    return {"sleep": asyncio.sleep, "lock": asyncio.Lock(), "each": each}


def test_a_helper_that_awaits_makes_no_async_agent(notebook: Shell) -> None:
    body = "async def later():\n    await x\nlater"
    assert not made(notebook, f"%%agent x\n{body}").is_async


@pytest.mark.parametrize(
    "cell, description",
    [
        ("%%agent my_agent Finds {x} in $y\n1", "Finds {x} in $y"),
        ('%%agent my_agent "Finds it"\n1', "Finds it"),
        ('%%agent "my_agent" It\'s "it"\n1', 'It\'s "it"'),
        ("%%agent my_agent\n'''Finds\nit.\n\nMore.'''\n1", "Finds it."),
        ("%%agent my_agent Else\n'Finds it.'\n1", "Else"),
        ("%%agent my_agent\n1", "my agent"),
        ("%%agent my_agent\n'the result'", "my agent"),
        ("%%agent my_agent\ndef my_agent(task, context):\n  'Finds.'", "Finds."),
        ("%%agent my_agent Else\ndef my_agent(task, context):\n  'Finds.'", "Else"),
    ],
)
def test_where_the_description_comes_from(
    notebook: Shell, cell: str, description: str
) -> None:
    assert made(notebook, cell).description == description


def test_a_cell_that_defines_the_function_is_that_function(notebook: Shell) -> None:
    notebook.names["agent"] = nbagents.agent
    agent = made(
        notebook,
        "%%agent x\nimport math\n@agent(description='Computes')\n"
        "async def x(task, context):\n    return math.tau",
    )
    assert agent.description == "Computes"
    assert agent.is_async
    assert "math" in notebook.names
    cell = "%%agent x\ndef x(task, context): return 1\nx(task, context) + 1"
    assert made(notebook, cell)("a") == 2


def test_names_the_cell_sets_are_its_own(notebook: Shell) -> None:
    made(notebook, "%%agent x\ny = 1\ny")("a")
    assert "y" not in notebook.names


def test_its_source_is_found(notebook: Shell) -> None:
    agent = made(notebook, "%%agent x\ny = '''\n  a'''\n\n(y\n + task)")
    expected = (
        "def x(task, context):\n    y = '''\n  a'''\n\n    return (y\n     + task)\n"
    )
    assert inspect.getsource(agent.execute) == expected
    assert "return (y" in notebook.said("x??")


def test_a_traceback_has_the_lines_of_the_cell(notebook: Shell) -> None:
    agent = made(notebook, "%%agent x\n\n'''Fails\nalways.'''\n\ny = 0\n1 / y\n")
    with pytest.raises(ZeroDivisionError) as caught:
        agent("a")
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.lineno, last.name, last.line) == (7, "x", "return 1 / y")
    said = notebook.said("x('a')")
    assert "----> 7     return 1 / y" in said


@pytest.mark.parametrize(
    "cell, line",
    [
        ("%%agent x\ny = 1\nif y\n  2", 3),
        ("%%agent x\n\n\ny = 1\nbreak", 5),
        ("%%agent x\ny = (", 2),
        ("%%agent x\nfor y in task:\nz", 3),
        ("%%agent x\nimport math\nawait = 3\ndef x(task, context): pass", 3),
        ("%%agent x\nreturn 1\ndef x(task, context): pass", 2),
    ],
)
def test_a_syntax_error_points_at_its_line_of_the_cell(
    notebook: Shell, cell: str, line: int
) -> None:
    with pytest.raises(SyntaxError) as caught:
        notebook.run(cell)
    assert caught.value.lineno == line
    frames = [each.name for each in traceback.extract_tb(caught.value.__traceback__)]
    assert "parse" not in frames
    assert "x" not in notebook.names


@pytest.mark.parametrize(
    "cell, expected",
    [
        ("%%agent\n1", "which agent? Type: %%agent NAME DESCRIPTION"),
        ("%%agent 'data analyst' Counts\n1", "Type: %%agent data_analyst"),
        ("%%agent analyst: Counts\n1", "Type: %%agent analyst"),
        ("%%agent class\n1", "Type: %%agent class_"),
        ("%%agent 2nd\n1", "Type: %%agent agent_2nd"),
        ("%%agent -\n1", "Type: %%agent writer"),
        ("%%agent x\n# nothing", "the cell has no code"),
        ("%%agent x\n\n  ", "the cell has no code"),
        ("%%agent x\ndef x(task): pass", "its function takes (task)"),
    ],
)
def test_it_says_what_to_type_instead(
    notebook: Shell, cell: str, expected: str
) -> None:
    said = notebook.said(cell)
    assert said.startswith("UsageError: ")
    assert expected in said
    assert said.count("\n") == 1


def test_in_a_run_with_such_an_agent_the_next_step_is_said(notebook: Shell) -> None:
    def x(task: str, context: dict[str, Any]) -> str:
        return task

    plan = Plan([Task("a", "b", "x")])
    run = notebook.names["run"] = Orchestrator([x]).run(plan)
    assert "run.replace" not in notebook.said("%%agent y\n1")
    assert "run.replace(x)" in notebook.said("%%agent x\ntask * 3")
    notebook.run("run.replace(x).resume()")
    assert run.result == "bbb"
    code = notebook.load("a")
    assert "    return task * 3\n" in code
    assert notebook.run(code) == "bbb"


def test_it_is_loaded_and_unloaded_as_often_as_one_likes(notebook: Shell) -> None:
    manager = notebook.ipython.magics_manager
    for _ in range(2):
        nbagents.load_ipython_extension(notebook.ipython)
        assert manager.find("line", "load_task")
        assert manager.find("cell", "agent")
    manager.register_function(print, "cell", "agent")
    for _ in range(2):
        nbagents.unload_ipython_extension(notebook.ipython)
        assert manager.find("line", "load_task") is None
        assert manager.find("cell", "agent") is print
    nbagents.load_ipython_extension(None)
    nbagents.unload_ipython_extension(None)


def test_the_text_of_a_function_keeps_every_line_in_its_place() -> None:
    text = as_function("x", "a = '''\n'''\n\nb")
    assert text == "def x(task, context):\n    a = '''\n'''\n\n    return b"
