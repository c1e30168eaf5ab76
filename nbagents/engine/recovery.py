"""A run that comes back from the journal: what of it still stands.

What was at work is gone and waits again. A result that could not be stored is made
again. What an agent made that is another one now is in doubt, as after `replace`.
"""

import time
from collections.abc import Iterable, Iterator

from nbagents.engine import events as e
from nbagents.engine import keys
from nbagents.engine.draft import Draft
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.loop import Engine
from nbagents.engine.staff import PYTHON, Staff
from nbagents.engine.state import RunState
from nbagents.engine.unstored import Unstored

_T = TaskStatus


def former(history: tuple[e.Event, ...]) -> dict[str, str]:
    """Return the digests the work of agents was filed under, by what lasts of them."""
    return {lasting: digest for digest, lasting in _told(history) if lasting and digest}


def recover(engine: Engine) -> None:
    """Bring a run that was read from the journal to where it can go on.

    `engine` has the history, and the agents of now.
    """
    # What was going on ended with the last thing that is known.
    ended = engine.books.history[-1].at
    draft = engine.draft(ended)
    staff, history = engine.assignments.staff, engine.books.history
    if _is_in_doubt(engine.state, history, staff):
        draft.take_up()
    reasons = [*_laid_down(draft)]
    draft.now = time.time()
    reasons += [*mend(draft, history, staff), *_unknown(history)]
    if draft.events:
        if draft.after.tasks:  # Without a plan there is nothing to be at the end of.
            draft.close("; ".join(reasons))
        engine.commit(draft)


def mend(draft: Draft, history: Iterable[e.Event], staff: Staff) -> Iterator[str]:
    """Doubt what in a draft no longer stands; yield why, as parts of a sentence.

    Args:
        draft: Has a state in it that was before.
        history: All that is known to have happened.
        staff: Who does the work from now on.
    """
    yield from _made_again(draft, _lost(draft.after))
    yield from _doubted(draft, _changed(draft.after, history, staff))


def _is_in_doubt(state: RunState, history: Iterable[e.Event], staff: Staff) -> bool:
    held = any(isinstance(task.result, Unstored) for task in state.tasks.values())
    return held or bool(_changed(state, history, staff))


def _laid_down(draft: Draft) -> Iterator[str]:
    if draft.after.status is not RunStatus.RUNNING:
        return
    reason = "its kernel ended while it ran"
    if not draft.after.tasks:
        reason = "its kernel ended while its goal was planned"
    count = sum(task.status is _T.RUNNING for task in draft.after.tasks.values())
    if count:
        reason += f", and {_tasks(count)} at work then {_wait(count)} again"
    draft.lay_down(reason)
    yield reason


def _lost(state: RunState) -> list[str]:
    tasks = state.tasks.items()
    kept = {_T.COMPLETED, _T.STALE}
    return [
        id for id, t in tasks if t.status in kept and isinstance(t.result, Unstored)
    ]


def _made_again(draft: Draft, lost: list[str]) -> Iterator[str]:
    by_hand = [id for id in lost if draft.after.tasks[id].edited]
    for id in lost:
        draft.disturb([id], "be loaded", f"the result of {id!r} was not stored")
        draft.add(e.TaskReopened(draft.now, id, afresh=True))
    if by_hand:
        yield f"what you gave {_named(by_hand)} by hand was not stored: give it again"
    if made := [id for id in lost if id not in by_hand]:
        yield f"what {_named(made)} returned was not stored, and is made again"


def _doubted(draft: Draft, changed: dict[str, list[str]]) -> Iterator[str]:
    for agent, ids in changed.items():
        reason = f"agent {agent!r} has changed since"
        concerned = [id for id in ids if draft.status(id) is _T.COMPLETED]
        draft.disturb(concerned, "be loaded", reason)
        for id in concerned:
            draft.doubt(id, reason)
        if concerned:
            yield f"{reason} it did {_named(concerned)}"


def _unknown(history: Iterable[e.Event]) -> Iterator[str]:
    begun = (each for each in history if isinstance(each, e.TaskStarted))
    lasting = {each.lasting for each in begun if each.lasting}
    if others := sorted({one.split(":")[0] for one in lasting if not _comparable(one)}):
        yield (
            f"some of it was done under Python {', '.join(others)}: whether agents "
            "have changed since cannot be told"
        )


def _changed(
    state: RunState, history: Iterable[e.Event], staff: Staff
) -> dict[str, list[str]]:
    """Return the tasks whose agent is another one now than when it did them."""
    lasting = dict(_told(history))
    changed: dict[str, list[str]] = {}
    for id, agent, made_by in _made(state):
        was, now = lasting.get(made_by), staff.told(agent)
        if made_by != now.digest and was and _comparable(was) and was != now.lasting:
            changed.setdefault(agent, []).append(id)
    return changed


def _made(state: RunState) -> Iterator[tuple[str, str, str]]:
    """Yield each task that is done, with an agent it was made by and its digest."""
    for id, task in state.tasks.items():
        last = None if task.edited else task.last
        if last is None or task.status is not _T.COMPLETED:
            continue
        if last.agent_digest is not None:
            yield id, state.plan[id].agent, last.agent_digest
        by = keys.beside(state, id)
        if last.by_digest is not None and by is not None:
            yield id, by, last.by_digest


def _told(history: Iterable[e.Event]) -> Iterator[tuple[str | None, str | None]]:
    """Yield what is told of each agent that began: its digest, and what lasts of it."""
    for event in history:
        if isinstance(event, e.TaskStarted):
            yield event.digest, event.lasting
            if event.by_digest is not None:
                yield event.by_digest, event.by_lasting


def _comparable(lasting: str) -> bool:
    # Another Python compiles the same source to something else: nothing can be told.
    return lasting.startswith(f"{PYTHON}:")


_MOST_NAMED = 3


def _named(ids: list[str]) -> str:
    more = len(ids) - _MOST_NAMED
    named = ", ".join(map(repr, ids[:_MOST_NAMED]))
    return f"{named} and {more} more" if more > 0 else named


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"
