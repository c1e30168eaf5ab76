"""The two APIs of HopX, through `hopx_ai`, which nothing else here imports.

The control plane makes and kills sandboxes, and an agent inside each runs code and
keeps files. The library sends failed requests again by itself, also those that make a
sandbox. To the control plane each request goes once: then none is made that nobody
knows of, and what HopX says about waiting is heard at once. Requests to the agent are
such that they may come twice.
"""

import logging
import math
import threading
import warnings
from types import ModuleType
from typing import Any

from nbagents.errors import SandboxError
from nbagents.redaction.logs import discreet
from nbagents.sandbox.hopx.access import Access

WORKSPACE = "/workspace"  # Where HopX lets files be written.

_importing = threading.Lock()
_GONE = frozenset({"deleted", "deleting", "stopped", "stopping", "terminated"})


def library() -> ModuleType:
    """Return `hopx_ai`, imported when it is first needed.

    Raises:
        SandboxError: It is not there, or does not go with what else is installed.
    """
    with _importing, warnings.catch_warnings():
        # It uses a part of websockets that has a successor, and says so at import.
        warnings.simplefilter("ignore")
        try:
            import hopx_ai
        except ImportError as error:
            raise SandboxError(f"hopx_ai cannot be imported: {error}").with_note(
                "Try: pip install --upgrade hopx-ai"
            ) from None
    _make_discreet()
    module: ModuleType = hopx_ai
    return module


def _make_discreet() -> None:
    # At DEBUG it logs bodies with tokens in them; without any set-up of logging each
    # of its retries would be printed into the notebook.
    for name in ("_client", "_agent_client", "sandbox"):
        logging.getLogger(f"hopx_ai.{name}").addFilter(discreet)
    root = logging.getLogger("hopx_ai")
    if not any(isinstance(each, logging.NullHandler) for each in root.handlers):
        root.addHandler(logging.NullHandler())


class Control:
    """The control plane; each method is one request, and blocks.

    Args:
        access: Where and with which key.
        seconds: How long an answer is waited for.
    """

    def __init__(self, access: Access, seconds: float) -> None:
        self.place = access.place
        self._access = access
        # The library waits longer than anybody: a sandbox that comes late has to be
        # killed, and its answer is the only one to say which.
        self._seconds = 3 * seconds
        # The library has no public way to make a sandbox with one request only.
        self._http: Any = self._sandbox("").__dict__["_client"]

    def again(self) -> "Control":
        """Return the same with connections of its own."""
        return Control(self._access, self._seconds / 3)

    def create(self, order: dict[str, Any]) -> dict[str, Any]:
        """Make a sandbox and return what HopX says of it."""
        return _mapping(self._http.post("/v1/sandboxes", json=order))

    def listed(self) -> list[dict[str, Any]]:
        """Return what HopX says of each sandbox there is."""
        found: dict[str, dict[str, Any]] = {}
        cursor: Any = None
        while True:
            page = self._page(cursor)
            data = [_mapping(each) for each in page.get("data") or []]
            new = {str(each.get("id")): each for each in data}
            more = bool(new.keys() - found.keys()) and page.get("has_more")
            found |= new
            cursor = page.get("next_cursor")
            if not (more and cursor):
                return list(found.values())

    def alive(self, name: str) -> bool:
        """Return whether the sandbox is still there."""
        try:
            said = _mapping(self._http.get(f"/v1/sandboxes/{name}"))
        except library().NotFoundError:
            return False
        return said.get("status") not in _GONE

    def delete(self, name: str) -> None:
        """Ask for the end of a sandbox."""
        self._http.delete(f"/v1/sandboxes/{name}")

    def prolong(self, name: str, seconds: int) -> None:
        """Have it live for so many seconds from now on."""
        path = f"/v1/sandboxes/{name}/timeout"
        self._http.put(path, json={"timeout_seconds": seconds})

    def agent(self, name: str) -> "Agent":
        """Return the agent of a sandbox; nothing is sent yet."""
        return Agent(self._sandbox(name))

    def close(self) -> None:
        """Close connections; requests that wait on them fail."""
        self._http.close()

    def _page(self, cursor: Any) -> dict[str, Any]:
        params = {"limit": 100} | ({"cursor": cursor} if cursor else {})
        return _mapping(self._http.get("/v1/sandboxes", params=params))

    def _sandbox(self, name: str) -> Any:
        return library().Sandbox(
            name,
            api_key=self._access.key,
            base_url=self._access.base_url,
            timeout=math.ceil(self._seconds),
            max_retries=0,
        )


class Agent:
    """What is inside a sandbox; each method blocks, and may be done twice."""

    def __init__(self, box: Any) -> None:
        self._box = box

    def command(self, line: str, seconds: float) -> None:
        """Run one line of shell, which has to go well."""
        done = self._box.commands.run(line, timeout=math.ceil(seconds))
        if done.exit_code != 0:
            raise ValueError(f"{line!r} failed: {done.stderr or done.stdout}")

    def python(self, code: str, seconds: float) -> str:
        """Run a piece of Python and return what it prints."""
        done = self._box.run_code(code, timeout=math.ceil(seconds))
        return str(done.stdout)

    def write(self, path: str, text: str) -> None:
        """Write a file of text."""
        self._box.files.write(path, text)

    def read(self, path: str) -> str:
        """Return a file of text."""
        return str(self._box.files.read(path))

    def close(self) -> None:
        """Close connections, so that nothing is sent again that waits on them."""
        for name in ("_agent_client", "_client"):
            client = self._box.__dict__.get(name)
            if client is not None:
                client.close()


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an answer that is no object")  # noqa: TRY004 - not our call
    return value
