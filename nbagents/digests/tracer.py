"""Follows a function to everything that makes it what it is."""

import secrets
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from inspect import get_annotations
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any, get_args
from weakref import ReferenceType

from nbagents.digests import bytecode, objects
from nbagents.digests.hashing import combined
from nbagents.digests.origins import is_importable, is_own
from nbagents.digests.seen import Captured, Seen, is_method
from nbagents.digests.values import Reader, digest
from nbagents.digests.witnesses import MISSING

_PLAIN = (str, int, float, bool, bytes, type(None))


class Tracer:
    """Follows one function, class or object.

    Attributes:
        fixed: Digests and names of what cannot change in place.
        captured: What can, in the order in which it was found.
    """

    def __init__(self, seen: Seen) -> None:
        self.fixed: list[str] = []
        self.captured: list[Captured] = []
        self._seen = seen
        self._found: list[str] = []

    @property
    def digest(self) -> str:
        """The digest of all of it; where that cannot be told, it equals no other."""
        now = (each.digest or secrets.token_hex() for each in self.captured)
        return combined([combined(self.fixed), *now])

    @property
    def lasting(self) -> str:
        """The digest of all of it that can be told in another process, too."""
        return combined([combined(self.fixed), *(e.lasting for e in self.captured)])

    def follow(self, value: Any) -> None:
        """Take in something that can be called."""
        number = self._seen.number(value)
        if number is not None:
            self.fixed.append(f"{number} {_name(value)}")
        elif objects.says_itself(type(value)):
            self.fixed.append(objects.name_of(type(value)))
            self._take(tuple(value.digest_parts()))
        elif isinstance(value, partial):
            self._take((value.func, value.args))
            self._take_names(value.keywords)
        elif is_method(value) and objects.says_itself(type(value.__self__)):
            self._take(value.__func__)
            self.follow(value.__self__)
        elif is_method(value):
            self._take((value.__func__, value.__self__))
        elif isinstance(value, FunctionType):
            self._follow_function(value)
        elif isinstance(value, type):
            self._follow_class(value)
        elif isinstance(value, ReferenceType):
            self._take(value())
        elif is_importable(value):
            self.fixed.append(_name(value))
        else:
            self._follow_object(value)

    def _follow_function(self, function: FunctionType) -> None:
        own = is_own(function)
        if not own:
            self.fixed.append(_name(function))
        if not own and is_importable(function):
            return
        # Of one that an installed decorator returned, only its code is known.
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._seen.witnesses.attribute(function, name)
        self._take(function.__defaults__)
        self._take_names(function.__kwdefaults__ or {})
        self._take_names(vars(function))
        registry = vars(function).get("registry")
        if isinstance(registry, MappingProxyType):  # of `functools.singledispatch`
            self._seen.witnesses.keys(registry)
            for kind in registry:
                self._seen.witnesses.item(registry, kind)
        self._take_cells(function)
        if own:
            self.fixed.extend(bytecode.told(function.__code__))
            self._take_declared(get_annotations(function))
            self._take_globals(function)

    def _take_cells(self, function: FunctionType) -> None:
        code = function.__code__
        counted_in = bytecode.assigned_free(code) if function.__closure__ else ()
        named = zip(code.co_freevars, function.__closure__ or (), strict=True)
        for cell in (cell for name, cell in named if name not in counted_in):
            self._seen.witnesses.attribute(cell, "cell_contents")
            try:
                self._take(cell.cell_contents)
            except ValueError:  # Not assigned yet.
                self.fixed.append("empty cell")

    def _take_globals(self, function: FunctionType) -> None:
        known, code = function.__globals__, function.__code__
        for name in sorted(bytecode.imported(code)):
            self._follow_module(self._seen.witnesses.item(sys.modules, name), code)
        for name in sorted(bytecode.read_globals(code)):
            value = self._seen.witnesses.item(known, name)
            if value is not MISSING:
                self.fixed.append(name)
                self._take(value)
                self._follow_module(value, code)

    def _follow_module(
        self, module: Any, code: CodeType, above: tuple[Any, ...] = ()
    ) -> None:
        """Take in what `code` uses of a module of the user's own, and below it."""
        if not isinstance(module, ModuleType) or module in above or not is_own(module):
            return
        for name in sorted(bytecode.names(code)):
            value = self._seen.witnesses.item(vars(module), name)
            if value is not MISSING:
                self.fixed.append(name)
                self._take(value)
                self._follow_module(value, code, (*above, module))

    def _follow_class(self, cls: type) -> None:
        self.fixed.append(_name(cls))
        if not is_own(cls):
            return
        self._seen.witnesses.keys(vars(cls))
        self._seen.witnesses.attribute(cls, "__bases__")
        self._take(cls.__bases__)
        if is_own(type(cls)):
            self._take(type(cls))
        self._take_declared(get_annotations(cls))
        for name, field in vars(cls).get("__pydantic_fields__", {}).items():
            self.fixed.append(f"{name} = {field!r}")
            self._take(field.default_factory)
        for name in sorted(vars(cls)):
            value = self._seen.witnesses.item(vars(cls), name)
            if _counts(name, value):
                self.fixed.append(name)
                self._take(value)

    def _take_declared(self, annotations: Mapping[str, Any]) -> None:
        for name, said in annotations.items():
            self.fixed.append(f"{name}: {_name(said) if is_class(said) else said!r}")
            for cls in filter(is_class, _all_in(said)):
                self._take(cls)

    def _follow_object(self, value: Any) -> None:
        """Take in an object with `__call__`, or something that is written in C."""
        call = getattr(type(value), "__call__", None)  # noqa: B004 - its own method
        owner = getattr(value, "__self__", None)
        if isinstance(call, FunctionType):
            self.follow(call)
            self._hold(value)
            return
        self.fixed.append(_name(value))
        if hasattr(value, "__wrapped__"):  # as `functools.cache` leaves it
            self._take_names(vars(value))
        elif owner is None or isinstance(owner, ModuleType):
            self._hold(value)
        else:  # a method of something written in C: `", ".join`
            self._take(owner)

    def _take_names(self, named: Mapping[str, Any]) -> None:
        for name, value in sorted(named.items()):
            self.fixed.append(name)
            self._take(value)

    def _take(self, value: Any) -> None:
        """Take in a value that a function uses."""
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            self.fixed.append(digest(value))
        elif type(value) is tuple:
            self.fixed.append(f"tuple of {len(value)}")
            for each in value:
                self._take(each)
        elif isinstance(value, ModuleType):
            self.fixed.append(value.__name__)
        elif (inner := _inner(value)) is not None:
            self._take(inner)
        elif callable(value):
            self.follow(value)
        elif (number := self._seen.number(value)) is not None:
            self.fixed.append(f"{number}")
        else:
            self._hold(value)

    def _hold(self, value: Any) -> None:
        """Take in a value that may change in place."""
        kind = type(value)
        if is_own(kind):
            self._take(kind)  # Its methods may be used, and may have changed.
            self._seen.witnesses.attribute(value, "__class__")
        closed = self._seen.closed
        reader = Reader(self._seen.values, self._inside)
        try:
            lasting = reader.digest(_state(value))
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - too large, or a class that may do anything
            lasting, reader.whole = objects.name_of(kind), False
        # The code in it does not change with the object, and may have changed.
        found, self._found = sorted(self._found), []
        self.fixed.extend(found)
        whole = reader.whole and closed == self._seen.closed
        self._seen.closed += not whole
        self.captured.append(Captured(value, lasting if whole else None, lasting))

    def _inside(self, value: Any) -> str:
        """Return the digest of something that can be called, met inside a value."""
        tracer = Tracer(self._seen)
        tracer.follow(value)
        self._found.append(combined(tracer.fixed))
        return tracer.lasting


