"""Finds the program in what a model said.

A model that is asked for one fenced block may still think aloud, use other fences or
none, forget to close one, or write several: steps of one program, or the same program
once more, improved. What is in another language is no part of it.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from textwrap import dedent

from nbagents.models.thoughts import without_thoughts

_FENCE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
_LANGUAGE = re.compile(r"[\s{.]*(?P<name>[\w+#-]*)")
_PYTHON = frozenset({"py", "py3", "python", "python3", "ipython", "ipython3"})
_BEGINS = re.compile(
    r"^(?:#|@|import |from |def |class |async |print\(|for |if |with |try:)"
    r"|^[\w.,\[\] ]+="
)

# Walls against long prose, of which every line might be the first of a program.
_MOST_STARTS = 20
_MOST_ENDS = 20


def program(answer: str) -> str | None:
    """Return the program in `answer`; `None` where there is none."""
    text = without_thoughts(answer).replace("\r\n", "\n").replace("\r", "\n")
    blocks = list(_blocks(text))
    python = [code for name, code in blocks if name in _PYTHON]
    unnamed = [code for name, code in blocks if not name]
    found = _one(python or unnamed) if blocks else _bare(text)
    return found if found and found.strip() else None


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield language and code of each fenced block; one left open goes to the end."""
    position = 0
    while opening := _FENCE.search(text, position):
        start = opening.end() + 1
        end, position = _end(text, opening["mark"], start)
        info = _LANGUAGE.match(opening["info"])
        name = info["name"].lower() if info else ""
        yield name, dedent(text[start:end])


def _end(text: str, mark: str, start: int) -> tuple[int, int]:
    """Return where a block ends, and where its fence does."""
    closing = re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
    found = closing.search(text, start)
    if found is None:
        return len(text), len(text)
    return found.start(), found.end()


def _one(blocks: list[str]) -> str | None:
    """Return blocks as one program: one that says an earlier one again replaces it."""
    kept: list[str] = []
    for block in filter(str.strip, blocks):
        kept = [each for each in kept if not _replaces(block, each)]
        kept.append(block)
    return "\n\n".join(each.rstrip("\n") for each in kept) + "\n" if kept else None


def _replaces(later: str, earlier: str) -> bool:
    """Return whether a block says half of another again, and needs nothing of it."""
    lines = {line.strip() for line in earlier.splitlines() if line.strip()}
    again = lines & {line.strip() for line in later.splitlines()}
    needs = (_made(earlier) - _made(later)) & _used(later)
    return 2 * len(again) >= len(lines) and not needs


def _made(code: str) -> set[str]:
    """Return the names that code gives to something."""
    found = set()
    for node in _nodes(code):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def _used(code: str) -> set[str]:
    return {node.id for node in _nodes(code) if isinstance(node, ast.Name)}


def _bare(text: str) -> str | None:
    """Return a program that stands in no fence, without words before and after it."""
    lines = text.strip().splitlines()
    starts = [n for n, line in enumerate(lines) if n == 0 or _BEGINS.match(line)]
    for start in starts[:_MOST_STARTS]:
        for end in range(len(lines), max(start, len(lines) - _MOST_ENDS), -1):
            code = "\n".join(lines[start:end])
            if _does_something(code):
                return code + "\n"
    return None


def _does_something(code: str) -> bool:
    """Return whether this is Python that is more than a few words."""
    return any(isinstance(node, _DEEDS) for node in _nodes(code))


def _nodes(code: str) -> list[ast.AST]:
    """Return what Python code consists of; nothing where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A bad escape in it is not our mistake.
            return list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


_DEEDS = (ast.Import, ast.ImportFrom, ast.Assign, ast.Call, ast.FunctionDef)
