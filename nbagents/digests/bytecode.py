"""What a piece of compiled code is, and which names it uses."""

import dis
from collections.abc import Iterator
from inspect import CO_NESTED
from types import CodeType

from nbagents.digests.values import digest

_BY_TEXT = frozenset({"globals", "eval", "exec"})
"""Functions that reach a global by a text."""


def told(code: CodeType) -> Iterator[str]:
    """Yield what makes a piece of code: not its lines, its file or its comments."""
    yield digest([code.co_code, code.co_exceptiontable, code.co_flags & ~CO_NESTED])
    yield digest([code.co_names, code.co_varnames, code.co_argcount])
    yield digest([code.co_kwonlyargcount, code.co_posonlyargcount, code.co_freevars])
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from told(constant)
        else:
            # The order of a set differs from process to process.
            is_set = isinstance(constant, frozenset)
            yield digest(repr(sorted(constant, key=repr) if is_set else constant))


def names(code: CodeType) -> set[str]:
    """Return every name that `code` uses, its inner functions too."""
    return {name for each in _all_of(code) for name in each.co_names}


def read_globals(code: CodeType) -> set[str]:
    """Return the names of the globals that `code` reads, its inner functions too.

    Not those that it assigns as well: what it counts in is no part of what it is.
    """
    found = _used_by(code, "LOAD_GLOBAL", "LOAD_NAME") - _used_by(code, "STORE_GLOBAL")
    return found | _texts(code) if found & _BY_TEXT else found


def imported(code: CodeType) -> set[str]:
    """Return the modules that `code` imports itself, by their full names."""
    return _used_by(code, "IMPORT_NAME")


def assigned_free(code: CodeType) -> set[str]:
    """Return the variables of an outer function that `code` assigns."""
    return _used_by(code, "STORE_DEREF") & {*code.co_freevars}


def _used_by(code: CodeType, *operations: str) -> set[str]:
    return {
        str(step.argval)
        for each in _all_of(code)
        for step in dis.get_instructions(each)
        if step.opname in operations
    }


def _texts(code: CodeType) -> set[str]:
    constants = (each for part in _all_of(code) for each in part.co_consts)
    return {each for each in constants if isinstance(each, str)}


def _all_of(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_of(constant)
