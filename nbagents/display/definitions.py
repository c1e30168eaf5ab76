"""The text of an agent's code: as its author wrote it, or made of a cell.

`definition_of` finds what `%load_task` can put into a cell: text that does there what
the function does. `as_function` makes a function of the cell of `%%agent`. Both move
whole lines to the left or the right and never touch the inside of a string.
"""

import __future__

import ast
import builtins
import dis
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

_INDENT = 4
_TEXT_ANNOTATIONS = __future__.annotations.compiler_flag  # noqa: TID251 - not used here

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_STRINGS = (ast.Constant, ast.JoinedStr, getattr(ast, "TemplateStr", ast.JoinedStr))


@dataclass(frozen=True, slots=True)
class Definition:
    """A function as text.

    Attributes:
        name: What the text defines.
        text: Its imports, where it needs some, and the function.
    """

    name: str
    text: str


def definition_of(
    execute: Callable[..., Any], namespace: Mapping[str, Any]
) -> Definition | None:
    """Return the text that defines in `namespace` what `execute` does.

    `None` where no text does: for a lambda, a method, an object, a partial or a
    builtin; for a function that closes over something, whose source is lost, or that
    uses globals of its module where `namespace` has others of that name.

    Args:
        execute: What an agent executes.
        namespace: The variables where the text is going to be executed.
    """
    function = _unwrapped(execute)
    if function is None or function.__code__.co_freevars:
        return None
    try:
        text = _own_text(function)
        code = compile(text, "<definition>", "exec")
    except (OSError, SyntaxError, TypeError, ValueError):
        return None
    known = function.__globals__.keys() | vars(builtins).keys()
    if not known.issuperset(_names(code)):
        return None  # A default or a decorator is from the function around it.
    name = function.__name__
    imports = _imports(function, {*_all_names(code)} - {name}, namespace)
    return None if imports is None else Definition(name, imports + text)


def as_function(name: str, body: str) -> str:
    """Return `body` as the text of a function `name(task, context)`.

    Each line stays on its line: the header is the first, as `%%agent` is in its cell.
    The value of a last expression is returned, unless a semicolon follows, which in a
    cell keeps it from being shown. The function is async where `body` awaits.

    Raises:
        SyntaxError: `body` is no Python; its line is that in the cell.
    """
    tree = parsed(body)
    lines = ["", *body.split("\n")]
    _return_last(tree.body[-1], lines)
    header = "async def" if _awaits(tree) else "def"
    moved = _moved(lines, _INDENT, tree)
    return "\n".join([f"{header} {name}(task, context):", *moved[1:]])


def parsed(body: str, filename: str = "<cell>") -> ast.Module:
    """Return the tree of the code under the first line of a cell.

    Raises:
        SyntaxError: `body` is no Python; its line is that in the cell.
    """
    return ast.parse("\n" + body, filename)


def defines(tree: ast.Module, name: str) -> bool:
    """Return whether the last thing in `tree` is the definition of function `name`."""
    last = tree.body[-1]
    return isinstance(last, _Function) and last.name == name


def _unwrapped(execute: Callable[..., Any]) -> FunctionType | None:
    """Return the function whose text `execute` was written as, or `None`."""
    try:
        function = inspect.unwrap(execute)
    except ValueError:  # It wraps itself.
        return None
    # A wrapper that was not written as a decorator is in no source.
    plain = isinstance(execute, FunctionType) and isinstance(function, FunctionType)
    return function if plain else None


def _own_text(function: FunctionType) -> str:
    """Return the source of `function` at the left margin, without `@agent`."""
    source = inspect.getsource(function)
    # As a block: it may stand to the right, and its strings must not be dedented.
    tree = ast.parse("if True:\n" + source) if source[0].isspace() else None
    lines = source.split("\n") if tree is None else ["", *source.split("\n")]
    tree = tree or ast.parse(source)
    node = tree.body[0]
    node = node.body[0] if isinstance(node, ast.If) else node
    if not isinstance(node, _Function) or node.name != function.__name__:
        message = "this is not where the function is defined"
        raise ValueError(message)
    moved = _moved(lines, -node.col_offset, tree)
    kept = [*_inner_decorators(node, function.__globals__), node]
    return "\n".join(
        line for each in kept for line in moved[each.lineno - 1 : each.end_lineno]
    )


