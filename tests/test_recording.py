"""Runs that are recorded: what is on disk when, and how a run comes back."""

import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbagents import (
    JournalError,
    Orchestrator,
    Plan,
    PlanError,
    Run,
    RunClaimedError,
    RunStateError,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
    UnknownRunError,
    compare,
    load_run,
    runs,
)
from nbagents.engine import background
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from nbagents.errors import JournalWriteError
from nbagents.journal import Journal, Unstored, decode_all, encode
from teams import agent_of, layered, plan_of

PLAN = plan_of(a=[], b=["a"], c=["a"], d=["b", "c"])


CREATED = e.RunCreated(1.0, "forged", PLAN)


def worked(task: str, context: dict[str, Any]) -> str:
    return f"{task} after {sorted(context)}"


@pytest.fixture
def journal(notebook_folder: Path) -> Journal:
    return Journal(notebook_folder / ".nbagents" / "journal.sqlite")


def on_disk(journal: Journal, run: Run) -> list[e.Event]:
    return decode_all(journal.read(run.id))


def let_go(run: Run) -> None:
    """Have this kernel forget the run, as if it had ended."""
    run._engine.books.stop_recording()


def test_a_run_is_recorded_beside_the_notebook(journal: Journal) -> None:
    run = Orchestrator([agent_of(worked)]).run(PLAN)
    assert replay(on_disk(journal, run)) == run.state
    (listed,) = runs()
    assert (listed.id, listed.status, listed.tasks_done) == (run.id, "completed", 4)
    assert (journal.path.parent / ".gitignore").read_text() == "*\n"
    seen = load_run()
    assert seen.result == run.result
    assert seen["b"].inputs == run["b"].inputs
    assert compare(run, seen).identical
    assert seen.at("a").status == "running"


def test_a_team_without_a_journal_leaves_nothing(notebook_folder: Path) -> None:
    team = Orchestrator([agent_of(worked)], journal=None)
    assert team.run(PLAN).success
    assert list(notebook_folder.iterdir()) == []
    with pytest.raises(ValueError, match="keeps no journal"):
        team.load_run()
    with pytest.raises(UnknownRunError):
        load_run("20260101-000000-00000000")


def test_a_journal_may_be_elsewhere(notebook_folder: Path) -> None:
    elsewhere = notebook_folder / "runs" / "mine.sqlite"
    run = Orchestrator([agent_of(worked)], journal=elsewhere).run(PLAN)
    assert load_run(run.id, journal=elsewhere).result == run.result
    assert [each.id for each in runs(journal=elsewhere)] == [run.id]
    assert f"load_run('{run.id}', journal='{elsewhere}')" in repr(runs(elsewhere))
    assert list(runs()) == []
    with pytest.raises(UnknownRunError) as unknown:
        load_run("other", journal=elsewhere)
    assert unknown.value.__notes__ == [f"Try: nbagents.runs(journal='{elsewhere}')"]


def test_the_first_run_is_still_to_come(journal: Journal) -> None:
    for load in (Orchestrator([agent_of(worked)]).load_run, load_run):
        with pytest.raises(UnknownRunError, match=r"^there are no runs yet\n") as none:
            load()
        assert none.value.__notes__ == [
            f"Its journal would be '{journal.path}'. Try: run = team.run(plan)"
        ]
    with pytest.raises(UnknownRunError, match="no run 'x': there are no runs yet"):
        load_run("x")


@pytest.mark.parametrize("journal", [3, b"x", [], ""])
def test_what_is_no_place_for_a_journal_is_refused(journal: Any) -> None:
    with pytest.raises(TypeError, match="journal must be a path or None"):
        Orchestrator([agent_of(worked)], journal=journal)


def test_a_result_is_on_disk_before_anything_that_needs_it_starts(
    journal: Journal,
) -> None:
    seen: dict[str, set[str]] = {}

    def look(task: str, context: Any) -> str:
        events = on_disk(journal, run)
        done = {each.task for each in events if isinstance(each, e.TaskCompleted)}
        seen[context.task] = done
        return task

    run = Orchestrator([agent_of(look)]).debug(layered(4, 3))
    run.resume()
    for task in run.tasks:
        assert seen[task.id] >= set(task.dependencies)


def test_a_listener_is_told_what_is_on_disk(journal: Journal) -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    missing: list[e.Event] = []

    def listen(event: e.Event) -> None:
        kept = isinstance(event, e.TaskCompleted | e.RunEnded | e.RunPaused)
        if kept and event not in on_disk(journal, run):
            missing.append(event)

    run.subscribe(listen)
    run.resume()
    assert run.success
    assert not missing


