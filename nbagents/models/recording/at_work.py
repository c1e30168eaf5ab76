"""The recording of the run at work, for the clients that agents make themselves.

Who asks by `nbagents.client()` in a run whose team has a `Recording` is recorded and
replayed as all who ask in that run, wherever the client was made.
"""

from contextvars import ContextVar
from dataclasses import replace

from nbagents.models.recording.server import RecordingServer
from nbagents.models.server import Server

_at_work: ContextVar[RecordingServer | None] = ContextVar(
    "nbagents_recording", default=None
)


def enter(server: Server | None) -> None:
    """Have `server`, where it is a recording, be that of what works from here on."""
    if isinstance(server, RecordingServer):
        _at_work.set(server)


def is_replayed() -> bool:
    """Return whether the run at work has its answers from a recording."""
    server = _at_work.get()
    return server is not None and not server.records


def server_for(own: Server) -> Server:
    """Return who answers the requests of a client that was made for `own`."""
    server = _at_work.get()
    if server is None or isinstance(own, RecordingServer):
        return own
    return replace(server, behind=own)
