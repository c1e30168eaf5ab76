"""What a list of runs tells of each."""

import json
from dataclasses import dataclass
from functools import cache

from nbagents.engine import metrics
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.state import RunState
from nbagents.errors import JournalRecordError
from nbagents.journal.claims import Holder
from nbagents.journal.shapes import Record, record_of
from nbagents.journal.values import Redact, unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One run of a journal, in a few words.

    Attributes:
        id: The id of the run.
        goal: What its plan was made for; `None` where that was written by hand.
        status: Where the run stood; `None` where that is not known.
        created: When it was made, in seconds since the epoch.
        updated: When something last happened in it, likewise.
        tasks_done: How many of its tasks are completed.
        tasks_total: How many it has.
        tokens: Those of every attempt.
        cost: The same in US dollars; `None` where it is not known.
        simulated: Whether its model is a scripted one.
        reason: Why it stopped, as a sentence.
        parent: Id of the run that it was forked from; `None` otherwise.
        notebook: Name of the notebook it was made in; `None` where that is unknown.
        within: Id of the run whose agent began it; `None` where a person did.
        held_by: Who writes it now; `None` when nobody does.
        damaged: What is here could not be read: only `id` counts.
    """

    id: str
    goal: str | None = None
    status: RunStatus | None = None
    created: float = 0.0
    updated: float = 0.0
    tasks_done: int = 0
    tasks_total: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    simulated: bool = False
    reason: str = ""
    parent: str | None = None
    notebook: str | None = None
    within: str | None = None
    held_by: Holder | None = None
    damaged: bool = False

    @classmethod
    def of(cls, state: RunState, *, created: float, updated: float) -> "Summary":
        """Return the summary of a run that stands at `state`."""
        figures = metrics.metrics(state)
        return cls(
            id=state.run,
            goal=state.plan.goal,
            status=state.status,
            created=created,
            updated=updated,
            tasks_done=figures["tasks_completed"],
            tasks_total=figures["tasks_total"],
            tokens=figures["total_tokens"],
            cost=figures["total_cost"],
            simulated=state.simulated,
            reason=str(state.error or state.reason),
            parent=state.parent,
            notebook=state.notebook,
            within=state.within,
        )


def written(summary: Summary, redact: Redact = unchanged) -> str:
    """Return `summary` as one line of JSON."""
    data = {**_shape().write(summary, redact), "id": summary.id}
    return json.dumps(data, separators=(",", ":"))


def read(text: str) -> Summary:
    """Return the summary that `text` is.

    Raises:
        JournalRecordError: It is none.
    """
    try:
        data = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise JournalRecordError(f"the summary is not JSON: {error}") from None
    found = _shape().read(data, "Summary")
    if not isinstance(found, Summary):
        raise TypeError(found)
    return found


@cache
def _shape() -> Record:
    # Who holds a run, and whether this can be read, is told when somebody looks.
    return record_of(Summary, without=frozenset({"damaged", "held_by"}))
