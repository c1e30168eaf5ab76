"""What may be done now, as data: for each verb why not, or nothing where it may.

The words are those of the error that the verb would raise; the checks are the verbs'
own. Nothing is changed and nothing is worked out to its end, so asking costs little.
"""

from collections.abc import Callable
from typing import Any

from nbagents.engine import approval, changes, edits, verbs
from nbagents.engine.draft import Draft
from nbagents.engine.lifecycle import ENDED_RUN, RunStatus, TaskStatus
from nbagents.engine.loop import Engine
from nbagents.engine.state import RunState
from nbagents.errors import RunStateError

Possible = dict[str, str]
"""For each verb a sentence that says why not; empty where it may be used now."""


def for_engine(engine: Engine) -> Possible:
    """Return what may be done with a run that has an engine; see `for_run`."""
    state = engine.state
    if not state.tasks or not approval.is_used(state):
        return for_run(state)
    return for_run(state, changes.taken_up(engine, "step").after)


def for_run(state: RunState, ahead: RunState | None = None) -> Possible:
    """Return what may be done with the run as a whole.

    That a run is completed keeps nobody from saying `resume`, nor that it has ended
    from saying `cancel`; but neither would do anything, which is what is said then.

    Args:
        state: Where the run stands.
        ahead: Where it will as soon as it goes on; `None` is there as well.
    """
    after = state if ahead is None else ahead
    can_go_on, none = verbs.CAN_GO_ON, verbs.no_task(state)
    return {
        "resume": _done(state) or verbs.refusal(state, "resume", *can_go_on),
        "pause": verbs.refusal(state, "pause", RunStatus.RUNNING),
        "step": verbs.refusal(state, "step", *can_go_on)
        or none
        or _why_not(verbs.next_ones, after),
        "stop": _ended(state),
        "approve": "" if approval.awaiting(after) else approval.NONE_WAITS,
    }


def for_task(engine: Engine, id: str) -> Possible:
    """Return what may be done with task `id`, and with its agent; as `for_run`.

    Raises:
        UnknownTaskError: There is no such task.
    """
    agent = engine.state.plan[id].agent
    draft = changes.taken_up(engine, "be changed")
    return {
        "step": _start(draft, id, "step", _lacks),
        "resume": _start(draft, id, "resume", lambda *_: ""),
        "retry": _why_not(_require_retry, engine, draft, id),
        "edit": _why_not(edits.require_changeable, draft, id, "edit"),
        "replace": _why_not(edits.require_replaceable, draft, agent),
        "break": "",
        "approve": _approve(draft.after, id),
        "refuse": approval.why_not_refused(draft.after, id),
        # Not in that draft: what would be kept if the run went on is still stale.
        "skip": _skip(changes.draft_of(engine, "skip a task"), id),
    }


def _done(state: RunState) -> str:
    completed = state.status is RunStatus.COMPLETED
    return "the run is completed: nothing is left to do" if completed else ""


def _ended(state: RunState) -> str:
    ended = state.status in ENDED_RUN
    return f"the run is {state.status}: there is nothing to stop" if ended else ""


def _start(
    draft: Draft, id: str, verb: str, lacks: Callable[[RunState, str], str]
) -> str:
    """Return why `verb` cannot start task `id`; `lacks` says what it still needs."""
    state = draft.after
    if message := verbs.refusal(state, verb, *verbs.CAN_GO_ON):
        return message
    if id in draft.kept:
        return ""
    return verbs.not_waiting(state, id) or lacks(state, id)


def _require_retry(engine: Engine, draft: Draft, id: str) -> None:
    edits.require_changeable(draft, id, "retry")
    if engine.books.is_running:
        return  # It takes its turn.
    changes.require_room(engine)
    if message := verbs.in_need(draft.after, id):
        raise RunStateError(message, verb="retry", status=draft.status(id))
    if message := verbs.in_want(draft.after, id):
        raise RunStateError(message, verb="retry", status=draft.status(id))


def _lacks(state: RunState, id: str) -> str:
    return verbs.in_need(state, id) or verbs.in_want(state, id)


def _approve(state: RunState, id: str) -> str:
    if message := approval.why_not(state, id):
        return message
    return f"task '{id}' is approved already" if state.tasks[id].approved else ""


def _skip(draft: Draft, id: str) -> str:
    task = draft.after.tasks[id]
    by_hand = task.because is None and not task.unmet
    if task.status is TaskStatus.SKIPPED and by_hand:
        return f"task '{id}' is skipped already"
    return _why_not(edits.require_skippable, draft, id)


def _why_not(check: Callable[..., object], *args: Any) -> str:
    """Return what `check` raises, in words; empty where it raises nothing."""
    try:
        check(*args)
    except RunStateError as error:
        return str(error)
    return ""
