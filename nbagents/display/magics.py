"""What `%load_ext nbagents` adds to a notebook: `%load_task` and `%%agent`.

Here is what has to do with the shell: reading the line that was typed, finding the
run, setting the next cell, defining a variable. What cells and agents say is put
together in `cells` and `definitions`.
"""

import ast
import inspect
import keyword
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from types import CodeType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import no_var_expand

from nbagents.agents import Agent
from nbagents.agents.roster import as_agent
from nbagents.display import definitions, safe
from nbagents.display.cells import Found, task_cell
from nbagents.engine.run_edits import RunEdits
from nbagents.errors import AgentError, UnknownTaskError

_QUOTED = re.compile(r"""(["'])(.*)\1""")
_KINDS = {"load_task": "line", "agent": "cell"}


def load(shell: InteractiveShell) -> None:
    """Give `shell` the magics; a second time changes nothing."""
    magics = Magics(shell)
    manager = shell.magics_manager
    manager.register_function(magics.load_task, "line", "load_task")
    manager.register_function(magics.agent, "cell", "agent")


def unload(shell: InteractiveShell) -> None:
    """Take the magics from `shell`; where they are not there, nothing happens."""
    for name, kind in _KINDS.items():
        known = shell.magics_manager.magics[kind]
        if isinstance(getattr(known.get(name), "__self__", None), Magics):
            del known[name]


class Magics:
    """The magics of one shell. Their docstrings are what `%load_task?` shows."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    # Ids and descriptions are text: `{...}` in them is not code to be evaluated.
    @no_var_expand
    def load_task(self, line: str) -> None:
        """Put a task and its agent's code into a new cell, to try out.

        `%load_task ID [--run NAME]`

        The cell does the task again, outside the run: execute it, change it, execute
        it again. Its last lines, still comments, give the result or the agent back
        to the run, and `run.resume()` then does what follows from it.

        The run is the variable `run`, else the one that the only team in sight ran
        last; `--run other`, or `-r team.last_run`, names another. An id that has
        blanks may be quoted.
        """
        ids, name = _read(line)
        namespace = self._shell.user_ns
        found = _find(namespace, name)
        id = next((id for id in ids if id in found.run.plan), ids[-1])
        try:
            code = task_cell(found, id, namespace)
        except UnknownTaskError as error:
            raise UsageError(safe.one_line(str(error), 1000)) from None
        self._shell.set_next_input(code, replace=False)

    @no_var_expand
    def agent(self, line: str, cell: str) -> Agent:
        """Make an agent of this cell.

        `%%agent NAME [DESCRIPTION]`

        The code is what the agent does. It has `task`, the description of the task,
        and `context`, the results it builds on, by id; the variables of the notebook
        are there, and those that the code sets are its own. The value of the last
        expression is the result, as a cell would show it; `return` works too. A cell
        that ends with `def NAME(task, context):` defines the agent as that function.

        Without a description the text that the cell begins with is taken.
        """
        name, description = _read_agent(line)
        try:
            code = self._compiled(name, cell)
        except SyntaxError as error:
            # The way here explains nothing: what is wrong stands in the cell.
            raise error.with_traceback(None) from None
        variables = self._shell.user_ns
        exec(code, variables)  # noqa: S102 - it is the user's own
        try:
            agent = as_agent(variables[name], name)
        except AgentError as error:
            raise UsageError(safe.one_line(str(error), 1000)) from None
        if description:
            agent = replace(agent, description=description)
        variables[name] = agent
        run = variables.get("run")
        if isinstance(run, RunEdits) and name in run.agents:
            hint = f"`run` has another agent of this name: run.replace({name})"
            print(hint)  # noqa: T201 - beside the agent itself, which is the output
        return agent

    def _compiled(self, name: str, cell: str) -> CodeType:
        """Return code that defines `name`: the cell's own function, or one of it."""
        body = self._python(cell)
        # Line 1 is that of the magic.
        text = "\n" + body
        tree = definitions.parsed(body, self._file(text))
        if not tree.body:
            message = "the cell has no code: write below this line what the agent does"
            raise UsageError(message)
        if not definitions.defines(tree, name):
            text = definitions.as_function(name, body)
        return self._shell.compile(text, self._file(text), "exec")

    def _python(self, cell: str) -> str:
        """Return `cell` with its magics as Python, each line where it was."""
        blank = re.match(r"(?:[^\S\n]*\n)*", cell)
        skipped = blank.group() if blank else ""
        shell: Any = self._shell  # The method has no types.
        code = shell.transform_cell(cell[len(skipped) :])
        return "\n" * skipped.count("\n") + str(code)

    def _file(self, text: str) -> str:
        """Return a file name under which tracebacks and `??` find `text`."""
        number = self._shell.execution_count
        return self._shell.compile.cache(text, number)


