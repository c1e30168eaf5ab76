"""All verbs in any order, on any graph, against a simple model of what they do."""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from model_of_runs import BOOM, Model, ModelTask, RefusedError, reliable, value_of
from nbagents import Agent, NbagentsError, Orchestrator, PlanError, Retry, Run
from nbagents.engine import events as e
from nbagents.engine.fold import apply, replay
from nbagents.engine.settings import OnFailure
from nbagents.engine.state import RunState
from teams import check_starts

IDS = [f"t{n}" for n in range(8)]
ids = st.sampled_from(IDS)
versions = st.integers(0, 2)
descriptions = st.sampled_from(["one", "two", "three", BOOM])
agents = st.sampled_from(["x", "y"])
everybody = st.sampled_from(["x", "y", "backup"])


class EveryVerb(RuleBasedStateMachine):
    """Does the same to a run and to its model, and compares them."""

    tries = 1
    fallbacks: Mapping[str, str] = {}
    on_failure: OnFailure = "continue"
    approve: Collection[str] = ()

    @initialize(
        drafts=st.lists(
            st.tuples(descriptions, agents, st.sets(ids)), min_size=1, max_size=7
        )
    )
    def begin(self, drafts: list[tuple[str, str, set[str]]]) -> None:
        tasks = {}
        for id, (description, agent, wished) in zip(IDS, drafts, strict=False):
            needs = tuple(sorted(wished.intersection(tasks)))
            tasks[id] = ModelTask(description, agent, needs)
        versions = {"x": 0, "y": 0, "backup": 0}
        self.model = Model(tasks, versions, tries=self.tries)
        self.model.fallbacks = dict(self.fallbacks)
        self.model.on_failure = self.on_failure
        self.model.approve = frozenset(self.approve)
        self.executed: list[str] = []
        retry = Retry(attempts=self.tries, first=0)
        team = Orchestrator(
            [self.agent(name, 0) for name in versions],
            retry=retry,
            fallbacks=self.fallbacks,
            on_failure=self.on_failure,
            approve=self.approve,
            # One by one, where it matters what had not started.
            max_parallel=5 if self.on_failure == "continue" else 1,
        )
        self.run = team.debug(self.model.plan())
        self.parents: list[tuple[Run, RunState, int]] = []
        self.snapshots: dict[int, Model] = {}
        self.mirror_it()
        self.remember()

    def agent(self, name: str, version: int) -> Agent:
        executed = self.executed

        async def execute(task: str, context: Any) -> int:
            executed.append(context.task)
            if name == "backup":
                return reliable(version, task, context.values())
            return value_of(version, task, context.values())

        return Agent(name, "Computes", execute)

    def mirror_it(self) -> None:
        """Have a second state that knows of the run only what its events say."""
        self.mirror = replay(self.run.history)
        mirror = self.mirror
        self.run.subscribe(lambda event: apply(mirror, event))

    def remember(self) -> None:
        self.snapshots[len(self.run.history)] = deepcopy(self.model)

    def both(
        self,
        verb: Callable[[], object],
        model: Callable[[], list[str] | None],
        why_not: str | None = None,
    ) -> None:
        """Do `verb`, then what the model says; both refuse it, or none.

        `why_not` is what the run said of it beforehand; empty where it may be done.
        """
        before, history = self.run.state.copy(), len(self.run.history)
        self.executed.clear()
        refused, words = False, ""
        try:
            verb()
        except NbagentsError as error:
            refused, words = True, str(error)
        assert why_not in (None, words), "it said otherwise beforehand"
        self.model.order = [*self.executed]
        try:
            expected = model() or []
        except RefusedError:
            assert refused, "the run did what the model refuses"
        else:
            assert not refused, "the run refused what the model does"
            assert sorted(self.executed) == sorted(expected)
        if refused:
            assert self.run.state == before
            assert len(self.run.history) == history
            assert not self.executed
        self.remember()

    def known(self, id: str) -> bool:
        return id in self.model.tasks

    # Going on.

    @rule()
    def step(self) -> None:
        why_not = self.run.possible()["step"]
        self.both(self.run.step, lambda: self.model.step(None, self.executed), why_not)

    @rule(id=ids)
    def step_one(self, id: str) -> None:
        if self.known(id):
            self.both(
                lambda: self.run.step(id),
                lambda: self.model.step(id, self.executed),
                self.run.possible(id)["step"],
            )

    @rule(id=ids)
    def approve_one(self, id: str) -> None:
        if self.known(id):
            why_not = self.run.possible(id)["approve"]
            goes_on = self.run.status == "paused" and "for your app" in self.run.reason
            # To approve it once more is allowed, and does nothing.
            said = None if why_not.endswith("approved already") else why_not
            self.both(
                lambda: self.run.approve(id),
                lambda: self.model.approved(id, goes_on=goes_on),
                said,
            )

    @rule()
    def resume(self) -> None:
        self.both(self.run.resume, lambda: self.model.resume(None))

    @rule(id=ids)
    def resume_until(self, id: str) -> None:
        if self.known(id):
            self.both(
                lambda: self.run.resume(until=id),
                lambda: self.model.resume(id),
                self.run.possible(id)["resume"],
            )

    @rule(most=st.none() | st.integers(0, 9))
    def limit_what_it_does_not_use(self, most: int | None) -> None:
        self.both(lambda: self.run.limit(tokens=most, cost=most), lambda: None)
        assert self.run.limits.tokens == most

    @rule(
        id=ids,
        version=st.none() | versions,
        description=st.none() | descriptions,
    )
    def retry(self, id: str, version: int | None, description: str | None) -> None:
        if self.known(id):
            other = None if version is None else self.agent("other", version)
            self.both(
                lambda: self.run.retry(id, agent=other, description=description),
                lambda: self.model.retry(id, version, description),
                self.run.possible(id)["retry"],
            )

    @rule(id=ids)
    def break_before(self, id: str) -> None:
        if self.known(id):
            self.run.break_at(id)
            self.model.points.add(id)

    @rule()
    def clear_breakpoints(self) -> None:
        self.run.clear()
        self.model.points.clear()

    @rule()
    def cancel(self) -> None:
        self.both(self.run.cancel, self.model.cancel)

    # Changing.

    @rule(id=ids, value=st.integers(0, 3))
    def edit_result(self, id: str, value: int) -> None:
        if self.known(id):
            self.both(
                lambda: self.run.edit(id, result=value),
                lambda: self.model.edit_result(id, value),
            )

    @rule(id=ids, description=descriptions)
    def edit_description(self, id: str, description: str) -> None:
        if self.known(id):
            self.both(
                lambda: self.run.edit(id, description=description),
                lambda: self.model.edit_task(id, description=description),
            )

    @rule(id=ids, needs=st.lists(ids, unique=True, max_size=3))
    def edit_dependencies(self, id: str, needs: list[str]) -> None:
        if not self.known(id):
            return

        def model() -> None:
            below = self.model.below([id]) | {id}
            if not set(needs) <= self.model.tasks.keys() - below:
                raise RefusedError
            before = self.model.tasks[id].needs
            # In another order they are what they were.
            same = sorted(needs) == sorted(before)
            self.model.edit_task(id, needs=before if same else tuple(needs))

        self.both(lambda: self.run.edit(id, dependencies=needs), model)

    @rule(agent=everybody, version=versions)
    def replace(self, agent: str, version: int) -> None:
        self.both(
            lambda: self.run.replace(self.agent(agent, version)),
            lambda: self.model.replace(agent, version),
        )

    @rule(id=ids)
    def skip(self, id: str) -> None:
        if self.known(id):
            why_not = self.run.possible(id)["skip"]
            # To skip it once more is allowed, and does nothing.
            said = None if why_not.endswith("skipped already") else why_not
            self.both(lambda: self.run.skip(id), lambda: self.model.skip(id), said)

    @rule(id=ids, description=descriptions, agent=agents, wished=st.sets(ids))
    def add(self, id: str, description: str, agent: str, wished: set[str]) -> None:
        if not self.known(id):
            needs = tuple(sorted(wished.intersection(self.model.tasks)))
            task = ModelTask(description, agent, needs)
            trial = deepcopy(self.model)
            trial.tasks[id] = task
            new = trial.plan()[id]
            self.both(lambda: self.run.add(new), lambda: self.model.add(id, task))

    @rule(id=ids)
    def remove(self, id: str) -> None:
        if self.known(id):
            self.both(lambda: self.run.remove(id), lambda: self.model.remove(id))

    # Time and branches.

    @precondition(lambda self: len(self.snapshots) > 1)
    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        moment = data.draw(st.sampled_from(sorted(self.snapshots)))
        past = self.snapshots[moment]
        if past.tasks or not self.model.tasks:
            event = self.run.history[moment - 1]
            self.both(lambda: self.run.rewind(event), lambda: self.model.rewind(past))

    @rule()
    def fork(self) -> None:
        run = self.run
        self.parents.append((run, run.state.copy(), len(run.history)))
        self.run = run.fork()
        assert self.run.id != run.id
        self.model.held, self.model.passed = set(), set()
        self.mirror_it()

    # What always holds.

    @invariant()
    def the_run_stands_where_the_model_does(self) -> None:
        state, model = self.run.state, self.model
        assert self.run.plan == model.plan()
        statuses = {id: str(task.status) for id, task in state.tasks.items()}
        assert statuses == {id: task.status for id, task in model.tasks.items()}
        assert state.status == model.status
        results = {
            i: t.result for i, t in model.tasks.items() if t.status == "completed"
        }
        assert self.run.partial_results == results
        stale = {i for i, t in model.tasks.items() if t.status == "stale"}
        assert self.run.stale == stale

    @invariant()
    def its_events_tell_all_of_it(self) -> None:
        assert self.mirror == self.run.state

    @invariant()
    def nothing_pending_is_left_behind(self) -> None:
        counts = self.run.state.counts
        waiting = counts["pending"] + counts["stale"]
        assert counts["running"] == 0
        stands = self.run.status in {"planned", "paused"}
        # A failure that nobody has decided on yet is no end, either.
        asked = self.on_failure == "ask" and counts["failed"] and stands
        assert bool(waiting) == stands or asked

    @invariant()
    def what_it_will_run_is_known_beforehand(self) -> None:
        trial = deepcopy(self.model)
        trial.take_up()
        trial.keep()
        assert set(self.run.estimate().tasks) == set(trial.waiting())

    @invariant()
    def what_failed_in_a_row_waits_for_its_next_try(self) -> None:
        failures = {id: t.failures for id, t in self.run.state.tasks.items()}
        assert failures == {id: t.failures for id, t in self.model.tasks.items()}
        for task in self.run.state.tasks.values():
            tried = task.failures or (task.status == "pending" and task.by)
            assert (task.not_before is not None) == bool(tried)

    @invariant()
    def what_is_approved_is_known(self) -> None:
        approved = {id for id, t in self.run.state.tasks.items() if t.approved}
        assert approved == {id for id, t in self.model.tasks.items() if t.approved}

    @invariant()
    def who_has_taken_over_is_known(self) -> None:
        by = {id: t.by for id, t in self.run.state.tasks.items() if t.by}
        assert by == {id: t.by for id, t in self.model.tasks.items() if t.by}

    def teardown(self) -> None:
        if not hasattr(self, "run"):
            return
        history = self.run.history
        assert replay(history) == self.run.state
        started = [event for event in history if isinstance(event, e.TaskStarted)]
        assert len(self.run.trace) == len(started), "an attempt was forgotten"
        for run, state, length in self.parents:
            assert run.state == state, "a fork changed the run it came from"
            assert len(run.history) == length
        check_starts(history)


