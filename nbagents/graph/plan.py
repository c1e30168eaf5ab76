"""Plan: a validated graph of tasks, as a value.

A plan is checked when it is made, so a plan that exists can run. Every edit
returns a new plan and leaves the old one as it was.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NoReturn

from nbagents import showing
from nbagents.errors import Defect, PlanError, UnknownTaskError
from nbagents.graph import dag, defects, drafts, extras
from nbagents.graph.changes import PlanChanges
from nbagents.graph.review import Review
from nbagents.graph.task import Task


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph of tasks without cycles, ready to run.

    Iterating gives the tasks in the order they were added; `plan["id"]` gives
    one; `len(plan)` counts them. In a cell a plan is its drawing.

    Attributes:
        tasks: The tasks, in the order they were added.
        goal: What the plan was made for; `None` for a plan written by hand.
        made_by: Name of the model that made it; `None` for a plan written by hand.
        review: What its model found wrong with it before; `None` where nobody asked.
        dependencies: For each id, the ids it depends on directly.
        dependents: For each id, the ids that depend on it directly.

    Raises:
        PlanError: The tasks cannot run; the error lists every defect at once.

    Example:
        >>> plan = Plan([Task("a", "Get it", "x"), Task("b", "Use it", "x", ["a"])])
        >>> plan.order()
        ['a', 'b']
    """

    tasks: tuple[Task, ...]
    goal: str | None = None
    made_by: str | None = None
    # How a plan came about makes it no other plan.
    review: Review | None = field(default=None, compare=False)
    # What follows from the tasks: computed once, compared never.
    dependencies: Mapping[str, tuple[str, ...]] = field(
        init=False, repr=False, compare=False
    )
    dependents: Mapping[str, Sequence[str]] = field(
        init=False, repr=False, compare=False
    )
    _by_id: dict[str, Task] = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        tasks: Iterable[Task] = (),
        goal: str | None = None,
        made_by: str | None = None,
        review: Review | None = None,
    ) -> None:
        object.__setattr__(self, "tasks", tuple(tasks))
        object.__setattr__(self, "goal", goal)
        object.__setattr__(self, "made_by", made_by)
        object.__setattr__(self, "review", review)
        _require_tasks(self.tasks)
        raw = [drafts.of_task(n, task) for n, task in enumerate(self.tasks, start=1)]
        if found := defects.find(raw):
            raise PlanError(found)
        edges = {task.id: task.dependencies for task in self.tasks}
        object.__setattr__(self, "dependencies", MappingProxyType(edges))
        object.__setattr__(self, "dependents", MappingProxyType(dag.dependents(edges)))
        object.__setattr__(self, "_by_id", {task.id: task for task in self.tasks})

    @classmethod
    def from_dict(
        cls,
        data: Mapping[str, Any],
        *,
        agents: Iterable[Any] | None = None,
        max_tasks: int | None = None,
    ) -> "Plan":
        """Return the plan that `data` describes, as a model or a file gave it.

        Args:
            data: `{"tasks": [{"id", "description", "agent" or "agent_type",
                "dependencies"}]}`, with `"goal"` where there is one. Missing or
                null dependencies mean none. A task may have `"when"`, `"each"` and
                `"until"`, as `to_dict` gives them; other keys are ignored.
            agents: Agents, or their names, that the tasks may use; `None` leaves
                that to the team that runs the plan.
            max_tasks: Most tasks allowed; `None` means `defects.MAX_TASKS`.

        Raises:
            PlanError: With every defect of the data, of whatever kind.
        """
        names = None if agents is None else {getattr(a, "name", a) for a in agents}
        raw, found = drafts.drafts(data)
        found += defects.find(raw, agents=names, max_tasks=max_tasks)
        if found:
            raise PlanError(found)
        tasks = [_task(draft) for draft in raw]
        goal = data.get("goal") if isinstance(data, Mapping) else None
        return cls(tasks, goal if isinstance(goal, str) else None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values; `Plan.from_dict` gives it back."""
        goal = {} if self.goal is None else {"goal": self.goal}
        return {**goal, "tasks": [task.to_dict() for task in self.tasks]}

    def add(self, *tasks: Task) -> "Plan":
        """Return the plan with `tasks` added at its end.

        Raises:
            PlanError: An id is taken, a dependency is unknown, or a cycle arises.
        """
        return self._with_tasks((*self.tasks, *tasks))

    def without(self, *ids: str) -> "Plan":
        """Return the plan without the tasks named.

        Raises:
            UnknownTaskError: There is no such task.
            PlanError: A task that stays depends on one of them.
        """
        gone = {self[id].id for id in ids}
        left = [task for task in self.tasks if task.id not in gone]
        try:
            return self._with_tasks(left)
        except PlanError as error:
            _explain_removal(error, left, gone)

    def reassign(self, id: str, agent: str) -> "Plan":
        """Return the plan with task `id` given to another agent (or its name)."""
        return self._changed(id, agent=agent)

    def describe(self, id: str, description: str) -> "Plan":
        """Return the plan with another description for task `id`."""
        return self._changed(id, description=description)

    def depend(self, id: str, *on: str | Iterable[str], only: bool = False) -> "Plan":
        """Return the plan with task `id` waiting for the tasks `on` as well.

        Args:
            id: The task that is to wait.
            on: Ids of the tasks it needs, one by one or as a list.
            only: Drop the dependencies it had, so that `on` are all it has.

        Raises:
            UnknownTaskError: There is no task `id`.
            PlanError: A dependency is unknown, or a cycle arises.
        """
        ids = [n for each in on for n in ([each] if isinstance(each, str) else each)]
        kept = () if only else self[id].dependencies
        return self._changed(id, dependencies=(*kept, *ids))

    def change(self, id: str, **fields: Any) -> "Plan":
        """Return the plan with other fields of task `id`, such as `when=None`.

        Raises:
            UnknownTaskError: There is no task `id`.
            PlanError: The plan cannot run with them.
            TypeError: A task has no such field.
        """
        return self._changed(id, **fields)

    def compare(self, other: "Plan") -> PlanChanges:
        """Return what `other` would change: what is new, another one, and gone."""
        return PlanChanges(self, other)

    def order(self) -> list[str]:
        """Return the ids so that each comes after everything it depends on."""
        return [id for level in self.levels() for id in level]

    def levels(self) -> list[list[str]]:
        """Return the ids in layers; those of one layer do not wait for each other."""
        return dag.levels(self.dependencies, self.dependents)

    def upstream(self, id: str) -> frozenset[str]:
        """Return the ids of everything task `id` depends on, however far away."""
        return frozenset(dag.reachable([self[id].id], self.dependencies))

    def downstream(self, id: str) -> frozenset[str]:
        """Return the ids of everything that depends on task `id`, however far away."""
        return frozenset(dag.reachable([self[id].id], self.dependents))

    @property
    def sinks(self) -> list[str]:
        """The ids that nothing depends on: what the plan comes to."""
        return [id for id, children in self.dependents.items() if not children]

    def check_agents(self, agents: Collection[str]) -> None:
        """Raise `PlanError` with every task whose agent is not one of `agents`."""
        if not all(name in agents for task in self.tasks for name in task.agents):
            Plan.from_dict(self.to_dict(), agents=agents)

    def to_dot(self) -> str:
        """Return the plan in Graphviz's DOT language."""
        return showing.dot(self)

    def to_svg(self) -> str:
        """Return the drawing of the plan as SVG text."""
        return showing.svg(self)

    def __getitem__(self, id: str) -> Task:
        try:
            return self._by_id[id]
        except (KeyError, TypeError):
            raise UnknownTaskError(id, self._by_id) from None

    def __contains__(self, id: object) -> bool:
        return id in self._by_id

    def __iter__(self) -> Iterator[Task]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan, (self.tasks, self.goal, self.made_by, self.review)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return showing.mimebundle(self)

    def _with_tasks(self, tasks: Iterable[Task]) -> "Plan":
        return Plan(tasks, self.goal, self.made_by, self.review)

    def _changed(self, id: str, **fields: Any) -> "Plan":
        old = self[id]
        new = replace(old, **fields)
        return self._with_tasks(new if task is old else task for task in self.tasks)


def _task(draft: drafts.Draft) -> Task:
    said = (draft.id, draft.description, draft.agent, draft.dependencies)
    return Task(*said, **extras.read(draft))


def _require_tasks(tasks: tuple[Any, ...]) -> None:
    for position, task in enumerate(tasks, start=1):
        if not isinstance(task, Task):
            message = (
                f"task number {position} must be a Task, not {type(task).__name__}"
            )
            found = Defect(kind="wrong_type", message=message)
            error = PlanError([found])
            raise error.with_note(
                "For tasks as dicts: Plan.from_dict({'tasks': [...]})"
            )


def _explain_removal(error: PlanError, left: list[Task], gone: set[str]) -> NoReturn:
    for task in left:
        if gone.intersection(task.dependencies):
            rest = [id for id in task.dependencies if id not in gone]
            error.add_note(
                f"'{task.id}' needs it. Try: plan.depend('{task.id}', {rest}, "
                f"only=True).without({', '.join(map(repr, sorted(gone)))})"
            )
            break
    raise error
