"""Results and errors whose methods raise what is no `Exception`: a run always ends."""

from pathlib import Path
from typing import Any

import pytest

from nbagents import Agent, Orchestrator, Plan, Retry, Task


class Bare(BaseException):
    """What is caught by no `except Exception`."""


class BadReprError(ValueError):
    """An error that cannot be told."""

    def __repr__(self) -> str:
        raise Bare

    def __str__(self) -> str:
        raise Bare


def boom(*_: object) -> Any:
    raise Bare


class Items(dict):
    items = __iter__ = __len__ = __repr__ = boom


class Lines(list):
    __iter__ = __len__ = __repr__ = boom


class Words(str):
    __slots__ = ()
    __str__ = __repr__ = __len__ = boom


class Number(int):
    __repr__ = __str__ = __index__ = boom


class Thing:
    __iter__ = __repr__ = __str__ = __eq__ = __reduce_ex__ = boom
    __hash__ = None  # type: ignore[assignment]


class Closed:
    """Nothing can be asked of it, not even its class."""

    __getattribute__ = boom


KINDS = [Items, Lines, Words, Number, Thing]
PLAN = Plan([Task("a", "make it", "maker"), Task("b", "use it", "user", ["a"])])


@pytest.mark.parametrize("wrap", ["{}", "[{}]", "{{'a': {}}}"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_async", [False, True])
def test_a_result_whose_methods_raise_is_a_result(
    kind: type, wrap: str, is_async: bool, tmp_path: Path
) -> None:
    value = eval(wrap.format("kind()"), {"kind": kind})

    async def waits(task: str, context: Any) -> Any:
        return value

    def works(task: str, context: Any) -> Any:
        return value

    maker = Agent("maker", "Makes it", waits if is_async else works)
    user = Agent("user", "Uses it", lambda task, context: "used")
    run = Orchestrator([maker, user], journal=tmp_path / "runs").start(PLAN)
    run.wait(timeout=20)
    assert [task.status for task in run.tasks] == ["completed", "completed"]
    assert run["a"].result is value
    assert run["b"].result == "used"
    assert run.trace[0]["success"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_task_is_made_from_may_raise_when_it_is_stepped(kind: type) -> None:
    run = Orchestrator(
        {"maker": lambda task, context: kind(), "user": lambda task, context: "used"}
    ).debug(PLAN)
    run.step()
    run.step()
    assert run["b"].result == "used"
    run.retry("a")
    run.resume()
    assert run.status == "completed"


def test_what_answers_no_question_at_all_is_at_worst_the_failure_of_its_task() -> None:
    team = {"maker": lambda *_: Closed(), "user": lambda *_: "used"}
    run = Orchestrator(team).start(PLAN)
    run.wait(timeout=20)
    assert run.status == "failed"
    assert "Bare" in str(run["a"].error)


def test_an_error_that_cannot_be_told_is_the_failure_of_its_task(
    tmp_path: Path,
) -> None:
    def fail(task: str, context: Any) -> Any:
        raise BadReprError

    team = Orchestrator([Agent("fail", "Fails", fail)], journal=tmp_path / "runs")
    run = team.start(Plan([Task("a", "", "fail")]))
    run.wait(timeout=20)
    assert run.status == "failed"
    assert "BadReprError" in str(run["a"].error)


def test_what_says_whether_to_try_again_may_raise_anything() -> None:
    def fail(task: str, context: Any) -> Any:
        raise ValueError("no")

    def broken(error: BaseException) -> bool:
        raise BadReprError

    agent = Agent("fail", "Fails", fail, retry=Retry(attempts=3, on=broken))
    run = Orchestrator([agent], journal=None).start(Plan([Task("a", "", "fail")]))
    run.wait(timeout=20)
    assert run.status == "failed"
    assert len(run["a"].attempts) == 1


@pytest.mark.parametrize("error", [Bare, BadReprError])
def test_a_condition_that_raises_anything_holds_the_run(
    error: type[BaseException],
) -> None:
    def broken(task: Any) -> bool:
        raise error

    team = {"maker": lambda *_: "made", "user": lambda *_: "used"}
    run = Orchestrator(team).debug(PLAN)
    run.break_when(broken)
    run.resume()
    assert run.status == "paused"
    assert "broken failed at 'a'" in run.reason