TestEveryVerb = EveryVerb.TestCase
TestEveryVerb.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None
)


class WithRetries(EveryVerb):
    """The same, where what fails is tried a second time."""

    tries = 2


TestWithRetries = WithRetries.TestCase
TestWithRetries.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None
)


class WithFallbacks(EveryVerb):
    """The same, where another agent takes over from one of the two."""

    tries = 2
    fallbacks: Mapping[str, str] = {"x": "backup"}


TestWithFallbacks = WithFallbacks.TestCase
TestWithFallbacks.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None
)


class WithStops(EveryVerb):
    """The same, where nothing more starts while a task is failed."""

    on_failure: OnFailure = "stop"


TestWithStops = WithStops.TestCase
TestWithStops.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None
)


class WithQuestions(EveryVerb):
    """The same, where each failure stops the run for a person to decide."""

    tries = 2
    on_failure: OnFailure = "ask"


TestWithQuestions = WithQuestions.TestCase
TestWithQuestions.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None
)


class WithApprovals(EveryVerb):
    """The same, where the tasks of one of the two wait for a person."""

    tries = 2
    approve: Collection[str] = {"y"}


TestWithApprovals = WithApprovals.TestCase
TestWithApprovals.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None
)


def test_the_model_itself_refuses_a_cycle() -> None:
    tasks = {"a": ModelTask("one", "x", ()), "b": ModelTask("one", "x", ("a",))}
    model = Model(tasks, {"x": 0})
    model.tasks["a"].needs = ("b",)
    with pytest.raises(PlanError, match="cycle"):
        model.plan()
