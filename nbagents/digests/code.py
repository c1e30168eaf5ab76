"""The fingerprint of a function: whether an agent that was defined again is another.

A function is what it compiles to (so a comment changes nothing), its defaults, what it
closes over, and the globals it reads. Functions and classes of the user's own are
followed: a helper that changed is a change. What was installed is told by its name; but
what an installed decorator made of the user's function is told by that function.

What a function has captured may be changed in place: a list it counts in, an object
it belongs to. It is the same when it is the same object, for then the old function and
the new one see the same, or when the content was the same when both were captured.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbagents.digests.hashing import combined
from nbagents.digests.objects import name_of
from nbagents.digests.seen import Captured, Seen
from nbagents.digests.tracer import Tracer
from nbagents.digests.witnesses import Witnesses


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What a function is, at one moment.

    Attributes:
        digest: Of all of it, as it was then; where that cannot be told, a mark that
            equals no other.
        lasting: Of all that can be told in another process, too: what has no content
            counts as its class there.
        fixed: Of what cannot change in place.
        captured: What can, in the order in which it was found.
        witnesses: By what a later change is noticed.
    """

    digest: str
    lasting: str
    fixed: str
    captured: tuple[Captured, ...]
    witnesses: Witnesses

    def same_as(self, other: "Fingerprint") -> bool:
        """Return whether both functions do the same, as far as can be told."""
        return (
            self.fixed == other.fixed
            and len(self.captured) == len(other.captured)
            and all(map(Captured.same_as, self.captured, other.captured))
        )

    @property
    def holds(self) -> bool:
        """Whether nothing it uses has been defined again since it was taken."""
        return self.witnesses.agree()


def fingerprint(function: Callable[..., Any]) -> Fingerprint:
    """Return what `function` is now: any object that can be called.

    One that cannot be looked into is the same as itself, and as no other.
    """
    seen = Seen()
    tracer = Tracer(seen)
    try:
        tracer.follow(function)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a value it uses may raise at any question
        unknown = (Captured(function, None, ""),)
        lasting = name_of(type(function))
        return Fingerprint(secrets.token_hex(), lasting, "", unknown, Witnesses())
    fixed, captured = combined(tracer.fixed), tuple(tracer.captured)
    return Fingerprint(tracer.digest, tracer.lasting, fixed, captured, seen.witnesses)
