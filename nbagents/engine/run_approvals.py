"""What a person approves in a run."""

from typing import Self

from nbagents.engine import changes
from nbagents.engine.run_edits import RunEdits


class RunApprovals(RunEdits):
    """A run with tasks that wait for a person before they start."""

    def approve(self, id: str | None = None, *, wait: bool = True) -> Self:
        """Let a task start that waits for your approval, and return the run.

        Or let it go on that waits for the approval of one call of a tool.

        A run that paused for approvals, and for nothing else, goes on. To refuse a
        task: `run.skip(id)`. All tries of the task are approved with it; once it has
        become stale, or is changed, it needs another approval.

        Args:
            id: The task; `None` approves all that wait now.
            wait: `False` returns at once; else this returns at the next stop of a run
                that goes on.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: It needs no approval, or cannot start yet.
        """
        running = self._engine.books.is_running
        return self._ask(
            lambda: changes.approve(self._engine, id), wait=wait and not running
        )

    def refuse(self, id: str, why: str = "", *, wait: bool = True) -> Self:
        """Refuse the call of a tool that a task waits for, and return the run.

        The model is told so, and why, and goes on without. To leave out a whole task:
        `run.skip(id)`.

        Args:
            id: The task.
            why: What the model is told.
            wait: As for `approve`.

        Raises:
            UnknownTaskError: The plan has no such task.
            RunStateError: It does not wait for that.
        """
        running = self._engine.books.is_running
        return self._ask(
            lambda: changes.refuse(self._engine, id, str(why)),
            wait=wait and not running,
        )
