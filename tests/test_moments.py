"""Looking back: a run as it was after a task or an event."""

from typing import Any

import pytest

from nbagents import Orchestrator, Run, RunStateError, UnknownTaskError
from nbagents.engine.events import RunStarted
from teams import agent_of, plan_of


def stepped(*steps: str) -> Run:
    def execute(task: str, context: dict[str, Any]) -> str:
        if "bad" in task:
            message = "no"
            raise ValueError(message)
        return task

    plan = plan_of(a=[], b=["a"], bad=["a"], after=["bad"])
    run = Orchestrator([agent_of(execute)]).debug(plan)
    for step in steps:
        run.step(step)
    return run


def statuses(view: Any) -> list[str]:
    return [str(task.status) for task in view.tasks]


def test_a_moment_shows_everything_as_it_was_when_a_task_ended() -> None:
    run = stepped("a", "b", "bad")
    then = run.at("a")
    assert statuses(then) == ["completed", "pending", "pending", "pending"]
    assert then.status == "running"
    assert then["a"].result == "do a"
    assert then["b"].result is None
    assert statuses(run.at("bad")) == ["completed", "completed", "failed", "pending"]
    assert statuses(run.at("after"))[-1] == "skipped"
    assert statuses(run) == ["completed", "completed", "failed", "skipped"]


def test_every_event_is_a_moment_and_the_last_one_is_now() -> None:
    run = stepped("a", "b", "bad")
    for event in run.history:
        assert run.at(event).event == event
    assert run.at(run.history[-1]).state == run.state


def test_a_moment_is_drawn_like_a_run() -> None:
    then = stepped("a", "b").at("a")
    assert "1 of 4 tasks" in repr(then)
    assert "text/html" in then._repr_mimebundle_()
    assert then.to_svg().startswith("<svg")


def test_what_is_no_moment_of_this_run_is_refused() -> None:
    run = stepped("a")
    with pytest.raises(RunStateError, match="task 'b' has not ended yet"):
        run.at("b")
    with pytest.raises(UnknownTaskError, match="Did you mean 'after'"):
        run.at("aftr")
    with pytest.raises(ValueError, match="did not happen in this run"):
        run.at(RunStarted(1.0))
    with pytest.raises(TypeError, match="the id of a task or an event"):
        run.at(3)  # type: ignore[arg-type]
