"""Ends sandboxes, and makes sure that they have ended."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx.api import Control
from nbagents.sandbox.hopx.failures import explained
from nbagents.sandbox.hopx.waiting import Waiter

_FIRST_PAUSE = 0.1  # seconds between two tries, which grow
_LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Made:
    """A sandbox that there is.

    Attributes:
        name: Its id.
        ends: When it is gone at the latest.
    """

    name: str
    ends: datetime

    @property
    def fate(self) -> str:
        """What becomes of it by itself."""
        return f"its lifetime ends it at {self.ends:%H:%M:%S} UTC"


def made(said: dict[str, Any], lifetime: int) -> Made:
    """Return the sandbox that HopX speaks of."""
    default = datetime.now(UTC) + timedelta(seconds=lifetime)
    return Made(str(said["id"]), moment(said.get("expires_at")) or default)


def moment(text: Any) -> datetime | None:
    """Return the time that is written so; `None` if none is."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def kill(control: Control, box: Made, seconds: float) -> None:
    """End a sandbox.

    Args:
        control: Where it is.
        box: Which.
        seconds: How long it is tried.

    Raises:
        SandboxError: It may still be there; the message says which, and until when.
    """
    until = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while (failure := _tried(control, box, until - time.monotonic())) is not None:
        if not failure.retryable or time.monotonic() + pause > until:
            raise _left_behind(box, failure)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _tried(control: Control, box: Made, seconds: float) -> SandboxError | None:
    """Try once; return why it may still be there, or `None` when it is gone."""
    failure = _asked(control, box, seconds / 2)
    try:
        if not Waiter().call(lambda: control.alive(box.name), seconds / 2):
            return None
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known
        return failure or explained(error, control.place, "looking after it")
    alive = SandboxError(f"{control.place} says that it is alive")
    alive.retryable = True
    return failure or alive


def _asked(control: Control, box: Made, seconds: float) -> SandboxError | None:
    try:
        Waiter().call(lambda: control.delete(box.name), seconds)
    except Exception as error:  # noqa: BLE001 - it may have worked all the same
        return explained(error, control.place, "killing it")
    return None


def _left_behind(box: Made, failure: SandboxError) -> SandboxError:
    error = SandboxError(
        f"sandbox {box.name} could not be killed, and costs until it is gone: "
        f"{box.fate}. {failure}"
    )
    return error.with_note(
        "Kill it before that with HopxSandbox().kill_strays(...), or at HopX."
    )
