"""What can be read of a run, at one moment or as it goes on."""

import os
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbagents import showing
from nbagents.engine import frame, metrics, partial
from nbagents.engine.events import StepDown
from nbagents.engine.lifecycle import RunStatus, TaskStatus
from nbagents.engine.limits import Limits
from nbagents.engine.state import RunState
from nbagents.engine.view import TaskView, TaskViews
from nbagents.graph import Plan

if TYPE_CHECKING:
    import pandas as pd


class RunView:
    """What can be read of a run; `Run` adds what can be done with it.

    Everything it gives is a snapshot and safe to read from any thread.
    """

    @property
    def state(self) -> RunState:
        """Where the run stands; each task in it is a frozen record."""
        raise NotImplementedError

    @property
    def result(self) -> Any:
        """The answer: the result of the task that nothing depends on.

        A dict by id when there are several such tasks; `None` until the run is
        completed, and where a person skipped that task. What a failed run did
        complete is in `partial_results`, and this its partial answer, where the team
        makes one (`on_failure="partial"`).
        """
        if self.status is RunStatus.FAILED:
            return partial.answer(self.state)
        if self.status is not RunStatus.COMPLETED:
            return None
        done = self.partial_results
        results = {id: done[id] for id in self.plan.sinks if id in done}
        return next(iter(results.values())) if len(results) == 1 else results or None

    @property
    def success(self) -> bool:
        """Whether the run is completed: nothing failed, and nothing is left to do."""
        return self.status is RunStatus.COMPLETED

    @property
    def status(self) -> RunStatus:
        """Where the run stands: `"running"`, `"completed"`, `"failed"`, ..."""
        return self.state.status

    @property
    def reason(self) -> str:
        """Why the run stopped, as a sentence; empty while it runs."""
        return self.state.reason

    @property
    def tasks(self) -> TaskViews:
        """Every task as it stands now, in the order of the plan."""
        return TaskViews(self.state)

    @property
    def partial_results(self) -> dict[str, Any]:
        """The results of the completed tasks, by id."""
        return {
            id: task.result
            for id, task in self.state.tasks.items()
            if task.status is TaskStatus.COMPLETED
        }

    @property
    def metrics(self) -> dict[str, Any]:
        """The run in figures.

        `start` and `end` in seconds since the epoch, `duration_seconds` without pauses,
        `tasks_total`, `tasks_completed`, `tasks_failed`, `success_rate` from 0
        to 1, and over all attempts `total_tokens` and `total_cost`, in US dollars,
        `None` when the price of an answer is not known.
        """
        return metrics.metrics(self.state)

    @property
    def trace(self) -> list[dict[str, Any]]:
        """One plain dict for each attempt: task, agent, times, tokens, cost, error.

        `cost` is in US dollars, `None` when it is not known.
        """
        return metrics.trace(self.state)

    def to_dataframe(self) -> "pd.DataFrame":
        """Return a table of pandas: one row for each attempt, as in `trace`.

        `start` and `end` are times in UTC, `seconds` is how long it took, `status` how
        it ended; `cost` is in US dollars and NaN when it is not known.

        Raises:
            ImportError: pandas is not installed.
        """
        return frame.frame(self.state)

    @property
    def limits(self) -> Limits:
        """The most that the run may use; `limit` changes it."""
        return self.state.limits

    @property
    def metadata(self) -> dict[str, Any]:
        """What the team says of the run: `Orchestrator(..., metadata=...)`."""
        return deepcopy(dict(self.state.metadata))

    @property
    def degraded(self) -> tuple[StepDown, ...]:
        """What the run has stepped down to, `.to`, and why, `.because`, in order.

        Empty where its plan was good enough, see `Orchestrator(..., degrade=...)`.
        """
        return self.state.degraded

    def summary(self) -> dict[str, Any]:
        """Return the run as one plain dict.

        Always `success`, `metrics` and `trace`. Of a completed run also `result`
        and `tasks_completed` (how many). Otherwise `reason`, `completed` (ids),
        `failed` (id to error), `skipped` (id to the reason, which names the task
        that failed) and `partial_results` (id to result). Of a run with limits also
        `limits`: by name what is `used` of it and the `most`. Of one with a partial
        answer also that, as `result`, and a `note` of how much failed. Of one that
        stepped down also `degraded`: what `to`, and `because` of what. Where the
        team says something of its runs also that, as `metadata`. It is made to
        be printed and passed on, so there are marks in it where a text holds a key or
        a password.
        """
        return metrics.summary(self.state, self.result)

    def __getitem__(self, id: str) -> TaskView:
        return TaskView.of(self.state, id)

    @property
    def plan(self) -> Plan:
        """The plan; it has no tasks yet while a goal is being planned."""
        return self.state.plan

    @property
    def goal(self) -> str | None:
        """What the plan is for; `None` for a plan written by hand."""
        return self.plan.goal

    def to_dot(self) -> str:
        """Return the graph in Graphviz's DOT language, coloured by state."""
        return showing.dot(self)

    def to_svg(self) -> str:
        """Return the drawing as SVG text."""
        return showing.svg(self)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file that can be passed on, and return the path of that.

        A page has the graph, the tasks with their inputs and results, the timeline and
        a slider over all that happened. It is one file, works without a kernel or a
        network, and has no keys and passwords in it. Of a run that is running it shows
        how that stands now. Values are shown as in a cell: long ones are cut, and a
        page that would be too large says what it leaves out.

        Args:
            path: Where to; by its suffix `.html`, a page, or `.svg`, the drawing only.
                A file that is there already is replaced.

        Raises:
            ValueError: The suffix is another one.
            FileNotFoundError: Its folder does not exist.
            IsADirectoryError: It is a folder.
            OSError: It cannot be written; a file that was there is as it was.

        Example:
            >>> run.save("run.html")  # doctest: +SKIP
        """
        return showing.save(self, path)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)
