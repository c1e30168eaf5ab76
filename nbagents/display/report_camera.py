"""Follows the history of a run event by event, and takes down what is to be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbagents.display import frames, report_words, safe
from nbagents.display.frames import Frame
from nbagents.display.source import View
from nbagents.engine import events as e
from nbagents.engine.fold import apply
from nbagents.engine.record import TaskState
from nbagents.engine.spending import phrases, seconds_run
from nbagents.engine.state import RunState
from nbagents.graph import Plan

_NEW = frames.record(TaskState(), None, 0.0)
_NEW_STATES = (e.RunPlanned, e.PlanEdited, e.RunRewound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One moment, and what is another since the moment before.

    Attributes:
        event: Place in the history of the last event that had happened.
        at: Seconds since the run's first start.
        elapsed: How many seconds the run had run; `None` before it started.
        words: What happened.
        changes: The records of the tasks that changed, by id. Where there is another
            plan, of all that are not simply pending.
        run: How the run as a whole stands, where that has changed.
        plan: The plan from here on, where that is another.
    """

    event: int
    at: float
    elapsed: float | None
    words: str
    changes: Mapping[str, list[Any]]
    run: Frame | None
    plan: Plan | None


class Camera:
    """Replays a run.

    Attributes:
        state: How the run stands after the last event it was given.
        steps: What there was to be seen so far.
    """

    def __init__(self, history: Sequence[e.Event]) -> None:
        created = history[0]
        if not isinstance(created, e.RunCreated):
            message = f"a history begins with RunCreated, not {type(created).__name__}"
            raise TypeError(message)
        starts = (each.at for each in history if isinstance(each, e.RunStarted))
        self._start = next(starts, created.at)
        self.state = RunState(created)
        self.steps: list[Step] = []
        self._simulated = created.simulated
        self._records: dict[str, list[Any]] = {}
        self._run: Frame = {}
        self._plan: Plan | None = None
        self._see("created", 0, created.at, ())

    def take(self, event: e.Event, at: int) -> None:
        """Take down what `event`, number `at` of the history, changes."""
        apply(self.state, event)
        if isinstance(event, e.ModelAsked):
            self._simulated |= event.simulated
        ids = [event.task] if isinstance(event, e.TaskEvent) else []
        whole = isinstance(event, _NEW_STATES)
        seen = self.state.tasks if whole else ids
        self._see(report_words.happened(event), at, event.at, seen)

    def take_last(self, said: Mapping[str, e.Progress], now: float) -> None:
        """Take down how the run stands now, some time after its last event."""
        last = self.steps[-1].event
        self._see("this was saved", last, now, self.state.tasks, said)

    def _see(
        self,
        words: str,
        event: int,
        now: float,
        ids: Sequence[str] | Mapping[str, Any],
        said: Mapping[str, e.Progress] | None = None,
    ) -> None:
        plan = self.state.plan if self.state.plan is not self._plan else None
        if plan is not None:
            self._plan, self._records, ids = plan, {}, self.state.tasks
        changes, run = self._changes(ids, said or {}, now), self._whole(now)
        is_seen = changes or plan is not None or _told(run) != _told(self._run)
        if not is_seen:
            return
        changed = run if run != self._run else None
        self._records |= changes
        self._run = run
        step = Step(
            event=event,
            at=round(max(0.0, now - self._start), 3),
            elapsed=_elapsed(self.state, now),
            words=words,
            changes=changes,
            run=changed,
            plan=plan,
        )
        self.steps.append(step)

    def _changes(
        self,
        ids: Sequence[str] | Mapping[str, Any],
        said: Mapping[str, e.Progress],
        now: float,
    ) -> dict[str, list[Any]]:
        tasks = self.state.tasks
        seen = {id: frames.record(tasks[id], said.get(id), now) for id in ids}
        old = self._records
        return {id: each for id, each in seen.items() if each != old.get(id, _NEW)}

    def _whole(self, now: float) -> Frame:
        """Return the run as a whole, as `frames.snapshot` words it."""
        state = self.state
        view = View(plan=state.plan, now=now, run=state.run, status=state.status)
        reason = f"{state.reason}: {state.error}" if state.error else state.reason
        model = safe.one_line(state.model or "", 60)
        return {
            "status": view.status,
            "planning": view.planning,
            "reason": safe.in_bytes(reason, 1000),
            "model": "simulated model" if self._simulated else model,
            "limits": [safe.one_line(phrase) for phrase in phrases(state, now)],
        }


def whole(steps: Sequence[Step], at: int) -> Step:
    """Return step `at` with all that held then, whenever that came to be."""
    changes: dict[str, list[Any]] = {}
    run: Frame = {}
    plan: Plan | None = None
    for step in steps[: at + 1]:
        if step.plan is not None:
            changes, plan = {}, step.plan
        changes |= step.changes
        run = step.run or run
    return replace(steps[at], changes=changes, run=run, plan=plan)


def _told(run: Frame) -> Frame:
    """Return `run` without what is another at each moment."""
    return {name: each for name, each in run.items() if name != "limits"}


def _elapsed(state: RunState, now: float) -> float | None:
    return None if state.started is None else round(seconds_run(state, now), 2)
