"""The fingerprint of a function: whether an agent that was defined again is another.

A function is what it compiles to (so a comment changes nothing), its defaults, what it
closes over, and the globals it reads. Functions and classes of the user's own are
followed: a helper that changed is a change. What was installed is told by its name.

What a function has captured may be changed in place: a list it counts in, an object
it belongs to. It is the same when it is the same object, for then the old function and
the new one see the same, or when the content was the same when both were captured.
"""

import dis
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import CO_NESTED
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeGuard

from nbagents.digests.origins import is_own
from nbagents.digests.values import (
    Digestible,
    NoDigestError,
    combined,
    digest,
    has_value,
)

MOST_FOLLOWED = 2_000
"""Functions and objects that are looked into for one fingerprint."""

_PLAIN = (str, int, float, bool, bytes, type(None))


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A value that a function uses and that may change under it.

    Attributes:
        value: The value itself.
        digest: That of its content when it was captured; `None` where it has none.
    """

    value: Any
    digest: str | None

    def same_as(self, other: "Captured") -> bool:
        """Return whether both are one object, or had one content."""
        known = self.digest is not None and self.digest == other.digest
        return self.value is other.value or known


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a function is, at one moment.

    Attributes:
        digest: Of all of it, as it was then; where that cannot be told, a mark that
            equals no other.
        fixed: Of what cannot change in place.
        captured: What can, in the order in which it was found.
    """

    digest: str
    fixed: str
    captured: tuple[Captured, ...]

    def same_as(self, other: "Fingerprint") -> bool:
        """Return whether both functions do the same, as far as can be told."""
        return (
            self.fixed == other.fixed
            and len(self.captured) == len(other.captured)
            and all(map(Captured.same_as, self.captured, other.captured))
        )


def fingerprint(function: Callable[..., Any]) -> Fingerprint:
    """Return what `function` is now: any object that can be called.

    One that cannot be looked into is the same as itself, and as no other.
    """
    try:
        return _Tracer(_Seen()).taken(function)
    except Exception:  # noqa: BLE001 - a value it uses may raise at any question
        return Fingerprint(secrets.token_hex(), "", (Captured(function, None),))


