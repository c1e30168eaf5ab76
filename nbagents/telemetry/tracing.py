"""The spans of one stretch of a run, from where it starts to where it stops.

A span that is open is lost when the kernel dies, and a run may be paused for days. So
a run that stops ends its span, and one that goes on begins another, with a link to the
one before. In it are the tasks, in these the attempts, in these the calls of models. A
run that an agent began is within the attempt that began it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, set_span_in_context

from nbagents.engine import events as e
from nbagents.engine.lifecycle import RunStatus
from nbagents.engine.nested import asked_by
from nbagents.engine.state import RunState
from nbagents.telemetry import attributes as a
from nbagents.telemetry.spans import Open, OpenAttempt

_MOST_BEGUN = 10_000
_begun: OrderedDict[str, Span] = OrderedDict()
"""The attempts that began runs, by the id of the run; of the latest."""


class Tracing:
    """Makes the spans of one stretch of one run."""

    def __init__(self, name: str, state: RunState, before: "Tracing | None") -> None:
        """Begin none yet.

        Args:
            name: That of the team.
            state: Where the run stands.
            before: What made those of the stretch before; `None` for the first.
        """
        self._name = name
        self._id = state.run
        self._tracer = trace.get_tracer("nbagents")
        self._link = None if before is None else before.span
        self._run: Open | None = None
        self._planning: Open | None = None
        self._tasks: dict[str, Open] = {}
        self._attempts: dict[str, OpenAttempt] = {}

    @property
    def span(self) -> Span | None:
        """That of the run."""
        return None if self._run is None else self._run.span

    def note(self, state: RunState, event: e.Event) -> None:
        """Begin and end what `event` does.

        Raises:
            Exception: A span processor has failed; all were ended, where they could be.
        """
        handle = _HANDLERS.get(type(event))
        if handle is None:
            return
        try:
            handle(self, state, event)
        except BaseException:
            self._give_up(event.at)
            raise

    @contextmanager
    def within(self, task: str, attempt: int) -> Iterator[None]:
        """Have the attempt's span current, for what its agent's libraries trace."""
        found = self._attempts.get(task)
        if found is None or found.number != attempt:
            yield
            return
        token = contexts.attach(set_span_in_context(found.open.span))
        try:
            yield
        finally:
            contexts.detach(token)

    # The run as a whole.

    def started(self, state: RunState, event: e.Event) -> None:
        """Begin the stretch, within the attempt that it is done for, if any."""
        outer = _begun.get(self._id)
        self._run = Open.begin(
            self._tracer,
            f"invoke_workflow {self._name}",
            event.at,
            a.of_workflow(self._name, state),
            context=None if outer is None else set_span_in_context(outer),
            link=self._link,
        )
        if not state.tasks and state.plan.goal is not None:
            about = a.of_planning(self._id, state.model)
            self._planning = self._run.within("plan", event.at, about)

    def planned(self, _: RunState, event: e.RunPlanned) -> None:
        """End the planning."""
        if self._planning is not None:
            self._planning.end(event.at, {"nbagents.tasks.total": len(event.plan)})
            self._planning = None
        self.stepped_down(_, event)

    def stepped_down(self, _: RunState, event: e.RunPlanned | e.PlanEdited) -> None:
        """Tell that the run went on with something simpler."""
        if event.step is not None:
            to = a.words(event.step.to)
            self._tell("nbagents.run.stepped_down", event.at, {"nbagents.to": to})

    def stopped(self, state: RunState, event: e.RunPaused | e.RunEnded) -> None:
        """End the stretch, and all that is open in it."""
        error = event.error if isinstance(event, e.RunEnded) else None
        if self._planning is not None:
            if error is not None:
                self._planning.failed(error)
            self._planning.end(event.at)
        for id in list(self._tasks):
            task = state.tasks.get(id)
            self._over(id, event.at, "removed" if task is None else str(task.status))
        if self._run is not None:
            self._end_run(self._run, state, event)

    def _end_run(
        self, run: Open, state: RunState, event: e.RunPaused | e.RunEnded
    ) -> None:
        status = event.status if isinstance(event, e.RunEnded) else RunStatus.PAUSED
        if isinstance(event, e.RunEnded) and event.error is not None:
            run.failed(event.error)
        elif status is RunStatus.FAILED:
            run.span.set_attribute("error.type", "run_failed")
            run.span.set_status(StatusCode.ERROR, a.words(state.reason))
        run.end(event.at, a.of_outcome(state) | {"nbagents.run.status": str(status)})

    # Tasks and their attempts.

    def began(self, _: RunState, event: e.TaskStarted) -> None:
        """Begin an attempt, and its task where this is its first one here."""
        if self._run is None:
            return
        id, number = event.task, event.attempt
        task = self._tasks.get(id)
        if task is None:
            about = a.of_task(self._id, id)
            task = self._tasks[id] = self._run.within(f"task {id}", event.at, about)
        about = a.of_attempt(self._id, id, number, event.agent)
        span = task.within(f"invoke_agent {event.agent}", event.at, about)
        self._attempts[id] = OpenAttempt(span, event.agent, number)

    def completed(self, _: RunState, event: e.TaskCompleted) -> None:
        """End an attempt that was the last, and its task."""
        more = a.of_result(event.result)
        self._back(event.task, event.at, "completed", more=more)
        self._over(event.task, event.at, "completed")

    def failed(self, _: RunState, event: e.TaskFailed) -> None:
        """End an attempt that failed for good, and its task."""
        self._back(event.task, event.at, "failed", event)
        if (task := self._tasks.get(event.task)) is not None:
            task.failed(event.error)
        self._over(event.task, event.at, "failed")

    def retried(self, _: RunState, event: e.TaskRetried) -> None:
        """End an attempt that failed; the task is tried again."""
        more: a.Attributes = {"nbagents.retry.wait": event.wait}
        if event.by is not None:
            more["nbagents.retry.by"] = a.words(event.by)
        self._back(event.task, event.at, "failed", event, more)

    def interrupted(self, _: RunState, event: e.TaskInterrupted) -> None:
        """End an attempt that was taken away, and its task, which waits again."""
        self._back(event.task, event.at, "interrupted")
        self._over(event.task, event.at, "interrupted")

    def cancelled(self, _: RunState, event: e.TaskCancelled) -> None:
        """End the task, or tell of one that had not begun."""
        self._back(event.task, event.at, "cancelled")
        if not self._over(event.task, event.at, "cancelled"):
            about = a.of_task(self._id, event.task)
            self._tell("nbagents.task.cancelled", event.at, about)

    def skipped(self, _: RunState, event: e.TaskSkipped) -> None:
        """End the task, which may have waited for its next try, and tell of it."""
        self._over(event.task, event.at, "skipped")
        about = a.of_task(self._id, event.task)
        about["nbagents.task.reason"] = a.words(event.reason)
        self._tell("nbagents.task.skipped", event.at, about)

    def edited(self, _: RunState, event: e.TaskEdited) -> None:
        """End the task, which may have waited: a person gave its result."""
        self._over(event.task, event.at, "edited")

    def _back(
        self,
        id: str,
        at: float,
        status: str,
        failure: e.TaskFailed | e.TaskRetried | None = None,
        more: a.Attributes | None = None,
    ) -> None:
        attempt = self._attempts.pop(id, None)
        if attempt is not None:
            for run in attempt.runs:
                _begun.pop(run, None)
            error = None if failure is None else failure.error
            attempt.end(at, status, error, more)

    def _over(self, id: str, at: float, status: str) -> bool:
        task = self._tasks.pop(id, None)
        self._back(id, at, status)
        if task is not None:
            task.end(at, {"nbagents.task.status": status})
        return task is not None

    # What an agent does.

    def asked(self, _: RunState, event: e.ModelAsked) -> None:
        """Begin a call of a model."""
        attempt = self._attempts.get(event.task)
        if attempt is None:
            return
        if asked_by(event.messages) in attempt.runs:
            attempt.calls.append(None)
            return
        messages, simulated = event.messages, event.simulated
        about = a.of_question(event.model, attempt.agent, messages, simulated=simulated)
        attempt.calls.append(self._call(attempt, event.model, event.at, about))

    def answered(self, _: RunState, event: e.ModelAnswered) -> None:
        """End the call that was begun last."""
        attempt = self._attempts.get(event.task)
        if attempt is None:
            return
        if attempt.calls:
            call = attempt.calls.pop()
        else:  # An agent that does not tell its prompts may still tell its tokens.
            about = a.of_question(event.model, attempt.agent, (), simulated=False)
            began = event.at - event.seconds
            call = self._call(attempt, event.model, began, about)
        if call is not None:
            took = a.of_answer(event.input_tokens, event.output_tokens, event.cost)
            call.end(event.at, took)

    def nested(self, _: RunState, event: e.RunNested) -> None:
        """Have the spans of a run be within this attempt's."""
        attempt = self._attempts.get(event.task)
        if attempt is not None:
            attempt.runs.add(event.run)
            _begun[event.run] = attempt.open.span
            if len(_begun) > _MOST_BEGUN:
                _begun.popitem(last=False)

    def _call(
        self, attempt: OpenAttempt, model: str, at: float, about: a.Attributes
    ) -> Open:
        return attempt.open.within(f"chat {model}", at, about, SpanKind.CLIENT)

    def _tell(self, name: str, at: float, about: a.Attributes) -> None:
        if self._run is not None:
            self._run.told(name, at, about)

    def _give_up(self, at: float) -> None:
        """End what is open, whatever that raises: nobody will come back to it."""
        attempts = list(self._attempts.values())
        calls = [call for each in attempts for call in each.calls if call is not None]
        mine = [each.open for each in attempts]
        rest = [each for each in (self._planning, self._run) if each is not None]
        for each in (*calls, *mine, *self._tasks.values(), *rest):
            try:
                each.end(at)
            except BaseException:  # noqa: BLE001, S112 - the first error is the one told
                continue
        self._attempts, self._tasks = {}, {}


_HANDLERS: dict[type[e.Event], Callable[[Tracing, RunState, Any], None]] = {
    e.RunStarted: Tracing.started,
    e.RunPlanned: Tracing.planned,
    e.PlanEdited: Tracing.stepped_down,
    e.RunPaused: Tracing.stopped,
    e.RunEnded: Tracing.stopped,
    e.TaskStarted: Tracing.began,
    e.TaskCompleted: Tracing.completed,
    e.TaskFailed: Tracing.failed,
    e.TaskRetried: Tracing.retried,
    e.TaskInterrupted: Tracing.interrupted,
    e.TaskCancelled: Tracing.cancelled,
    e.TaskSkipped: Tracing.skipped,
    e.TaskEdited: Tracing.edited,
    e.ModelAsked: Tracing.asked,
    e.ModelAnswered: Tracing.answered,
    e.RunNested: Tracing.nested,
}
