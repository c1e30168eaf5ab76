"""A run as a naive model has it: no events, no scheduling, no digests.

What a verb should do is said here a second time, as simply as it can be said, so that
the engine has something to be compared with. A value is what an agent of a version
makes of a description and inputs; there are few different ones, so outputs often come
out the same.
"""

from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from nbagents import Plan, Task

BOOM = "boom"
WAITING = ("pending", "stale")


class RefusedError(Exception):
    """The model says that a verb is not legal here."""


def value_of(version: int, description: str, inputs: Iterable[Any]) -> int:
    """Return one of four values, and raise where the description says so."""
    if BOOM in description:
        raise ValueError(BOOM)
    return sum(map(ord, f"{version}{description}{list(inputs)}")) % 4


def reliable(version: int, description: str, inputs: Iterable[Any]) -> int:
    """Return what a fallback makes, which nothing has fail."""
    return value_of(version + 1, description.replace(BOOM, "calm"), inputs)


Once = tuple[int | None, str | None]
"""The version and the description a person asked for, for one attempt."""


@dataclass
class ModelTask:
    """One task: what it is, and where it stands."""

    description: str
    agent: str
    needs: tuple[str, ...]
    status: str = "pending"
    result: Any = None
    made_from: Any = None
    said: bool = False  # a person skipped it
    failures: int = 0  # in a row, and it will be tried again
    once: Once = (None, None)
    by: str | None = None  # who has taken over
    approved: bool = False


