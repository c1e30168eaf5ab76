"""One sandbox at HopX, in which the programs of one task run."""

import contextlib
import json
import math
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files as resources
from typing import TypeVar

from nbagents.errors import SandboxError
from nbagents.sandbox.hopx import packing
from nbagents.sandbox.hopx.api import WORKSPACE, Agent, Control
from nbagents.sandbox.hopx.failures import explained
from nbagents.sandbox.hopx.killing import Made, kill
from nbagents.sandbox.hopx.waiting import Stopped, Waiter
from nbagents.sandbox.protocol import Outcome

T = TypeVar("T")

_INSIDE = f"{WORKSPACE}/.nbagents"
OWNER = f"{_INSIDE}/owner.json"
_SCRIPTS = ("ask.py", "watch.py", "files.py", "program.py")
_LONGEST_ASK = 15.0  # seconds: servers in between cut what is silent for a minute
_ASK = """
import subprocess, sys
command = [sys.executable, "-S", {script!r}, {name!r}, {patience!r}]
done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
sys.stdout.write(done.stdout.decode("utf-8", "replace"))
"""
_NONE: Mapping[str, bytes] = {}


@dataclass(slots=True)
class Terms:
    """How long things may take.

    Attributes:
        lifetime: Seconds after which a sandbox that nobody prolongs is gone.
        deadline: Seconds of any one call.
    """

    lifetime: int
    deadline: float


class HopxSession:
    """A sandbox that is there; `HopxSandbox.open` makes one.

    Attributes:
        level: What holds the programs.
        name: The id that HopX has given it.
    """

    level = packing.LEVEL

    def __init__(self, control: Control, box: Made, terms: Terms) -> None:
        self.name = box.name
        self._control = control
        self._box = box
        self._terms = terms
        self._agent: Agent = control.agent(box.name)
        self._waiter = Waiter()
        self._killing = threading.Lock()
        self._gone = False

    @property
    def in_use(self) -> bool:
        """Whether it is, or may be, alive, and nobody has tried to close it."""
        return not self._gone and not self._waiter.stopped

    def prepare(self, owner: str) -> None:
        """Wait for the agent, say whose this is, and bring what runs programs."""
        agent, seconds = self._agent, self._terms.deadline

        def prepared() -> None:
            agent.command(f"mkdir -p {_INSIDE} {WORKSPACE}/work", seconds)
            agent.write(OWNER, json.dumps({"owner": owner}))
            for each in _SCRIPTS:
                source = resources("nbagents.sandbox.hopx.inside") / each
                agent.write(f"{_INSIDE}/{each}", source.read_text("utf-8"))

        self._or_ended(lambda: self._call(prepared, seconds), "opening a sandbox")

    def run(
        self, code: str, *, files: Mapping[str, bytes] = _NONE, seconds: float = 60
    ) -> Outcome:
        """Run `code` once and return what came of it; see `Session`."""
        order = packing.packed(code, files, seconds)
        return self._or_ended(
            lambda: self._ran(code, order, seconds), "running a program"
        )

    def close(self) -> None:
        """Kill the sandbox, and whatever runs in it; again does nothing.

        Raises:
            SandboxError: It is still there; the message says which, and until when.
        """
        self._waiter.stop()
        with self._killing:
            if not self._gone:
                self._kill()

    def _kill(self) -> None:
        try:
            kill(self._control, self._box, self._terms.deadline)
            self._gone = True
        finally:
            self._agent.close()
            self._control.close()
            if not self._gone:  # Somebody may try once more.
                self._control = self._control.again()

    def __repr__(self) -> str:
        return f"HopxSession({self.name!r})"

    def _ran(self, code: str, order: str, seconds: float) -> Outcome:
        """Do it in requests each of which may come twice."""
        name = secrets.token_hex(8)  # By which the sandbox knows it again.
        deadline = self._terms.deadline
        self._outlive(seconds)
        path = f"{_INSIDE}/{name}"
        self._call(lambda: self._agent.write(f"{path}.order.json", order), deadline)
        self._wait_for_end(name, seconds + deadline)
        outcome = self._read(f"{path}/outcome.json")
        count = packing.parts(outcome)
        more = [self._read(f"{path}/part-{n}.json") for n in range(count)]
        return packing.unpacked(code, outcome, more)

    def _wait_for_end(self, name: str, seconds: float) -> None:
        """Have a program run, unless it was begun already, and wait for its end."""
        until = time.monotonic() + seconds
        while (state := self._asked(name)) != "done":
            if state == "lost":
                raise SandboxError(
                    "what watches over the program has died: the program has killed "
                    "it, or the sandbox has no room left"
                )
            if time.monotonic() > until:
                raise SandboxError("the sandbox does not end a program in time")

    def _asked(self, name: str) -> str:
        deadline = self._terms.deadline
        patience = min(_LONGEST_ASK, deadline / 2)
        script = f"{_INSIDE}/ask.py"
        code = _ASK.format(script=script, name=name, patience=f"{patience:g}")
        limit = patience + deadline
        return packing.state(self._call(lambda: self._agent.python(code, limit), limit))

    def _read(self, path: str) -> str:
        return self._call(lambda: self._agent.read(path), self._terms.deadline)

    def _outlive(self, seconds: float) -> None:
        """See to it that the sandbox lives long enough for a program."""
        deadline = self._terms.deadline
        left = (self._box.ends - datetime.now(UTC)).total_seconds()
        wanted = seconds + 3 * deadline  # It is also sent there, and fetched.
        if left > wanted:
            return
        lifetime = math.ceil(max(wanted, self._terms.lifetime))
        prolong = self._control.prolong
        try:
            self._call(lambda: prolong(self.name, lifetime), deadline)
        except Exception as error:
            if isinstance(error, Stopped) or left < seconds:
                raise
            return  # Some plans do not allow it, and it may well be long enough.
        ends = datetime.now(UTC) + timedelta(seconds=lifetime)
        self._box = Made(self.name, ends)

    def _call(self, work: Callable[[], T], seconds: float) -> T:
        return self._waiter.call(work, seconds)

    def _or_ended(self, work: Callable[[], T], doing: str) -> T:
        """Return what `work` returns, or end the sandbox: how it is nobody knows."""
        try:
            return work()
        except Stopped as error:  # Whoever closed it kills it.
            raise explained(error, self._control.place, doing) from None
        except Exception as error:  # noqa: BLE001 - the library raises many kinds
            failure = explained(error, self._control.place, doing)
            self._end(failure)
            raise failure from None
        except BaseException:
            with contextlib.suppress(SandboxError):
                self.close()
            raise

    def _end(self, failure: SandboxError) -> None:
        try:
            self.close()
        except SandboxError as error:
            failure.add_note(str(error))
