"""An agent that goes round in circles is cut, and sampling on purpose is not."""

from collections.abc import Callable
from typing import Any

import pytest

from nbagents import Agent, Limits, Orchestrator, RepeatedCallError, Run
from nbagents.reporting import current
from teams import agent_of, plan_of


def ask(word: str, *, answered: bool = True, **parameters: Any) -> None:
    reporter = current.get()
    messages = [{"role": "user", "content": word}]
    reporter.asked("mine", messages, simulated=False, parameters=parameters)
    if answered:
        reporter.answered("mine", 1, 1, 0.1, cost=0.0)


def run_of(work: Callable[[], None], **limits: Any) -> Run:
    def execute(task: str, context: dict[str, Any]) -> str:
        work()
        return task

    team = Orchestrator([agent_of(execute)], limits=Limits(**limits))
    return team.run(plan_of(a=[], b=["a"]))


def same(times: int) -> Callable[[], None]:
    return lambda: [ask("again") for _ in range(times)] and None


def test_the_same_question_three_times_in_a_row_is_let_through() -> None:
    assert run_of(same(3)).status == "completed"


def test_once_more_fails_the_attempt_and_says_what_it_did() -> None:
    run = run_of(same(100))
    assert (run.status, run["a"].status) == ("failed", "failed")
    assert "asked 'mine' the same thing 4 times in a row" in str(run["a"].error)
    assert run.state.spent.calls == 3
    assert isinstance(run["a"].error.exception, RepeatedCallError)
    assert "repeats=None" in run["a"].error.exception.__notes__[0]


def test_an_isolated_agent_is_cut_too() -> None:
    def circles(task: str, context: dict[str, Any]) -> None:
        while True:
            ask("again")

    agent = Agent("x", "Is x", circles, isolate="process")
    run = Orchestrator([agent]).run(plan_of(a=[]))
    assert "4 times in a row" in str(run["a"].error)


@pytest.mark.parametrize("repeats, times", [(None, 50), (10, 10), (1, 1)])
def test_how_often_can_be_said(repeats: int | None, times: int) -> None:
    assert run_of(same(times), repeats=repeats).status == "completed"
    if repeats is not None:
        assert run_of(same(times + 1), repeats=repeats).status == "failed"


def test_what_differs_in_anything_is_another_question() -> None:
    def work() -> None:
        for n in range(10):
            ask("again", seed=n)
        for n in range(10):
            ask(f"question {n}")

    assert run_of(work).status == "completed"


def test_answers_asked_for_side_by_side_are_not_a_circle() -> None:
    def sample() -> None:
        for _ in range(10):
            ask("again", answered=False)
        for _ in range(10):
            current.get().answered("mine", 1, 1, 0.1, cost=0.0)

    assert run_of(sample).status == "completed"


def test_a_question_that_was_not_answered_may_be_asked_again() -> None:
    def unlucky() -> None:
        for _ in range(10):
            ask("again", answered=False)
        ask("again")

    assert run_of(unlucky).status == "completed"


def test_another_attempt_begins_afresh() -> None:
    assert run_of(same(3)).retry("a").resume().status == "completed"


def test_a_limit_on_repeats_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limits(repeats=0)