def _inner_decorators(node: _Function, known: Mapping[str, Any]) -> list[ast.expr]:
    """Return the decorators under `@agent`: they made what the agent executes."""
    for place, each in reversed(list(enumerate(node.decorator_list))):
        if _is_ours(each.func if isinstance(each, ast.Call) else each, known):
            return node.decorator_list[place + 1 :]
    return node.decorator_list


def _is_ours(decorator: ast.expr, known: Mapping[str, Any]) -> bool:
    """Return whether `decorator` makes an agent, by whatever name it goes."""
    value: Any = None
    if isinstance(decorator, ast.Name):
        value = known.get(decorator.id)
    elif isinstance(decorator, ast.Attribute) and isinstance(decorator.value, ast.Name):
        module = known.get(decorator.value.id)
        if isinstance(module, ModuleType):
            value = getattr(module, decorator.attr, None)
    return str(getattr(value, "__module__", "")).startswith("nbagents.")


def _imports(
    function: FunctionType, used: set[str], namespace: Mapping[str, Any]
) -> str | None:
    """Return the line that brings the globals of `function` into `namespace`.

    `None` where there is no such line, or it would change what is there.
    """
    own = function.__globals__
    if own is namespace:
        return ""
    if function.__code__.co_flags & _TEXT_ANNOTATIONS:
        return None  # In a cell they would be evaluated.
    missing = {each for each in used & own.keys() if _differs(each, own, namespace)}
    if not missing:
        return ""
    module = sys.modules.get(function.__module__)
    importable = module is not None and vars(module) is own
    if not importable or any(n in namespace or n.startswith("__") for n in missing):
        return None
    return f"from {function.__module__} import {', '.join(sorted(missing))}\n\n\n"


def _differs(name: str, own: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
    return name not in namespace or namespace[name] is not own[name]


def _all_names(code: CodeType) -> Iterator[str]:
    """Yield the names that `code` and the functions in it look up outside."""
    yield from _names(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_names(constant)


def _names(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}:
            yield str(step.argval)


def _return_last(last: ast.stmt, lines: list[str]) -> None:
    """Write `return` before `last`, where a cell would show its value."""
    if not isinstance(last, ast.Expr) or isinstance(
        last.value, ast.Yield | ast.YieldFrom
    ):
        return
    end = lines[(last.end_lineno or 0) - 1].encode()
    if end[last.end_col_offset or 0 :].lstrip().startswith(b";"):
        return
    # Columns of a tree count bytes.
    line = lines[last.lineno - 1].encode()
    before, after = line[: last.col_offset], line[last.col_offset :]
    lines[last.lineno - 1] = (before + b"return " + after).decode()


def _awaits(tree: ast.Module) -> bool:
    """Return whether the code awaits, apart from functions that it defines."""
    nodes: list[ast.AST] = [*tree.body]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if isinstance(node, ast.comprehension) and node.is_async:
            return True
        if not isinstance(node, _SCOPES):
            nodes.extend(ast.iter_child_nodes(node))
    return False


def _moved(lines: Sequence[str], columns: int, tree: ast.Module) -> list[str]:
    """Return `lines` moved to the right, or to the left where `columns` is negative.

    Lines that begin inside a string of `tree` stay: they are text of the author's.
    """
    inside = set(_lines_inside_strings(tree))
    return [
        line if number in inside else _move(line, columns)
        for number, line in enumerate(lines, 1)
    ]


def _move(line: str, columns: int) -> str:
    if columns >= 0:
        return " " * columns + line if line.strip() else line
    blank = len(line) - len(line.lstrip())
    return line[min(blank, -columns) :]


def _lines_inside_strings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, _STRINGS):
            yield from range(node.lineno + 1, (node.end_lineno or 0) + 1)
