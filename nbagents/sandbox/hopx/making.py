"""Has sandboxes made so that none is lost.

A request that failed may have made one all the same: the answer got lost, or came too
late. HopX keeps no names or labels. What it keeps and lists is the lifetime that was
asked for, so each request asks for one a little shorter, and of its own: that is the
label. Whatever has it, is as new as the request, and belongs to nobody, is killed.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx.api import Control
from nbagents.sandbox.hopx.failures import NO_TEMPLATE, explained, refused
from nbagents.sandbox.hopx.killing import Made, kill, made, moment
from nbagents.sandbox.hopx.waiting import GivenUp, Waiter

logger = logging.getLogger("nbagents")

_SKEW = timedelta(minutes=5)  # by which the clocks of two machines may differ
_labels: set[int] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Request:
    """One request for a sandbox.

    Attributes:
        control: Whom it goes to.
        template: What it is made from.
        internet: Whether programs in it reach the internet.
        lifetime: The most seconds that it may live.
        seconds: How long an answer is waited for.
        is_owned: Whether the sandbox with an id belongs to somebody.
        born: What has come of it, from the first moment on.
    """

    control: Control
    template: str
    internet: bool
    lifetime: int
    seconds: float
    is_owned: Callable[[str], bool]
    born: list[Made] = field(default_factory=list)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def body(self, label: int) -> dict[str, Any]:
        """Return what is sent. No variables: the library would set them afterwards."""
        return {
            "template_name": self.template,
            "timeout_seconds": label,
            "internet_access": self.internet,
        }

    def send(self, label: int) -> Made:
        """Send it, once, and return what was made."""
        box = made(self.control.create(self.body(label)), label)
        self.born.append(box)
        return box


def make(request: Request) -> Made:
    """Return a new sandbox.

    Raises:
        SandboxError: There is none; one that may have been made is gone again, or
            the message says until when it lives.
    """
    control = request.control
    with _label(request.lifetime) as label:
        try:
            return Waiter().call(
                lambda: request.send(label),
                request.seconds,
                late=lambda box: _came_late(request, box),
            )
        except Exception as error:  # noqa: BLE001 - the library raises many kinds
            doing = "opening a sandbox"
            failure = explained(error, control.place, doing, NO_TEMPLATE)
            if not refused(error):
                _make_sure(request, label, failure)
            if not isinstance(error, GivenUp):  # Else it is still at work.
                control.close()
            raise failure from None


@contextmanager
def _label(lifetime: int) -> Iterator[int]:
    """Lend a lifetime that no other request of this process asks for meanwhile."""
    with _lock:
        # Round ones are what others ask for.
        free = [n for n in range(lifetime - lifetime // 3, lifetime) if n % 10]
        free = [n for n in free if n not in _labels] or free
        label = secrets.choice(free)
        _labels.add(label)
    try:
        yield label
    finally:
        with _lock:
            _labels.discard(label)


def _came_late(request: Request, box: Made | None) -> None:
    try:
        if box is not None:
            kill(request.control, box, request.seconds)
    except SandboxError as error:
        logger.warning("%s", error)
    request.control.close()


def _make_sure(request: Request, label: int, failure: SandboxError) -> None:
    """Kill what may have come of a request that failed, and say what is left."""
    try:
        found = Waiter().call(lambda: list(_suspects(request, label)), request.seconds)
        for each in found:
            if not request.is_owned(each.name):
                kill(request.control, each, request.seconds)
    except SandboxError as error:
        failure.add_note(str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known
        told = explained(error, request.control.place, "looking for what was made")
        ends = datetime.now(UTC) + timedelta(seconds=label)
        failure.add_note(f"A sandbox may have been made; {Made('', ends).fate}. {told}")


def _suspects(request: Request, label: int) -> Iterator[Made]:
    for each in request.control.listed():
        born = moment(each.get("created_at"))
        new = born is None or born >= request.begun - _SKEW
        same = each.get("template_name") in {None, request.template}
        if each.get("timeout_seconds") == label and new and same:
            yield made(each, label)