def is_class(value: Any) -> bool:
    """Return whether this is a class, and not one with something in brackets."""
    return isinstance(value, type) and not get_args(value)


def _inner(value: Any) -> tuple[Any, ...] | None:
    """Return the functions inside what makes a method or a property of them."""
    if isinstance(value, classmethod | staticmethod):
        return (value.__func__,)
    if isinstance(value, property):
        return value.fget, value.fset, value.fdel
    return (value.func,) if isinstance(value, cached_property) else None


def _state(value: Any) -> Any:
    """Return what there is to read of an object that code uses."""
    if not callable(value):
        return value
    return [objects.name_of(type(value)), objects.state(value)]


def _all_in(annotation: Any) -> Iterable[Any]:
    """Yield an annotation and what stands in its brackets."""
    yield annotation
    for each in get_args(annotation):
        yield from _all_in(each)


def _counts(name: str, value: Any) -> bool:
    """Return whether something in a class is the author's word, and not Python's."""
    if name in {"_abc_impl", "__module__", "__firstlineno__", "__class__"}:
        return False
    made = name.startswith(("__pydantic", "__dataclass", "__annotat"))
    said = isinstance(value, _PLAIN) or callable(value) or _inner(value) is not None
    return not name.startswith("__") or (said and not made)


def _name(value: Any) -> str:
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return f"{module}.{name or type(value).__qualname__}"
