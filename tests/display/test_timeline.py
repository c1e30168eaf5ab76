"""The times of a run, by hand-made runs with exact numbers."""

from hypothesis import given
from hypothesis import strategies as st

from display.runs import START, Run, plan
from nbagents.display.frames import STATUSES
from nbagents.display.source import look_at
from nbagents.display.timeline import timeline
from nbagents.engine import events as e
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.graph import Plan, Task

RUNNING, COMPLETED, FAILED = (
    STATUSES.index(each)
    for each in (TaskStatus.RUNNING, TaskStatus.COMPLETED, TaskStatus.FAILED)
)


def _do(run: Run, id: str, start: float, end: float, attempt: int = 1) -> None:
    run.begin(id, start, attempt)
    run.emit(e.TaskCompleted(START + end, id, attempt, "fine"))


def test_bars_tell_when_a_task_was_ready_and_when_it_was_at_work():
    run = Run(plan("load", "left<load", "right<load", "join<left,right")).start()
    _do(run, "load", 0, 2)
    _do(run, "left", 2, 3)
    _do(run, "right", 2.5, 7)
    _do(run, "join", 7.25, 8)
    run.end(at=8)
    line = timeline(look_at(run, START + 60), slots=1)
    assert line["bars"] == [
        [0, 0.0, [[0, 2, COMPLETED, "worker"]]],
        [1, 2, [[2, 3, COMPLETED, "worker"]]],
        [2, 2, [[2.5, 7, COMPLETED, "worker"]]],
        [3, 7, [[7.25, 8, COMPLETED, "worker"]]],
    ]
    assert (line["start"], line["end"], line["now"]) == (0, 8, False)
    assert line["critical"] == [0, 2, 3]
    assert line["slots"] == 1


def test_a_failed_attempt_and_its_retry_are_bars_of_their_own():
    run = Run(plan("a", "b<a")).start()
    run.begin("a")
    run.emit(e.TaskRetried(START + 1, "a", 1, Failure.of(ValueError("x")), 2.0))
    run.begin("a", 3, 2)
    line = timeline(look_at(run, START + 5))
    assert line["bars"] == [
        [0, 0.0, [[0, 1, FAILED, "worker"], [3, None, RUNNING, "worker"]]]
    ]
    assert (line["end"], line["now"], line["critical"]) == (5, True, [0])


def test_a_task_that_could_start_and_has_not_is_a_bar_without_attempts():
    run = Run(plan("a", "b", "c<a")).start()
    run.begin("a")
    assert timeline(look_at(run, START + 2))["bars"][1:] == [[1, 0.0, []]]


def test_a_run_that_has_not_started_has_no_times():
    line = timeline(look_at(Run(plan("a")), START))
    assert line == {
        "start": 0,
        "end": 0.0,
        "now": False,
        "bars": [],
        "critical": [],
        "slots": None,
    }


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0.01, 3)), min_size=1, max_size=25)
)
def test_on_a_chain_everything_adds_up(spans):
    tasks = [
        Task(f"t{n}", "", "x", [f"t{n - 1}"] if n else []) for n in range(len(spans))
    ]
    run, at = Run(Plan(tasks)).start(), 0.0
    for n, (wait, work) in enumerate(spans):
        _do(run, f"t{n}", at + wait, at + wait + work)
        at += wait + work
    run.end(at=at)
    line = timeline(look_at(run, START + at))
    worked = sum(to - start for _, _, tries in line["bars"] for start, to, *_ in tries)
    first = line["bars"][0][2][0][0]
    waited = sum(tries[0][0] - ready for _, ready, tries in line["bars"])
    assert line["critical"] == list(range(len(spans)))
    assert abs(worked + waited - line["end"]) < 0.01 * len(spans)
    assert first >= 0
