"""What an agent of a framework was when it was first wrapped.

Such agents change while they work: they keep a memory, and fill caches with functions.
Looked at again they would be others each time, and what they did would count for
nothing. So the same object stays what it was, and another one is the same if it began
with the same content.
"""

import threading
import weakref
from typing import Any, NoReturn

from nbagents.digests import fingerprint

_lock = threading.Lock()
_originals: dict[int, tuple[weakref.ref[Any], "Original"]] = {}


class Original:
    """What is known of one object.

    Attributes:
        turn: Held by whoever uses it, where only one may at a time.
    """

    def __init__(self, value: Any) -> None:
        self.turn = threading.Lock()
        taken = fingerprint(value)
        self._content = taken.lasting
        self._whole = all(each.digest is not None for each in taken.captured)

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what it was made of, as far as that can be told."""
        return (self._content,) if self._whole else (self._content, _Closed())


class _Closed:
    """Stands for what cannot be looked into: it is equal to nothing."""

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError


def original(value: Any) -> Original:
    """Return what `value` was when this was first asked."""
    with _lock:
        found = _originals.get(id(value))
        if found is not None and found[0]() is value:
            return found[1]
    made = Original(value)  # It may take a while, and run code of the value's class.
    return _kept(value, made)


def _kept(value: Any, made: Original) -> Original:
    key = id(value)
    try:
        reference = weakref.ref(value, lambda _: _originals.pop(key, None))
    except TypeError:  # Its class has no room for that.
        return made
    with _lock:
        found = _originals.get(key)
        if found is None or found[0]() is not value:
            _originals[key] = (reference, made)
        return _originals[key][1]