@dataclass
class Model:
    """A run. Its verbs return the ids that were executed, in any order."""

    tasks: dict[str, ModelTask]
    versions: dict[str, int]
    status: str = "planned"
    points: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    tries: int = 1
    fallbacks: dict[str, str] = field(default_factory=dict)
    on_failure: str = "continue"
    order: list[str] = field(default_factory=list)  # what the engine executed
    approve: frozenset[str] = frozenset()
    within: Collection[str] | None = None  # how far it was to go last

    # What it is.

    def plan(self) -> Plan:
        return Plan(
            Task(id, t.description, t.agent, t.needs) for id, t in self.tasks.items()
        )

    def below(self, roots: Collection[str]) -> set[str]:
        plan = self.plan()
        return {id for root in roots for id in plan.downstream(root)} - set(roots)

    def source(self, id: str) -> Any:
        """What `id` would be made from."""
        task = self.tasks[id]
        inputs = [
            (need, "done", self.tasks[need].result)
            if self.tasks[need].status in {"completed", "stale"}
            else (need, self.tasks[need].status)
            for need in task.needs
        ]
        version: Any = self.versions[task.agent]
        if task.by is not None:
            version = (version, self.versions[task.by])
        return version, task.description, tuple(inputs)

    def is_startable(self, id: str) -> bool:
        task = self.tasks[id]
        done = all(self.tasks[need].status == "completed" for need in task.needs)
        return task.status in WAITING and done

    def startable(self) -> list[str]:
        return [id for id in self.tasks if self.is_startable(id)]

    def waiting(self) -> list[str]:
        return [id for id, task in self.tasks.items() if task.status in WAITING]

    def lacks(self, id: str) -> bool:
        return self.tasks[id].agent in self.approve and not self.tasks[id].approved

    # What a person changes.

    def approved(self, id: str, *, goes_on: bool) -> list[str]:
        """`goes_on` says whether the run had paused for approvals alone."""
        trial = deepcopy(self)
        trial.take_up()
        trial.keep()
        task = trial.tasks[id]
        ready = trial.is_startable(id) or task.status in {"completed", "failed"}
        if task.agent not in self.approve or not ready:
            raise RefusedError
        if task.approved:
            return []
        task.approved = True
        trial.rest()
        self.__dict__.update(trial.__dict__)
        return self.go(self.within) if goes_on else []

    def edit_result(self, id: str, value: Any) -> None:
        self.take_up()
        self.disturb([id])
        task = self.tasks[id]
        task.status, task.result, task.made_from = "completed", value, None
        task.failures, task.once, task.by = 0, (None, None), None
        task.approved = False
        self.rest()

    def edit_task(self, id: str, **changes: Any) -> None:
        task = self.tasks[id]
        same = all(getattr(task, name) == new for name, new in changes.items())
        if same and self.status != "cancelled":
            return
        self.take_up()
        if not same:
            before = deepcopy(self)
            for name, new in changes.items():
                setattr(task, name, new)
            task.once = (None, None)
            self.doubt([id], before)
            self.disturb([id], before)
        self.rest()

    def replace(self, agent: str, version: int) -> None:
        self.take_up()
        before = deepcopy(self)
        self.versions[agent] = version
        roots = [id for id, t in self.tasks.items() if agent in (t.agent, t.by)]
        for id in roots:
            if self.tasks[id].agent == agent:
                self.tasks[id].once = (None, None)
        self.doubt(roots, before)
        self.disturb(roots, before)
        self.rest()

    def skip(self, id: str) -> None:
        if self.tasks[id].status == "completed":
            raise RefusedError
        self.take_up()
        self.skipped(self.tasks[id], said=True)
        self.rest()

    def add(self, id: str, task: ModelTask) -> None:
        self.take_up()
        self.tasks[id] = task
        self.rest()

    def remove(self, id: str) -> None:
        if any(id in task.needs for task in self.tasks.values()):
            raise RefusedError
        self.take_up()
        del self.tasks[id]
        self.rest()

    def rewind(self, past: "Model") -> None:
        then = deepcopy(past)
        self.tasks, self.versions = then.tasks, then.versions
        for task in self.tasks.values():
            task.once = (None, None)
            if task.status == "cancelled":
                self.reopen(task)
        self.rest()

    def cancel(self) -> None:
        if self.status in {"completed", "failed"}:
            return
        for task in self.tasks.values():
            if task.status in WAITING:
                task.by = task.by if task.status == "stale" else None
                task.status, task.failures = "cancelled", 0
        self.status = "cancelled"

    # What a person has executed.

    def step(self, id: str | None, executed: list[str]) -> list[str]:
        """`executed` says which one it was, where the engine was free to choose."""
        self.require_waiting()
        trial = deepcopy(self)
        trial.take_up()
        waiting = trial.waiting()
        trial.keep()
        if id is None and not trial.startable():
            if not self.tasks:
                raise RefusedError
            self.go(within=(), steps=True)
            return []
        if id in waiting and trial.tasks[id].status == "completed":
            return self.go(within=(), steps=True)
        chosen = id or (executed[0] if executed else "nothing was executed")
        if chosen not in trial.startable() or trial.lacks(chosen):
            raise RefusedError
        return self.go(within={chosen}, steps=True)

    def resume(self, until: str | None) -> list[str]:
        if until is None and self.status == "completed":
            return []
        self.require_waiting()
        trial = deepcopy(self)
        trial.take_up()
        waiting = trial.waiting()
        trial.keep()
        if until is None:
            return self.go()
        if until in waiting and trial.tasks[until].status == "completed":
            return self.go(within=())
        if until not in trial.waiting():
            raise RefusedError
        return self.go(within=self.plan().upstream(until) | {until})

    def retry(self, id: str, version: int | None, description: str | None) -> list[str]:
        trial = deepcopy(self)
        trial.take_up()
        trial.keep()
        trial.disturb([id])
        task = trial.tasks[id]
        task.status, task.made_from, task.said = "pending", None, False
        task.failures, task.once, task.by = 0, (version, description), None
        if not trial.is_startable(id) or trial.lacks(id):
            raise RefusedError
        trial.rest(id)
        self.__dict__.update(trial.__dict__)
        return self.go(within={id}, steps=True)

    def go(
        self,
        within: Collection[str] | None = None,
        *,
        steps: bool = False,
    ) -> list[str]:
        self.take_up()
        self.keep()
        self.status, self.within = "running", within
        self.passed |= self.held
        self.held = set()
        executed: list[str] = []
        lacking: set[str] = set()
        asks = False
        while ready := [
            id
            for id in self.startable()
            if (within is None or id in within) and id not in self.held | lacking
        ]:
            next_one = self.order[len(executed) : len(executed) + 1]
            id = next_one[0] if next_one and next_one[0] in ready else ready[0]
            if self.tasks[id].made_from == self.source(id):
                self.keep()
            elif self.lacks(id):
                lacking.add(id)
            elif id in self.points and id not in self.passed and not steps:
                self.held.add(id)
            else:
                self.execute(id, *self.tasks[id].once)
                executed.append(id)
                asks = self.on_failure == "ask" and self.tasks[id].status == "failed"
                if steps or asks:
                    break
        self.keep()
        self.rest()
        if asks and self.status == "failed":
            self.status = "paused"  # Until a person has decided.
        return executed

    def execute(self, id: str, version: int | None, description: str | None) -> None:
        task = self.tasks[id]
        if task.status == "stale":
            task.by = None  # It is made anew, by the plan's agent first.
        _, its_description, inputs = self.source(id)
        values = [each[-1] for each in inputs]
        task.made_from, task.result = None, None
        asked = description or its_description
        try:
            if task.by is not None:
                task.result = reliable(self.versions[task.by], asked, values)
            else:
                its_version = self.versions[task.agent]
                mine = its_version if version is None else version
                task.result = value_of(mine, asked, values)
            task.status, task.failures, task.once = "completed", 0, (None, None)
            self.passed.discard(id)
        except ValueError:
            task.failures += 1
            task.status = "pending"
            by = self.fallbacks.get(task.agent) if version is None else None
            if task.failures == self.tries and by:
                task.by, task.failures = by, 0
            elif task.failures == self.tries:
                task.status, task.failures, task.once = "failed", 0, (None, None)
                if self.on_failure == "stop":
                    self.keep()
                self.block()

    # What follows.

    def require_waiting(self) -> None:
        if self.status not in {"planned", "paused", "cancelled"}:
            raise RefusedError

    def take_up(self) -> None:
        if self.status == "cancelled":
            for task in self.tasks.values():
                if task.status == "cancelled":
                    self.reopen(task)
            self.status = "paused"

    def reopen(self, task: ModelTask) -> None:
        task.status = "pending" if task.made_from is None else "stale"

    def skipped(self, task: ModelTask, *, said: bool) -> None:
        if task.status != "stale":
            task.by = None
        task.status, task.said, task.failures = "skipped", said, 0
        task.approved = False
        if said:
            task.once = (None, None)

    def keep(self) -> None:
        for id in self.plan().order():
            task = self.tasks[id]
            same = task.status == "stale" and task.made_from == self.source(id)
            if same and self.is_startable(id):
                task.status, task.made_from = "completed", None

    def disturb(self, roots: Collection[str], before: "Model | None" = None) -> None:
        self.doubt(self.below(roots), before or deepcopy(self))

    def doubt(self, ids: Iterable[str], before: "Model") -> None:
        for id in ids:
            task = self.tasks[id]
            if task.status == "completed":
                task.status, task.made_from = "stale", before.source(id)
                task.approved = False
            elif task.status == "failed":
                task.status, task.approved = "pending", False
            elif task.status == "stale":
                task.approved = False
            elif task.status == "pending":
                task.approved = False
                task.failures, task.by = 0, None

    def block(self, start: str | None = None) -> None:
        blocked: set[str] = set()
        failed = any(task.status == "failed" for task in self.tasks.values())
        stops = failed and self.on_failure == "stop"
        for id in self.plan().order():
            task = self.tasks[id]
            if any(self.keeps_from_running(need, blocked) for need in task.needs):
                blocked.add(id)
                if task.status in WAITING:
                    self.skipped(task, said=False)
            elif stops and id != start:
                if task.status in WAITING:
                    self.skipped(task, said=False)
            elif task.status == "skipped" and not task.said:
                self.reopen(task)

    def keeps_from_running(self, id: str, blocked: set[str]) -> bool:
        task = self.tasks[id]
        if task.status == "failed" or (task.status == "skipped" and task.said):
            return True
        return task.status != "completed" and id in blocked

    def rest(self, start: str | None = None) -> None:
        self.block(start)
        if self.waiting():
            self.status = self.status if self.status == "planned" else "paused"
            return
        failed = any(task.status == "failed" for task in self.tasks.values())
        self.status = "failed" if failed else "completed"
