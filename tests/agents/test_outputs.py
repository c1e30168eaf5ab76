"""Answers of a type: what is asked for, what is taken, and what is told."""

import dataclasses
import datetime as dt
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from nbagents import (
    Agent,
    AgentError,
    ModelAnswerError,
    Orchestrator,
    Plan,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    Task,
)
from nbagents.engine import events as e

PLAN = Plan([Task("t", "Do it", "a")])


class Trend(BaseModel):
    """Where it goes."""

    direction: Literal["up", "down"]
    percent: float = Field(description="Of the year before", default=0.0)
    default: str = "as it was"
    since: dt.date | None = None

    @field_validator("percent")
    @classmethod
    def is_small(cls, value: float) -> float:
        if value > 100:
            raise ValueError("more than 100 is a mistake")
        return value


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Saying:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[ScriptedRequest] = []

    def __call__(self, request: ScriptedRequest) -> Any:
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


def run_of(model: Any, output: Any, **options: Any) -> Any:
    agent = Agent.llm("a", "Does it", output=output, **options)
    team = Orchestrator([agent], model=ScriptedModel(model), journal=None)
    return team.run(PLAN)


def result_of(model: Any, output: Any, **options: Any) -> Any:
    run = run_of(model, output, **options)
    assert run["t"].status == "completed", run["t"].error
    return run["t"].result


def test_the_result_is_the_checked_data_of_the_type():
    saying = Saying({"direction": "up", "percent": "3", "since": "2026-01-02"})
    result = result_of(saying, Trend)
    assert result == {
        "direction": "up",
        "percent": 3.0,
        "default": "as it was",
        "since": "2026-01-02",
    }
    assert Trend.model_validate(result).since == dt.date(2026, 1, 2)


def test_the_schema_is_sent_as_strict_as_servers_want_it_and_said_in_words():
    saying = Saying({"direction": "up"})
    result_of(saying, Trend)
    (request,) = saying.requests
    schema = request.schema
    assert schema is not None
    assert schema["required"] == ["direction", "percent", "default", "since"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["percent"]["description"] == "Of the year before"
    assert "default" not in schema["properties"]["percent"]
    assert "JSON" in request.system
    assert '"direction"' in request.system


@pytest.mark.parametrize(
    "output, said, result",
    [
        (list[str], {"value": ["a", "b"]}, ["a", "b"]),
        (list[str], ["a"], ["a"]),
        (int, {"value": 3}, 3),
        (Point, {"x": 1}, {"x": 1, "y": 0}),
        (list[Point], {"value": [{"x": 1, "y": 2}]}, [{"x": 1, "y": 2}]),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Point, 'Here:\n```json\n{"x": 1}\n```\nThat is it.', {"x": 1, "y": 0}),
        (Point, 'It is {"x": 1}, I think.', {"x": 1, "y": 0}),
        (Point, '<think>{"x": 0}</think>{"x": 1}', {"x": 1, "y": 0}),
    ],
)
def test_other_types_are_read_from_what_models_make_of_them(
    output: Any, said: Any, result: Any
):
    assert (
        result_of({"": json.dumps(said) if type(said) is list else said}, output)
        == result
    )


def test_what_does_not_fit_goes_back_once_with_what_is_wrong():
    saying = Saying({"direction": "sideways", "percent": 300}, {"direction": "up"})
    assert result_of(saying, Trend)["direction"] == "up"
    first, second = saying.requests
    assert len(second.messages) == len(first.messages) + 2
    assert "direction: Input should be 'up' or 'down'" in second.prompt
    assert "more than 100 is a mistake" in second.prompt


def test_what_does_not_fit_twice_is_an_error_that_says_where():
    saying = Saying("no idea", {"direction": "sideways"})
    run = run_of(saying, Trend)
    assert len(saying.requests) == 2
    error = run["t"].error.exception
    assert isinstance(error, ModelAnswerError)
    assert (error.reason, error.retryable) == ("invalid", True)
    assert "did not answer with a Trend: direction:" in str(error)
    assert "sideways" in error.text


def test_tools_may_be_called_before_such_an_answer():
    def add(a: int, b: int) -> int:
        return a + b

    saying = Saying(ScriptedReply(calls=[("add", {"a": 1, "b": 2})]), {"x": 3})
    assert result_of(saying, Point, tools=[add]) == {"x": 3, "y": 0}


@pytest.mark.parametrize("output", [object(), lambda x: x, "Trend", json])
def test_what_is_no_type_of_data_is_refused_at_once(output: Any):
    with pytest.raises(AgentError, match="agent 'a' cannot answer with"):
        Agent.llm("a", "Does it", output=output)


def test_an_agent_that_answers_otherwise_is_another_agent():
    def digest(output: Any, said: Any) -> Any:
        run = run_of({"": said}, output)
        return next(x.digest for x in run.history if isinstance(x, e.TaskStarted))

    assert digest(Point, {"x": 1}) == digest(Point, {"x": 1})
    others = [
        digest(Point, {"x": 1}),
        digest(dict[str, int], {"x": 1}),
        digest(None, "x"),
    ]
    assert len(set(others)) == 3