CHANGES: dict[str, Callable[[Run], object]] = {
    "nothing": lambda run: None,
    "edit": lambda run: run.edit("b", result=["by", {"hand": None}]),
    "edit what is asked": lambda run: run.edit("c", description="otherwise"),
    "edit dependencies": lambda run: run.edit("d", dependencies=["b"]),
    "retry": lambda run: run.retry("a"),
    "remove": lambda run: run.remove("d"),
    "add": lambda run: run.add(Task("e", "do e", "x", ["d"])),
    "rewind": lambda run: run.rewind("a"),
    "rewind twice": lambda run: run.rewind("c").resume().rewind(run.history[3]),
    "fork": lambda run: run.fork(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_person_did_comes_back(change: str, journal: Journal) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    CHANGES[change](run)
    let_go(run)
    back = team.load_run(run.id)
    assert back.state == run.state
    assert back.history == run.history
    assert back.stale == run.stale
    if run.status != "completed":
        assert run.resume().result == back.resume().result
        assert executed(back) == executed(run)


def executed(run: Run) -> list[str]:
    return sorted(each.task for each in run.history if isinstance(each, e.TaskStarted))


def test_a_fork_is_a_run_of_its_own_on_disk(journal: Journal) -> None:
    run = Orchestrator([agent_of(worked)]).run(PLAN)
    fork = run.fork().edit("a", result="other").resume()
    assert {each.id: each.parent for each in runs()} == {run.id: None, fork.id: run.id}
    assert replay(on_disk(journal, fork)) == fork.state


def test_an_agent_that_changed_is_told_and_its_tasks_run_again(
    journal: Journal,
) -> None:
    run = Orchestrator([agent_of(worked), agent_of(worked, "y")]).run(
        PLAN.reassign("c", "y")
    )
    let_go(run)
    changed = agent_of(lambda task, context: f"new {task}", "y")
    back = Orchestrator([agent_of(worked), changed]).load_run(run.id)
    assert back.status == "paused"
    assert "agent 'y' has changed since it did 'c'" in back.reason
    assert back.stale == {"c", "d"}
    back.resume()
    assert back["c"].result == "new do c"
    assert len(back["b"].attempts) == 1


def test_agents_that_are_what_they_were_cost_nothing(journal: Journal) -> None:
    clients = [object(), object()]

    def team(client: object) -> Orchestrator:
        return Orchestrator([agent_of(lambda task, context: client and task)])

    run = team(clients[0]).run(PLAN)
    let_go(run)
    back = team(clients[1]).load_run()
    assert (back.status, back.stale) == ("completed", set())
    back.edit("a", result="other").edit("a", result=run["a"].result).resume()
    assert executed(back) == executed(run)


def test_a_result_that_is_not_json_is_made_again_and_no_more_than_that(
    journal: Journal,
) -> None:
    def work(task: str, context: Any) -> Any:
        return ("a", "tuple") if context.task == "a" else f"{task}: {len(context)}"

    team = Orchestrator([agent_of(work)])
    run = team.run(PLAN)
    let_go(run)
    assert "tuple" in repr(load_run()["a"].result)
    back = team.load_run()
    assert "what 'a' returned was not stored, and is made again" in back.reason
    assert back["a"].status == "pending"
    back.resume()
    assert back.result == run.result
    assert back["a"].result == ("a", "tuple")
    assert Counter(executed(back)) == {"a": 2, "b": 1, "c": 1, "d": 1}


def test_a_team_that_lacks_an_agent_is_told_and_the_run_stays_free(
    journal: Journal,
) -> None:
    team = Orchestrator([agent_of(worked)])
    let_go(team.run(PLAN))
    with pytest.raises(PlanError, match="'x'") as raised:
        Orchestrator([agent_of(worked, "other")]).load_run()
    assert "nbagents.load_run(id)" in raised.value.__notes__[-1]
    assert team.load_run().success


def test_in_the_same_kernel_it_is_the_same_run(journal: Journal) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    again = team.load_run()
    again.edit("a", result="by hand")
    assert run.stale == {"b", "c", "d"}
    new = Orchestrator([agent_of(lambda task, context: "new")]).load_run(run.id)
    assert new.stale == {"a", "b", "c", "d"}
    assert new.resume().result == run.result == "new"


def test_two_notebooks_in_a_folder_each_have_runs_of_their_own(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/b.ipynb")
    with pytest.raises(UnknownRunError, match="no run of this notebook here"):
        team.load_run()
    other = team.run(PLAN)
    assert load_run().id == other.id
    assert load_run(run.id).id == run.id
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    assert team.load_run().id == run.id
    assert {each.notebook for each in runs()} == {"a.ipynb", "b.ipynb"}


def test_a_recorded_run_is_there_to_look_at(journal: Journal) -> None:
    run = Orchestrator([agent_of(worked)]).run(PLAN)
    seen = load_run(run.id)
    with pytest.raises(RunStateError, match="here to look at: it cannot resume") as it:
        seen.resume()
    assert f"team.load_run('{run.id}')" in it.value.__notes__[0]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = seen.nothing
    with pytest.raises(UnknownRunError, match="Did you mean") as unknown:
        load_run(run.id[:-1])
    assert unknown.value.valid == (run.id,)
    with pytest.raises(TypeError, match="the id of a run is text"):
        load_run(3)  # type: ignore[arg-type]


KERNEL = """
import sys, time
from nbagents import Agent, Orchestrator, Plan, Task
def work(task, context):
    with open("executed", "a") as file:
        file.write(context.task + "\\n")
    if context.task == "slow" and sys.argv[1] == "first":
        print("at work", flush=True)
        time.sleep(60)
    return task + "".join(context.values())
team = Orchestrator([Agent("x", "Works", work)])
plan = Plan([Task("a", "do a", "x"), Task("b", "do b", "x", ["a"]),
             Task("slow", "do slow", "x", ["b"]), Task("d", "do d", "x", ["slow"])])
if sys.argv[1] == "first":
    team.run(plan)
run = team.load_run()
print(run.status, run.reason, sep="; ")
print(run.resume().result)
"""


def test_a_kernel_that_was_killed_has_lost_nothing(notebook_folder: Path) -> None:
    command = [sys.executable, "-c", KERNEL]
    with subprocess.Popen([*command, "first"], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"at work\n"
        with pytest.raises(RunClaimedError, match=f"process {first.pid}") as held:
            Orchestrator([agent_of(worked)]).load_run()
        assert "nbagents.load_run" in held.value.__notes__[-1]
        while load_run()["slow"].status != "running":
            first.poll()  # What has only begun is written a moment later.
        assert load_run().status == "running"
        first.send_signal(signal.SIGKILL)
    assert [(each.tasks_done, each.held_by) for each in runs()] == [(2, None)]
    then = subprocess.run([*command, "then"], capture_output=True, check=True)
    status, result = then.stdout.decode().splitlines()
    assert status == (
        "paused; its kernel ended while it ran, and 1 task at work then waits again"
    )
    assert result == "do d" + "do slow" + "do b" + "do a"
    log = (notebook_folder / "executed").read_text().split()
    assert Counter(log) == {"a": 1, "b": 1, "slow": 2, "d": 1}


class Failing:
    """Fails the writes of those numbers, as a full disk does."""

    def __init__(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, *numbers: int
    ) -> None:
        recorder = run._engine.books.recorder
        self.count = 0
        self.numbers = set(numbers)
        self._write: Any = recorder.write  # type: ignore[union-attr]
        monkeypatch.setattr(recorder, "write", self.write)

    def write(self, events: Any, state: Any) -> None:
        self.count += 1
        if self.count in self.numbers:
            raise JournalWriteError("the disk is full")
        self._write(events, state)


def test_a_run_whose_journal_fails_pauses_and_goes_on_when_it_can(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    team = Orchestrator([agent_of(worked)], max_parallel=2)
    plain = team.run(layered(5, 4))
    for number in range(1, 24):
        run = team.debug(layered(5, 4))
        failing = Failing(run, monkeypatch, number)
        for _ in range(5):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with suppress(JournalWriteError):
                    run.resume()
            if run.status == "completed":
                break
            assert run.status == "planned" or "could not be recorded" in run.reason
        assert run.result == plain.result
        assert executed(run) == executed(plain)
        failing.numbers.clear()
        run._engine.books.commit()
        assert replay(on_disk(journal, run)) == run.state
    caplog.clear()


def test_an_edit_that_cannot_be_recorded_has_not_happened(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Orchestrator([agent_of(worked)]).run(PLAN)
    state = run.state.copy()
    Failing(run, monkeypatch, *range(1, 99))
    for change in (
        lambda: run.edit("a", result="x"),
        lambda: run.replace(agent_of(lambda task, context: "y")),
        lambda: run.retry("a"),
        lambda: run.rewind("a"),
    ):
        with pytest.raises(JournalWriteError, match="the disk is full") as refused:
            change()
        assert "run.stop_recording()" in refused.value.__notes__[-1]
        assert run.state == state
        assert run.agents["x"].execute is worked
    run.stop_recording()
    assert run.edit("a", result="x").resume().success


def test_a_disk_that_stays_full_is_said_where_the_run_was_asked_for(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = Orchestrator([agent_of(worked)]).debug(PLAN)
    Failing(run, monkeypatch, *range(2, 99))
    with pytest.warns(UserWarning, match="this run is not recorded: the disk is full"):
        run.resume()
    assert run.status == "paused"
    assert "could not be recorded: the disk is full" in run.reason
    with pytest.raises(JournalWriteError):
        run.resume()
    run.stop_recording()
    assert run.resume().success
    caplog.clear()


def test_a_folder_that_cannot_be_written_costs_no_run(notebook_folder: Path) -> None:
    (notebook_folder / ".nbagents").write_text("a file")
    with pytest.warns(UserWarning, match="this run is not recorded: .* be made"):
        run = Orchestrator([agent_of(worked)]).run(PLAN)
    assert run.success
    mine = notebook_folder / ".nbagents" / "mine.sqlite"
    with pytest.raises(JournalError, match="cannot be made"):
        Orchestrator([agent_of(worked)], journal=mine).run(PLAN)


def test_the_time_between_two_kernels_is_no_time_that_the_run_took(
    journal: Journal,
) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    begun = [type(each) for each in run.history].index(e.TaskStarted)
    created = run.history[0]
    assert isinstance(created, e.RunCreated)
    long_ago = "20200101-000000-00000000"
    with journal.begin(long_ago) as ledger:
        cut = [replace(created, run=long_ago), *run.history[1 : begun + 1]]
        ledger.write([encode(replace(each, at=1.0 + n)) for n, each in enumerate(cut)])
    back = team.load_run(long_ago)
    assert back.state.ran == 1.0


def test_a_goal_whose_planning_was_cut_off_is_planned_again(journal: Journal) -> None:
    tasks = [{"id": "a", "description": "do a", "agent": "x"}]
    plan = Plan.from_dict({"tasks": tasks, "goal": "a goal"}, agents=["x"])
    model = ScriptedModel(lambda request: plan if request.response_format else "answer")
    team = Orchestrator([agent_of(worked)], model=model)
    run = team.start("a goal").wait()
    begun = [type(each) for each in run.history].index(e.RunPlanned)
    other = "20260101-000000-00000000"
    created = run.history[0]
    assert isinstance(created, e.RunCreated)
    with journal.begin(other) as ledger:
        cut = [e.RunCreated(created.at, other, created.plan), *run.history[1:begun]]
        ledger.write([encode(each) for each in cut])
    back = team.load_run(other)
    assert back.reason == "its kernel ended while its goal was planned"
    assert back.resume().result == run.result


IMPOSSIBLE: dict[str, list[e.Event]] = {
    "no beginning": [e.RunStarted(1.0)],
    "no such task": [CREATED, e.RunStarted(1.0), e.TaskStarted(1.0, "z", 1, "x")],
    "completed before it began": [CREATED, e.TaskCompleted(1.0, "a", 1, "x")],
    "two beginnings": [CREATED, CREATED],
    "calls of nobody": [CREATED, e.ModelAsked(1.0, "a", 1, "m", (), simulated=True)],
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_have_happened_is_refused_in_words(
    name: str, journal: Journal
) -> None:
    with journal.begin("forged") as ledger:
        ledger.write([encode(each) for each in IMPOSSIBLE[name]])
    for load in (load_run, Orchestrator([agent_of(worked)]).load_run):
        with pytest.raises(JournalError, match="cannot have happened"):
            load("forged")


def test_a_run_whose_first_record_fails_is_no_run(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)

    def full(*_: Any, **__: Any) -> None:
        raise JournalWriteError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("nbagents.journal.store.store", full)
        with pytest.warns(UserWarning, match="not recorded: the disk is full"):
            assert team.run(PLAN).success
        with pytest.raises(JournalWriteError):
            run.fork()
    assert [each.id for each in runs()] == [run.id]
    assert team.load_run().id == run.id


@pytest.mark.parametrize("through", ["the run", "a fork", "the kernel", "the journal"])
def test_a_goal_that_was_cancelled_while_it_was_planned_is_planned(
    through: str, journal: Journal
) -> None:
    plan = Plan([Task("a", "do a", "x")], goal="a goal")
    first = threading.Event()

    def answer(request: ScriptedRequest) -> Any:
        if request.response_format and not first.is_set():
            first.set()
            background.post(run.cancel)
            return ScriptedReply("too late", delay=5)
        return plan if request.response_format else "answer"

    team = Orchestrator([agent_of(worked)], model=ScriptedModel(answer))
    run = team.start("a goal")
    run.wait()
    assert run.status == "cancelled"
    if through == "the journal":
        let_go(run)
    ways: dict[str, Callable[[], Run]] = {
        "the run": lambda: run,
        "a fork": run.fork,
        "the kernel": team.load_run,
        "the journal": team.load_run,
    }
    assert ways[through]().resume().result == "answer"


def tuples(task: str, context: Any) -> Any:
    assert not any(isinstance(value, Unstored) for value in context.values())
    return ("a", "tuple") if task.startswith("do a") else f"{task}: {len(context)}"


def test_no_agent_gets_what_only_stands_for_a_result(journal: Journal) -> None:
    team = Orchestrator([agent_of(tuples)])
    run = team.run(plan_of(z=[], a=["z"], b=["a"]))
    let_go(run)
    back = team.load_run()
    back.resume()
    back.rewind("a")
    assert back["a"].status == "completed"
    first = next(each for each in back.history if isinstance(each, e.TaskCompleted))
    back.rewind(back.history[back.history.index(first) + 2])
    assert back.resume().success
    assert back["a"].result == ("a", "tuple")


def test_a_stale_result_that_was_not_stored_is_not_kept(journal: Journal) -> None:
    team = Orchestrator([agent_of(tuples)])
    run = team.run(plan_of(z=[], a=["z"], b=["a"]))
    run.edit("z", result="other").cancel()
    let_go(run)
    back = team.load_run()
    back.edit("z", result="do z: 0").resume()
    assert back["a"].result == ("a", "tuple")
    assert back.success


def test_a_correction_that_was_not_stored_is_spoken_of(journal: Journal) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN).edit("a", result=("my", "correction"))
    let_go(run)
    back = team.load_run()
    assert "what you gave 'a' by hand was not stored: give it again" in back.reason


def test_going_back_after_a_load_does_not_mix_agents(journal: Journal) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    let_go(run)
    new = Orchestrator([agent_of(lambda task, context: f"new {len(context)}")])
    back = new.load_run().resume()
    first = next(each for each in back.history if isinstance(each, e.TaskCompleted))
    back.rewind(first)
    assert "a" in back.stale
    assert "agent 'x' has changed since" in back.reason
    assert set(back.resume().partial_results.values()) == {"new 0", "new 1", "new 2"}


def test_an_agent_that_counts_in_a_global_is_the_same_agent(journal: Journal) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    cell = "n = 0\ndef f(task, context):\n  global n\n  n += 1\n  return task\n"
    exec(cell, names)
    run = Orchestrator([agent_of(names["f"])]).run(PLAN)
    run.edit("a", description="other").edit("a", description="do a").resume()
    assert Counter(executed(run)) == dict.fromkeys("abcd", 1)
    let_go(run)
    exec(cell, names)
    back = Orchestrator([agent_of(names["f"])]).load_run()
    assert (back.status, back.stale) == ("completed", set())


def test_what_could_not_be_written_is_written_when_the_disk_has_room(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("nbagents.engine.flow._LONG", 0.01)
    run = Orchestrator([agent_of(worked)]).debug(plan_of(a=[]))
    failing = Failing(run, monkeypatch, *range(3, 99))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run.resume()
    assert run.status == "completed"
    failing.numbers.clear()
    while run._engine.books.is_behind:
        time.sleep(0.005)
    assert replay(on_disk(journal, run)) == run.state
    caplog.clear()


def test_runs_that_rest_hold_no_file_open(journal: Journal) -> None:
    team = Orchestrator([agent_of(worked)])
    run = team.run(PLAN)
    before = psutil.Process().num_fds()
    held = [run.fork() for _ in range(5)] + [team.debug(PLAN) for _ in range(5)]
    assert psutil.Process().num_fds() <= before
    for each in held:
        let_go(each)
    held = [team.load_run(each.id) for each in held]
    assert psutil.Process().num_fds() <= before
