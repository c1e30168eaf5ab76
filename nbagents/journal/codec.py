"""Events as text, and texts as events again.

A record is a JSON object: the name of the event, and its fields. Reading is strict:
an event, a field or a type that is not known is refused by name.

Going back is stored as the number of events it goes back to, and not with the state
that leads to: replaying those gives the same, and results need not be stored twice.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from nbagents.engine import events as e
from nbagents.engine.fold import apply, replay
from nbagents.engine.record import at_rest
from nbagents.engine.state import RunState
from nbagents.errors import JournalRecordError, NbagentsError, PlanError
from nbagents.journal.shapes import Record, record_of
from nbagents.journal.values import Redact, unchanged

KINDS: tuple[type[e.Event], ...] = (
    e.RunCreated,
    e.RunPlanned,
    e.PlanEdited,
    e.AgentReplaced,
    e.RunRewound,
    e.LimitsChanged,
    e.RunStarted,
    e.RunPaused,
    e.RunEnded,
    e.TaskStarted,
    e.ModelAsked,
    e.ModelAnswered,
    e.ToolCalled,
    e.ToolReturned,
    e.RunNested,
    e.TaskCompleted,
    e.TaskFailed,
    e.TaskRetried,
    e.TaskInterrupted,
    e.TaskSkipped,
    e.TaskCancelled,
    e.TaskEdited,
    e.TaskStale,
    e.TaskApproved,
    e.TaskKept,
    e.TaskReopened,
)
"""Every event that is stored."""

_KINDS = {kind.__name__: kind for kind in KINDS}
_LEFT_OUT = frozenset({"degraded", "plan", "tasks"})


def encode(event: e.Event, redact: Redact = unchanged) -> str:
    """Return `event` as one line of JSON, in ASCII.

    Args:
        event: Any event of a history.
        redact: Takes the secrets out of every text. A result it would change is not
            stored at all, for it would not be the same after a restart.

    Raises:
        JournalRecordError: It is no event of a history, or a field of it cannot be
            written down.
    """
    kind = type(event)
    if kind not in KINDS:
        raise JournalRecordError(f"a '{kind.__name__}' is not stored")
    try:
        data = {"event": kind.__name__, **_shape(kind).write(event, redact)}
        return json.dumps(data, separators=(",", ":"))
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        message = f"a '{kind.__name__}' cannot be written down: {error}"
        raise JournalRecordError(message) from error


def decode(text: str) -> e.Event:
    """Return the event that `text` is; one that goes back needs `decode_all`.

    Raises:
        JournalRecordError: It is none.
    """
    kind, data = _parsed(text)
    return _event(kind, data, None)


def decode_all(texts: Iterable[str]) -> list[e.Event]:
    """Return the events that `texts` are, all of a run from its first on.

    Raises:
        JournalRecordError: One of them is none; its place is in `number`.
    """
    parsed = [_numbered(number, text) for number, text in enumerate(texts)]
    past = _Past({data.get("to") for kind, data in parsed if kind is e.RunRewound})
    for number, (kind, data) in enumerate(parsed):
        try:
            past.add(_event(kind, data, past))
        except JournalRecordError as error:
            raise _at(number, error) from None
    return past.events


def history_of(texts: Iterable[str]) -> list[e.Event]:
    """Return the events that `texts` are, which lead from a beginning to a state.

    Raises:
        JournalRecordError: One of them is none, or cannot have happened then.
    """
    history = decode_all(texts)
    if not history:
        raise JournalRecordError("nothing of this run is recorded")
    try:
        replay(history)
    except _IMPOSSIBLE as error:
        message = f"what is recorded cannot have happened: {error!r}"
        raise JournalRecordError(message) from error
    return history


# What a state says to an event that is no event of a run as it stands.
_IMPOSSIBLE = (KeyError, TypeError, ValueError, NbagentsError)


class _Past:
    """The events read so far, and where the run stood when it matters later."""

    def __init__(self, wanted: Iterable[Any]) -> None:
        self.events: list[e.Event] = []
        self._wanted = {to for to in wanted if type(to) is int}
        self._state: RunState | None = None
        self._then: dict[int, RunState] = {}

    def add(self, event: e.Event) -> None:
        """Take in the next event."""
        self.events.append(event)
        if not self._wanted:
            return
        try:
            self._follow(event)
        except (KeyError, TypeError, NbagentsError) as error:
            raise JournalRecordError(f"it cannot have happened: {error}") from error
        if len(self.events) in self._wanted and self._state is not None:
            self._then[len(self.events)] = self._state.copy()

    def _follow(self, event: e.Event) -> None:
        if self._state is None:
            self._state = replay([event])
        else:
            apply(self._state, event)

    def rewound(self, at: float, to: int) -> e.RunRewound:
        """Return the event that goes back to the first `to` events."""
        if to not in self._then:
            message = f"'RunRewound.to' is {to}: that is not among the events before it"
            raise JournalRecordError(message)
        then = self._then[to]
        tasks = {id: at_rest(task) for id, task in then.tasks.items()}
        return e.RunRewound(at, to, then.plan, tasks, then.degraded)


def _event(kind: type[e.Event], data: dict[str, Any], past: _Past | None) -> e.Event:
    try:
        arguments = _shape(kind).arguments(data, kind.__name__)
        if kind is not e.RunRewound:
            return kind(**arguments)
    except PlanError as error:
        message = f"the plan of '{kind.__name__}' cannot run: {error}"
        raise JournalRecordError(message) from error
    except JournalRecordError:
        raise
    except ValueError as error:  # The limits check themselves.
        raise JournalRecordError(f"in '{kind.__name__}' {error}") from error
    if past is None:
        raise JournalRecordError("'RunRewound' needs the events before it")
    return past.rewound(**arguments)


def _parsed(text: str) -> tuple[type[e.Event], dict[str, Any]]:
    try:
        data = json.loads(text)
    except (RecursionError, TypeError, ValueError) as error:
        raise JournalRecordError(f"it is not JSON: {error}") from None
    if type(data) is not dict:
        raise JournalRecordError("it is not a JSON object")
    name = data.pop("event", None)
    kind = _KINDS.get(name) if type(name) is str else None
    if kind is None:
        raise JournalRecordError(f"there is no event '{str(name)[:40]}'")
    return kind, data


def _numbered(number: int, text: str) -> tuple[type[e.Event], dict[str, Any]]:
    try:
        return _parsed(text)
    except JournalRecordError as error:
        raise _at(number, error) from None


def _at(number: int, error: JournalRecordError) -> JournalRecordError:
    message = f"record {number} is no event of a run: {error}"
    return JournalRecordError(message, number=number)


def _shape(kind: type[e.Event]) -> Record:
    return _shapes()[kind]


@cache
def _shapes() -> dict[type[e.Event], Record]:
    rewound = record_of(e.RunRewound, without=_LEFT_OUT)
    return {**{kind: record_of(kind) for kind in KINDS}, e.RunRewound: rewound}
