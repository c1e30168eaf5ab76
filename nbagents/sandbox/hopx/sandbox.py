"""Sandboxes at HopX: how they are set up, opened, and found when they were lost."""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx import packing, strays
from nbagents.sandbox.hopx.access import access
from nbagents.sandbox.hopx.api import Control
from nbagents.sandbox.hopx.killing import kill
from nbagents.sandbox.hopx.making import Request, make
from nbagents.sandbox.hopx.session import HopxSession, Terms
from nbagents.sandbox.hopx.strays import Stray

LIFETIME = 600
DEADLINE = 60.0
_SHORTEST_LIFETIME = 60
_LONGEST_LIFETIME = 24 * 60 * 60

# All sandboxes that this process uses; none of them is a stray.
_sessions: "weakref.WeakSet[HopxSession]" = weakref.WeakSet()
_lock = threading.Lock()


class HopxSandbox:
    """Runs programs in a small virtual machine at HopX, one for each attempt.

    It needs a key, and costs as long as it lives. However things end, none is left
    for longer than its lifetime.

    Attributes:
        level: "hopx".

    Args:
        api_key: `None` reads `HOPX_API_KEY` when a sandbox is opened.
        base_url: Of the control plane; `None` reads `HOPX_BASE_URL`, and without that
            means HopX.
        template: What sandboxes are made from: the packages that programs find.
        lifetime: Seconds after which HopX ends a sandbox, whatever happens here. A
            program that may take longer has its sandbox live longer.
        deadline: Seconds that any one call to HopX may take.
        internet: Whether programs reach the internet.

    Raises:
        SandboxError: The lifetime or the deadline is of no use.

    Example:
        >>> session = HopxSandbox().open("run/task/1")  # doctest: +SKIP
        >>> print(session.run("print(6 * 7)").stdout)  # doctest: +SKIP
        42
    """

    level = packing.LEVEL

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        template: str = "code-interpreter",
        lifetime: int = LIFETIME,
        deadline: float = DEADLINE,
        internet: bool = False,
    ) -> None:
        _check(lifetime, deadline)
        self._api_key = api_key
        self._base_url = base_url
        self._template = template
        self._internet = internet
        self._terms = Terms(lifetime, deadline)

    def check(self) -> None:
        """Raise `SandboxError` where there is no key; HopX is not asked."""
        access(self._api_key, self._base_url)

    def open(self, owner: str) -> HopxSession:
        """Return a fresh sandbox that nothing else uses; see `Sandbox`."""
        request = self._request()
        try:
            session = HopxSession(request.control, make(request), self._terms)
            with _lock:
                _sessions.add(session)
            session.prepare(owner)
            return session
        except Exception:
            raise  # Whoever raised it has seen to the sandbox.
        except BaseException:  # An interrupt comes between any two steps.
            for box in request.born:
                with suppress(SandboxError), self._visit() as control:
                    kill(control, box, self._terms.deadline)
            raise

    def strays(self, owner: str = "") -> tuple[Stray, ...]:
        """Return the sandboxes of nbagents that this process does not use.

        Those of other notebooks with the same key are among them, at work or not.

        Args:
            owner: The id of a run, `"run/task"` or `"run/task/attempt"`; "" for all.
        """
        with self._visit() as control:
            return self._strays(control, owner)

    def kill_strays(self, owner: str) -> tuple[Stray, ...]:
        """Kill what `strays(owner)` finds, and return it.

        Raises:
            SandboxError: Some are still there; the message says which, and until when.
        """
        with self._visit() as control:
            found = self._strays(control, owner)
            strays.kill_all(control, found, self._terms.deadline)
            return found

    def __repr__(self) -> str:
        return (
            f"HopxSandbox(template={self._template!r}, "
            f"lifetime={self._terms.lifetime!r}, internet={self._internet!r})"
        )

    def _request(self) -> Request:
        control = self._control()
        return Request(
            control=control,
            template=self._template,
            internet=self._internet,
            lifetime=self._terms.lifetime,
            seconds=self._terms.deadline,
            is_owned=lambda name: self._owned(control, name),
        )

    def _control(self) -> Control:
        return Control(access(self._api_key, self._base_url), self._terms.deadline)

    @contextmanager
    def _visit(self) -> Iterator[Control]:
        control = self._control()
        try:
            yield control
        finally:
            control.close()

    def _strays(self, control: Control, owner: str) -> tuple[Stray, ...]:
        return strays.found(control, owner, self._terms.deadline, _in_use)

    def _owned(self, control: Control, name: str) -> bool:
        return (
            _in_use(name)
            or strays.owner_of(control, name, self._terms.deadline) is not None
        )


def _in_use(name: str) -> bool:
    with _lock:
        return any(each.name == name and each.in_use for each in _sessions)


def _check(lifetime: int, deadline: float) -> None:
    if type(lifetime) is not int or not (
        _SHORTEST_LIFETIME <= lifetime <= _LONGEST_LIFETIME
    ):
        raise SandboxError(
            f"lifetime must be {_SHORTEST_LIFETIME} to {_LONGEST_LIFETIME} seconds: a "
            "sandbox without one would cost for ever"
        )
    if isinstance(deadline, bool) or not 0 < deadline < float("inf"):
        raise SandboxError("deadline must be a number of seconds")
