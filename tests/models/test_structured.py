"""JSON is asked for as strictly as the server can, and no stricter."""

from dataclasses import dataclass
from typing import Any

import pytest

from models.fake_server import Say, completion, failure, serving
from nbagents.errors import ModelAnswerError, ModelError
from nbagents.models import ChatModel, resolve
from nbagents.models.structured import structured

SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
ASK = [{"role": "user", "content": "some JSON"}]


def model_at(url: str) -> ChatModel:
    model = resolve("local", base_url=url)
    assert model is not None
    return model


def way(request: dict[str, Any]) -> str:
    return request.get("response_format", {"type": "text"})["type"]


async def ask(model: ChatModel) -> str:
    return (await structured(model, ASK, name="thing", schema=SCHEMA)).text


@dataclass(frozen=True)
class Case:
    name: str
    rejects: set[str]
    status: int
    ways: list[str]


CASES = [
    Case("knows schemas", set(), 400, ["json_schema"]),
    Case("knows JSON", {"json_schema"}, 400, ["json_schema", "json_object"]),
    Case(
        "knows text only, as FastAPI says it",
        {"json_schema", "json_object"},
        422,
        ["json_schema", "json_object", "text"],
    ),
    Case(
        "knows schemas and text, not JSON",
        {"json_object"},
        400,
        ["json_schema"],
    ),
    Case("breaks on schemas", {"json_schema"}, 500, ["json_schema", "json_object"]),
    Case("has not built it", {"json_schema"}, 501, ["json_schema", "json_object"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_steps_down_to_what_the_server_knows_and_remembers(case: Case):
    def answer(request: dict[str, Any]) -> Say:
        if way(request) in case.rejects:
            return failure(case.status, "response_format is not supported")
        return Say(body=completion("{}"))

    with serving(answer) as server:
        model = model_at(server.url)
        assert await ask(model) == "{}"
        assert [way(request) for request in server.requests] == case.ways
        assert await ask(model) == "{}"
    assert way(server.requests[-1]) == case.ways[-1]
    assert len(server.requests) == len(case.ways) + 1


async def test_the_schema_is_sent_as_strict():
    with serving(Say(body=completion("{}"))) as server:
        await ask(model_at(server.url))
    assert server.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "thing", "strict": True, "schema": SCHEMA},
    }


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_what_another_format_would_not_mend_is_raised_at_once(status: int):
    with serving(failure(status, "no")) as server, pytest.raises(ModelError) as caught:
        await ask(model_at(server.url))
    assert caught.value.status_code == status
    assert len(server.requests) == 1


async def test_a_request_that_is_wrong_in_any_format_raises_the_last_error():
    def answer(request: dict[str, Any]) -> Say:
        return failure(400, f"too long, also as {way(request)}")

    with serving(answer) as server:
        model = model_at(server.url)
        with pytest.raises(ModelError, match="also as text"):
            await ask(model)
        assert model.format_level == 0


async def test_an_unusable_answer_is_no_reason_to_step_down():
    def answer(request: dict[str, Any]) -> Say:
        if way(request) == "json_schema":
            return failure(400, "no")
        return Say(body=completion('{"a', finish_reason="length"))

    with serving(answer) as server:
        model = model_at(server.url)
        for _ in range(2):
            with pytest.raises(ModelAnswerError):
                await ask(model)
    assert list(map(way, server.requests)) == ["json_schema"] + 2 * ["json_object"]
