"""Sandboxes that were left behind: by a process that died, or that could not kill."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from nbagents.errors import SandboxError
from nbagents.redaction import Discreet
from nbagents.sandbox.hopx.api import Control
from nbagents.sandbox.hopx.failures import explained
from nbagents.sandbox.hopx.killing import Made, kill, made
from nbagents.sandbox.hopx.session import OWNER
from nbagents.sandbox.hopx.waiting import Waiter

_MOST_ASKED = 8  # at once
_LONGEST_ANSWER = 10.0  # seconds: an agent that is alive answers at once


@dataclass(frozen=True, slots=True)
class Stray(Discreet):
    """A sandbox of nbagents that this process did not open, or does not use any more.

    Attributes:
        name: Its id at HopX.
        owner: Whose it was: `"run/task/attempt"`.
        ends: When its lifetime ends it.
    """

    name: str
    owner: str
    ends: datetime


def owner_of(control: Control, name: str, seconds: float) -> str | None:
    """Return whose a sandbox is; `None` where it does not say, or nothing at all."""
    agent = control.agent(name)
    try:
        said = Waiter().call(lambda: agent.read(OWNER), min(seconds, _LONGEST_ANSWER))
        return str(json.loads(said)["owner"])
    except Exception:  # noqa: BLE001 - it is somebody else's, or dead
        return None
    finally:
        agent.close()


def found(
    control: Control, owner: str, seconds: float, in_use: Callable[[str], bool]
) -> tuple[Stray, ...]:
    """Return the strays of `owner`.

    Args:
        control: Where they are.
        owner: The id of a run, or "run/task"; "" for all there are.
        seconds: How long an answer is waited for.
        in_use: Whether the sandbox with an id is none.

    Raises:
        SandboxError: There is no telling.
    """
    try:
        said = Waiter().call(control.listed, seconds)
        boxes = [made(each, 0) for each in said]
    except Exception as error:  # noqa: BLE001 - the library raises many kinds
        raise explained(error, control.place, "looking for strays") from None
    boxes = [each for each in boxes if not in_use(each.name)]
    with ThreadPoolExecutor(_MOST_ASKED) as threads:
        owners = threads.map(lambda box: owner_of(control, box.name, seconds), boxes)
        return tuple(_of(owner, zip(boxes, owners, strict=True)))


def kill_all(control: Control, strays: Iterable[Stray], seconds: float) -> None:
    """Kill them.

    Raises:
        SandboxError: Some are still there; the message says which, and until when.
    """
    failures = []
    for each in strays:
        try:
            kill(control, Made(each.name, each.ends), seconds)
        except SandboxError as error:
            failures.append(str(error))
    if failures:
        raise SandboxError("; ".join(failures))


def _of(owner: str, pairs: Iterable[tuple[Made, str | None]]) -> Iterable[Stray]:
    for box, whose in pairs:
        if whose is not None and f"{whose}/".startswith(f"{owner}/" if owner else ""):
            yield Stray(box.name, whose, box.ends)
