import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from display.runs import HOSTILE, START, Run, mixed, plan, wide
from nbagents.display import frames
from nbagents.display.painter import INTERVAL, REPEAT, Painter
from nbagents.display.source import look_at
from nbagents.engine import events as e
from nbagents.engine.breakpoints import Breakpoint
from nbagents.engine.failure import Failure
from nbagents.engine.lifecycle import TaskStatus
from nbagents.engine.limits import Limits
from nbagents.engine.record import TaskState
from nbagents.graph import Plan


@dataclass
class Timer:
    at: float
    callback: Callable[[], None]

    def cancel(self) -> None:
        self.callback = lambda: None


@dataclass
class Clock:
    """A loop's timers, and a clock that the test moves."""

    now: float = 100.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + delay, callback))
        return self.timers[-1]

    def move(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted(
            (t for t in self.timers if t.at <= end), key=lambda t: t.at
        ):
            self.timers.remove(due[0])
            self.now = max(self.now, due[0].at)
            due[0].callback()
        self.now = end


class Watched:
    """A run, its painter, and the frames that came out."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.clock = Clock()
        self.frames: list[tuple[str, frames.Frame]] = []
        self.painter = Painter(
            run, lambda *frame: self.frames.append(frame), lambda: self.clock
        )
        run.subscribe(self.painter)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.frames]

    def seen(self) -> dict[int, list]:
        """Return the records as a browser has them, which merges what comes."""
        records: dict[int, list] = {}
        for kind, frame in self.frames:
            if kind == "snapshot":
                records.clear()
            records.update(frame["tasks"])
        return records


def truth(run: Run) -> dict[int, str]:
    return {
        n: run.state.tasks[task.id].status
        for n, task in enumerate(run.state.plan)
        if run.state.tasks[task.id] != TaskState()
    }


def statuses(records: dict[int, list]) -> dict[int, str]:
    return {n: frames.STATUSES[record[0]] for n, record in records.items()}


def test_what_happens_in_one_moment_is_one_frame_of_what_changed():
    watched = Watched(Run(wide(100)).start())
    watched.run.begin("t1")
    watched.run.complete("t2")
    watched.run.say("t1", "half way", 0.5)
    assert watched.frames == []
    watched.clock.move(0)
    [(kind, frame)] = watched.frames
    assert kind == "patch"
    assert sorted(frame["tasks"]) == [1, 2]
    assert frame["tasks"][1][3:8] == [0.5, "half way", 0, 1, None]


def test_frames_are_no_more_than_twenty_a_second():
    watched = Watched(Run(wide(100)).start())
    for n in range(100):
        watched.run.begin(f"t{n}")
        watched.clock.move(0.01)
    assert watched.kinds().count("patch") <= 1.0 / INTERVAL + 1
    watched.clock.move(INTERVAL)
    assert statuses(watched.seen()) == truth(watched.run)


def test_the_whole_state_follows_every_few_seconds_while_things_change():
    watched = Watched(Run(wide(100)).start())
    for n in range(100):
        watched.run.begin(f"t{n}")
        watched.clock.move(0.1)
    assert 3 <= watched.kinds().count("snapshot") <= 10 / REPEAT


def test_nothing_is_sent_while_nothing_happens():
    watched = Watched(Run(plan("a")).start())
    watched.run.begin("a")
    watched.clock.move(REPEAT + 1)
    sent = len(watched.frames)
    watched.clock.move(1000)
    assert len(watched.frames) == sent
    assert watched.clock.timers == []


def test_the_end_is_told_at_once_and_once_more_in_case_it_was_lost():
    watched = Watched(Run(plan("a")).start())
    watched.run.complete("a")
    watched.run.end()
    assert watched.kinds() == ["snapshot"]
    assert watched.frames[0][1]["run"]["status"] == "completed"
    watched.clock.move(1000)
    assert watched.kinds() == ["snapshot", "snapshot"]


def test_a_run_that_goes_on_after_its_end_is_followed_again():
    watched = Watched(Run(plan("a", "b")).start())
    watched.run.complete("a")
    watched.run.emit(e.RunPaused(START + 1, "you paused it"))
    assert watched.frames[-1][1]["run"]["reason"] == "you paused it"
    watched.clock.move(1000)
    watched.run.emit(e.RunStarted(START + 2))
    watched.run.complete("b")
    watched.clock.move(INTERVAL)
    assert watched.kinds()[-2:] == ["snapshot", "patch"]
    watched.run.end()
    watched.clock.move(INTERVAL)
    assert watched.frames[-1][1]["run"]["status"] == "completed"
    assert statuses(watched.seen()) == truth(watched.run)


def test_frames_are_numbered_upwards_and_snapshots_on_demand_do_not_count():
    watched = Watched(Run(wide(50)).start())
    for n in range(20):
        watched.run.begin(f"t{n}")
        watched.clock.move(0.3)
        watched.painter.snapshot()
    numbers = [frame["number"] for _, frame in watched.frames]
    assert numbers == list(range(1, len(numbers) + 1))
    assert watched.painter.snapshot()["number"] == numbers[-1]


def test_a_view_that_fails_costs_the_frame_and_not_the_run(caplog):
    run = Run(plan("a", "b")).start()
    clock = Clock()
    sent = []

    def send(kind, frame):
        if not sent:
            sent.append("lost")
            raise OSError("no browser")
        sent.append(kind)

    run.subscribe(Painter(run, send, lambda: clock))
    run.complete("a")
    clock.move(1)
    run.complete("b")
    run.end()
    assert sent == ["lost", "snapshot"]
    assert "a frame of the live view was lost" in caplog.text


def test_a_plan_that_arrives_later_gives_the_records_their_places():
    watched = Watched(Run(Plan(goal="Something")))
    watched.run.start()
    assert watched.frames[-1][1]["run"]["planning"] is True
    watched.run.emit(e.RunPlanned(START, plan("a", "b<a")))
    watched.clock.move(INTERVAL)
    assert watched.frames[-1][1]["run"]["planning"] is False
    watched.run.complete("a")
    watched.run.begin("b")
    watched.clock.move(INTERVAL)
    assert sorted(watched.frames[-1][1]["tasks"]) == [0, 1]


def test_the_words_of_an_earlier_attempt_are_not_shown_for_the_next():
    run = Run(plan("a")).start()
    run.begin("a")
    run.say("a", "almost there", 0.9)
    run.emit(e.TaskInterrupted(START + 1, "a", 1))
    run.begin("a", attempt=2)
    record = frames.record(run.state.tasks["a"], run.progress["a"], START + 2)
    assert record[3:8] == [None, "", 0, 2, None]


@pytest.mark.parametrize(
    "fraction, sent",
    [(0.25, 0.25), (-1, 0), (7, 1), (None, None), (math.nan, None), (math.inf, None)],
)
def test_only_a_fraction_travels_as_a_fraction(fraction, sent):
    run = Run(plan("a")).start()
    run.begin("a")
    run.say("a", "", fraction)
    record = frames.record(run.state.tasks["a"], run.progress["a"], START)
    assert record[3] == sent


@pytest.mark.parametrize("text", [*HOSTILE, "漢" * 500, "🦊" * 500, '"\\' * 500])
def test_a_changed_task_takes_at_most_200_bytes(text):
    run = Run(plan(*(f"t{n}" for n in range(8)))).start()
    for n in range(4):
        run.begin(f"t{n}", at=-123_456.789)
        run.say(f"t{n}", text, 1 / 3)
    run.fail("t4", ValueError(text))
    run.complete("t5", text)
    run.begin("t6")
    run.emit(e.TaskRetried(START, "t6", 1, Failure.of(ValueError(text)), 123_456.789))
    for n, task in enumerate(run.state.plan):
        record = frames.record(run.state.tasks[task.id], run.progress.get(task.id), 2e9)
        assert len(_wire({99_000 + n: record})) <= 200


def test_a_task_that_waits_says_how_long_and_after_which_error():
    run = Run(plan("a")).start()
    run.begin("a")
    error = Failure.of(ConnectionError("the line is dead"))
    run.emit(e.TaskRetried(START + 1, "a", 1, error, 3.0))
    task = run.state.tasks["a"]
    assert frames.record(task, None, START + 1.5)[4:8] == [
        "ConnectionError: the line is dead",
        0,
        1,
        2.5,
    ]
    assert frames.record(task, None, START + 99)[7] == 0
    run.begin("a", attempt=2, at=4)
    assert frames.record(run.state.tasks["a"], None, START + 5)[6:8] == [2, None]


def test_a_snapshot_says_what_may_be_done_and_what_is_used_of_limits():
    run = Run(plan("a"))
    said = frames.snapshot(look_at(run), 1)["run"]
    assert said["can"]["resume"] == ""
    assert "cannot pause" in said["can"]["pause"]
    assert said["left"] is None
    run.start().emit(e.LimitsChanged(START, Limits(tasks=5)))
    said = frames.snapshot(look_at(run), 1)["run"]
    assert "cannot resume" in said["can"]["resume"]
    assert said["can"]["pause"] == ""
    assert said["limits"] == ["attempts 0 of 5"]


def test_a_running_run_says_how_long_it_will_take():
    run = Run(plan("a", "b<a")).start()
    run.complete("a", at=3)
    assert frames.snapshot(look_at(run, now=START + 3), 1)["run"]["left"] == 3


def test_breakpoints_are_told_by_place_and_others_in_words():
    points = [
        Breakpoint(at="a"),
        Breakpoint(at="worker", when="failure"),
        Breakpoint(when="failure"),
        *[Breakpoint(when="after", condition=bool)] * 40,
    ]
    marks = frames.marks(plan("a", "b"), points)
    assert marks["tasks"] == {0: ["before", "failure"], 1: ["failure"]}
    assert marks["others"][0] == "any failure"
    assert marks["others"][-1] == "21 more"


def test_a_breakpoint_changes_the_marks_and_nothing_else():
    watched = Watched(Run(plan("a", "b")))
    for _ in range(1000):
        watched.run.mark(Breakpoint(at="b"))
    watched.clock.move(0)
    assert watched.frames == [("marks", {"tasks": {1: ["before"]}, "others": []})]


def test_a_new_plan_has_its_marks_at_their_new_places():
    watched = Watched(Run(plan("b")))
    watched.run.mark(Breakpoint(at="b"))
    watched.clock.move(1)
    watched.run.emit(e.PlanEdited(START, plan("a", "b<a")))
    watched.clock.move(1)
    assert ("marks", {"tasks": {1: ["before"]}, "others": []}) in watched.frames


def test_whole_states_are_no_more_than_twenty_a_second():
    watched = Watched(Run(plan("a")))
    for _ in range(50):
        watched.run.start().emit(e.RunPaused(START, "again"))
        watched.clock.move(0.01)
    assert len(watched.frames) <= 0.5 / INTERVAL + 1


def test_a_frame_for_one_task_is_small():
    watched = Watched(mixed())
    watched.run.complete("going", "done with it")
    watched.clock.move(0)
    assert len(_wire(watched.frames[0][1])) < 100


def test_a_snapshot_leaves_out_what_has_not_begun():
    run = Run(wide(2000)).start()
    run.begin("t7")
    snapshot = frames.snapshot(look_at(run), 1)
    assert list(snapshot["tasks"]) == [7]
    assert len(_wire(snapshot)) < 500


def test_a_picture_names_the_box_of_every_task():
    plans = plan("a", "b<a"), wide(400)
    small, large = (frames.picture(look_at(each), 1) for each in plans)
    assert small["tasks"] == [("a", "worker", 0), ("b", "worker", 1)]
    assert (small["folded"], large["folded"]) == (False, True)
    assert {box for _, _, box in large["tasks"]} == set(range(10))


def test_a_picture_says_what_each_task_needs_and_which_picture_it_is():
    picture = frames.picture(look_at(plan("a", "b<a", "c<a,b")), 3)
    assert picture["version"] == 3
    assert picture["needs"] == [[], [0], [0, 1]]


def test_the_states_travel_in_the_order_that_records_use():
    names = [look["name"] for look in frames.looks()["tasks"]]
    assert names == list(TaskStatus)
    # static/live.js names the first four by number.
    assert names[:4] == ["pending", "running", "completed", "failed"]


def _wire(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def test_who_has_taken_over_is_told() -> None:
    task = TaskState(TaskStatus.COMPLETED, by="backup")
    assert frames.record(task, None, START)[8] == "backup"
    assert frames.record(TaskState(), None, START)[8] is None