class _Seen:
    """What has been met on the way: each function and object is followed once.

    Two functions that know each other, or an object that holds its own methods, would
    otherwise be followed without end.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, ...], int] = {}
        # A method is made anew each time it is asked for; no other may get its id.
        self._alive: list[Any] = []

    def number(self, value: Any) -> int | None:
        """Return the number of `value`; `None` for one that is new and to be followed.

        What comes after a few thousand is not new any more: it is told by its name.
        """
        parts = (value.__func__, value.__self__) if _is_method(value) else (value,)
        key = tuple(map(id, parts))
        if key in self._numbers:
            return self._numbers[key]
        if len(self._numbers) >= MOST_FOLLOWED:
            return MOST_FOLLOWED
        self._numbers[key] = len(self._numbers)
        self._alive.append(value)
        return None


class _Tracer:
    """Follows a function to everything that makes it what it is."""

    def __init__(self, seen: _Seen) -> None:
        self.fixed: list[str] = []
        self.captured: list[Captured] = []
        self._seen = seen

    def taken(self, function: Any) -> Fingerprint:
        """Return the fingerprint of `function`."""
        self.follow(function)
        fixed = combined(self.fixed)
        # What has no digest makes the whole equal to nothing but itself.
        now = [each.digest or secrets.token_hex() for each in self.captured]
        return Fingerprint(combined([fixed, *now]), fixed, tuple(self.captured))

    def follow(self, value: Any) -> None:
        """Take in something that can be called."""
        number = self._seen.number(value)
        if number is not None:
            self.fixed.append(f"{number} {_name(value)}")
            return
        if isinstance(value, Digestible) and not isinstance(value, type):
            self.fixed.append(_name(type(value)))
            self._take_all(value.digest_parts())
        elif isinstance(value, partial):
            self._take_all([value.func, value.args, value.keywords])
        elif _is_method(value):
            self._take_all([value.__func__, value.__self__])
        elif isinstance(value, FunctionType):
            self._follow_function(value)
        elif isinstance(value, type):
            self._follow_class(value)
        else:
            self._follow_object(value)

    def _inside(self, value: Any) -> str:
        """Return the digest of something that can be called, met inside a value."""
        return _Tracer(self._seen).taken(value).digest

    def _follow_function(self, function: FunctionType) -> None:
        if not is_own(function):
            self.fixed.append(_name(function))
            return
        self.fixed.extend(_code(function.__code__))
        self._take_all([function.__defaults__, function.__kwdefaults__])
        self._take(function.__dict__ or None)
        for cell in function.__closure__ or ():
            try:
                self._take(cell.cell_contents)
            except ValueError:  # Not assigned yet.
                self.fixed.append("empty cell")
        known = function.__globals__
        for name in sorted(set(_globals_of(function.__code__))):
            if name in known:
                self.fixed.append(name)
                self._take(known[name])
                self._follow_module(known[name], function.__code__)

    def _follow_module(self, module: Any, code: CodeType) -> None:
        """Take in what `code` uses of a module of the user's own."""
        if isinstance(module, ModuleType) and is_own(module):
            for name in sorted(set(_names_in(code)).intersection(vars(module))):
                self.fixed.append(name)
                self._take(vars(module)[name])

    def _follow_class(self, cls: type) -> None:
        self.fixed.append(_name(cls))
        if is_own(cls):
            self._take_all(cls.__bases__)
            for name, value in sorted(vars(cls).items()):
                if not name.startswith("__") or isinstance(value, FunctionType):
                    self.fixed.append(name)
                    self._take(value)

    def _follow_object(self, value: Any) -> None:
        """Take in an object with `__call__`, or something that is written in C."""
        call = getattr(type(value), "__call__", None)  # noqa: B004 - its own method
        if isinstance(call, FunctionType):
            self.follow(call)
            self._hold(value)
        else:
            self.fixed.append(_name(value))
            # Of a method of something written in C: `", ".join`.
            owner = getattr(value, "__self__", None)
            self._take(None if isinstance(owner, ModuleType) else owner)

    def _take_all(self, values: Any) -> None:
        for value in values:
            self._take(value)

    def _take(self, value: Any) -> None:
        """Take in a value that a function uses."""
        if isinstance(value, _PLAIN):
            self.fixed.append(digest(value))
        elif isinstance(value, ModuleType):
            self.fixed.append(value.__name__)
        elif isinstance(value, classmethod | staticmethod):
            self._take(value.__func__)
        elif isinstance(value, property):
            self._take_all([value.fget, value.fset])
        elif callable(value):
            self.follow(value)
        elif (number := self._seen.number(value)) is not None:
            self.fixed.append(f"{number}")
        else:
            self._hold(value)

    def _hold(self, value: Any) -> None:
        """Take in a value that may change in place."""
        if is_own(type(value)):
            self._take(type(value))  # Its methods may be used, and may have changed.
        state = value
        opaque = callable(value) or not has_value(type(value))
        if opaque and not isinstance(value, Digestible):
            state = _attributes(value)
        try:
            now = digest(state, self._inside)
        except NoDigestError:
            now = None
        self.captured.append(Captured(value, now))


def _code(code: CodeType) -> Iterator[str]:
    """Yield what makes a piece of code: not its lines, its file or its comments."""
    yield digest([code.co_code, code.co_exceptiontable, code.co_flags & ~CO_NESTED])
    yield digest([code.co_names, code.co_varnames, code.co_argcount])
    yield digest([code.co_kwonlyargcount, code.co_posonlyargcount, code.co_freevars])
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            # The order of a set differs from process to process.
            is_set = isinstance(constant, frozenset)
            yield digest(repr(sorted(constant, key=repr) if is_set else constant))


def _names_in(code: CodeType) -> Iterator[str]:
    """Yield every name that `code` uses, its inner functions too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _globals_of(code: CodeType) -> Iterator[str]:
    """Yield the names of the globals that `code` reads, its inner functions too."""
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _is_method(value: Any) -> TypeGuard[MethodType]:
    return isinstance(value, MethodType)


def _attributes(value: Any) -> Any:
    """Return the class of an object and what it holds; itself where that is hidden."""
    slots = [n for cls in type(value).__mro__ for n in getattr(cls, "__slots__", ())]
    held = {name: getattr(value, name, None) for name in slots}
    held |= getattr(value, "__dict__", {})
    return {"class": _name(type(value)), **held} if held else value


def _name(value: Any) -> str:
    module = getattr(value, "__module__", None)
    return f"{module}.{getattr(value, '__qualname__', type(value).__qualname__)}"