def _read(line: str) -> tuple[list[str], str | None]:
    """Return what may be the id, and the name of the run, `None` without one."""
    option = r"(?:--run|-r)(?:[\s=]+([\w.]+))"
    match = re.fullmatch(rf"(?:{option}\s)?(.*?)(?:\s{option})?", line.strip())
    before, id, after = match.groups() if match else (None, line, None)
    if not id.strip():
        message = "which task? Type: %load_task ID, or %load_task ID --run NAME"
        raise UsageError(message)
    return list(_ids(id.strip())), before or after


def _ids(text: str) -> Iterator[str]:
    """Yield what `text` may stand for: itself, and without quotes where it has some."""
    yield text
    if quoted := _QUOTED.fullmatch(text):
        yield quoted[2]
        # Any id can be typed in Python's quotes, also one with a line break.
        with suppress(SyntaxError, ValueError):
            yield str(ast.literal_eval(text))


def _find(variables: Mapping[str, Any], name: str | None) -> Found:
    """Return the run that is meant, and how to write it down."""
    if name is not None:
        return _named(variables, name)
    if "run" in variables:
        return _named(variables, "run")
    teams = list(_teams(variables))
    if len(teams) == 1:
        source = f"{teams[0]}.last_run"
        return Found(run=_named(variables, source).run, source=source)
    if teams:
        message = f"which run? Type: %load_task ID --run {teams[0]}.last_run"
    else:
        message = "there is no run. Give it a name first: run = team.run(plan)"
    raise UsageError(message)


def _named(variables: Mapping[str, Any], name: str) -> Found:
    first, _, rest = name.partition(".")
    value = variables.get(first)
    try:
        value = attrgetter(rest)(value) if rest else value
    except AttributeError:
        value = None
    if not isinstance(value, RunEdits):
        problem = f"`{name}` is a value of type {type(value).__name__}, not a run"
        if value is None:
            problem = f"there is no run `{safe.one_line(name)}`"
        message = f"{problem}. Type: %load_task ID --run NAME"
        raise UsageError(message)
    return Found(run=value, name=name)


def _teams(variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield a name of each team that has run something."""
    seen: set[int] = set()
    for name, value in list(variables.items()):
        # Not `value.last_run`: any object may answer to that, or compute.
        last = inspect.getattr_static(value, "last_run", None)
        if isinstance(last, RunEdits) and id(value) not in seen and name[0] != "_":
            seen.add(id(value))
            yield name


def _read_agent(line: str) -> tuple[str, str]:
    """Return the name of an agent and its description, which may be empty."""
    match = re.fullmatch(r"""\s*("[^"]*"|'[^']*'|\S*)\s*(.*?)\s*""", line)
    name, description = match.groups() if match else ("", "")
    name = name.strip("\"'")
    if not name:
        message = "which agent? Type: %%agent NAME DESCRIPTION"
        raise UsageError(message)
    if not name.isidentifier() or keyword.iskeyword(name):
        instead = re.sub(r"\W+", "_", name).strip("_") or "writer"
        instead = instead if instead.isidentifier() else f"agent_{instead}"
        instead += "_" * keyword.iskeyword(instead)
        message = f"{name!r} cannot be a variable. Type: %%agent {instead}"
        raise UsageError(message)
    quoted = _QUOTED.fullmatch(description)
    return name, quoted[2] if quoted else description
