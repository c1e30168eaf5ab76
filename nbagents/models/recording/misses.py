"""What is said of a request that is not in a recording: how the nearest differs."""

import difflib
import json
from collections.abc import Iterator, Sequence

from nbagents.errors import RecordingMissError
from nbagents.models.recording.tape import Request, Tape
from nbagents.redaction import redacted_in

_MOST_LINES = 40
_MOST_READ = 400  # lines of each request; what difflib does with more takes seconds
_WIDEST = 160


def miss(tape: Tape, request: Request, *, can_go_live: bool) -> RecordingMissError:
    """Return the error that `request` is not on `tape`.

    Args:
        tape: What was recorded.
        request: What was asked.
        can_go_live: Whether a model is there, and only this task may not ask it.
    """
    asked = lines(redacted_in(dict(request)))
    nearest = _nearest(asked, [lines(each) for each in tape.requests])
    names = ("recorded", "asked now")
    found = [*difflib.unified_diff(nearest, asked, *names, n=1, lineterm="")]
    shown = [line[:_WIDEST] for line in found[:_MOST_LINES]]
    if more := len(found) - len(shown):
        shown.append(f"… and {more:,} more lines")
    error = RecordingMissError(str(tape.path), "\n".join(shown))
    if can_go_live:
        return error.with_note(
            "Only what follows from a change that you made in the run goes live."
        )
    return error.with_note(
        "Record it anew: delete the file and give Recording a model=...; or have what "
        "follows from your changes go live: Recording(path, model=..., "
        "live_after_edit=True)"
    )


def lines(request: Request) -> list[str]:
    """Return a request as lines that can be compared: texts are what they say."""
    return list(_lines(request))[:_MOST_READ]


def _lines(request: Request) -> Iterator[str]:
    for name in sorted(request.keys() - {"messages"}):
        yield f"{name}: {json.dumps(request[name], sort_keys=True, ensure_ascii=False)}"
    messages = request.get("messages")
    for message in messages if isinstance(messages, list) else []:
        said = message if isinstance(message, dict) else {"content": message}
        content = said.get("content")
        rest = {k: v for k, v in said.items() if k not in ("role", "content")}
        yield f"--- {said.get('role')}"
        text = content if isinstance(content, str) else json.dumps(content)
        yield from text.splitlines()
        if rest:
            yield json.dumps(rest, sort_keys=True, ensure_ascii=False)


def _nearest(asked: Sequence[str], recorded: Sequence[list[str]]) -> list[str]:
    """Return the recorded request that has most lines in common with this one."""
    own = set(asked)
    common = [len(own.intersection(each)) - len(each) / 1e6 for each in recorded]
    return recorded[common.index(max(common))] if common else []
