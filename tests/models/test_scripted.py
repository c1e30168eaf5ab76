"""A scripted model answers through the real client, and says that it is simulated."""

import asyncio
import json
import re
import subprocess
import sys
import time
import traceback
from typing import Any

import pytest

from nbagents import reporting
from nbagents.errors import ModelAnswerError, ModelError, ModelNotConfiguredError
from nbagents.graph import Plan, Task
from nbagents.models import (
    ChatModel,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    fence,
    resolve,
)

PLAN = Plan([Task("a", "Do it", "writer")], goal="all of it")


def ready(answer: Any, **options: Any) -> ChatModel:
    model = resolve(ScriptedModel(answer, **options))
    assert model is not None
    return model


async def say(model: ChatModel, prompt: str, **parameters: Any) -> str:
    messages = [{"role": "user", "content": prompt}]
    return (await model.chat(messages, **parameters)).text


async def test_it_is_served_through_the_real_client(monkeypatch: pytest.MonkeyPatch):
    from openai import AsyncOpenAI

    model = ready(lambda request: "eight chr")
    seen: list[Any] = []
    complete = model._complete

    async def look(*args: Any) -> Any:
        seen.append(await complete(*args))
        return seen[-1]

    monkeypatch.setattr(model, "_complete", look)
    answer = await model.chat([{"role": "user", "content": "12345678"}])
    assert type(seen[0]).__name__ == "ChatCompletion"
    assert (seen[0].usage.prompt_tokens, seen[0].usage.completion_tokens) == (2, 3)
    assert (answer.input_tokens, answer.output_tokens) == (2, 3)
    assert isinstance(model._server.client(), AsyncOpenAI)


async def test_views_see_that_it_is_simulated():
    told: list[Any] = []

    class Listener(reporting.Reporter):
        def asked(
            self, model: str, messages: Any, *, simulated: bool, parameters: Any = None
        ) -> None:
            told.append((model, simulated))

    token = reporting.current.set(Listener())
    await say(ready(lambda request: "yes", name="teacher"), "hello")
    reporting.current.reset(token)
    assert told == [("teacher (simulated)", True)]


def test_a_name_is_simulated_whatever_it_is():
    model = ready(lambda request: "yes", name="gpt-4o")
    assert model.name == "gpt-4o (simulated)"
    assert model.simulated
    assert "scripted" in repr(model)


async def test_it_needs_neither_key_nor_network():
    model = ready(lambda request: "yes")
    model.check()
    assert await say(model, "hello") == "yes"


async def test_proxies_and_settings_of_the_machine_do_not_reach_it(
    monkeypatch: pytest.MonkeyPatch,
):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert await say(ready(lambda request: "yes"), "hello") == "yes"


def test_it_works_in_a_plain_script():
    code = (
        "import asyncio\n"
        "from nbagents.models import ScriptedModel, resolve\n"
        "model = resolve(ScriptedModel(lambda request: request.prompt.upper()))\n"
        "async def main():\n"
        "    return await model.chat([{'role': 'user', 'content': 'hello'}])\n"
        "for _ in range(2):\n"
        "    assert asyncio.run(main()).text == 'HELLO'\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# --- answers ---


async def later(request: ScriptedRequest) -> str:
    await asyncio.sleep(0)
    return "later"


ANSWERS = {
    "a text": (lambda request: "text", "text"),
    "a text that takes a while": (later, "later"),
    "a dict": (lambda request: {"a": "ä"}, '{"a": "ä"}'),
    "a list": (lambda request: [1], "[1]"),
    "a plan": (lambda request: PLAN, json.dumps(PLAN.to_dict())),
    "a full reply": (lambda request: ScriptedReply(text="full"), "full"),
    "a rule": ({"hello": "by rule"}, "by rule"),
    "a pair": ([("hello", "by pair")], "by pair"),
    "a pattern": ([(re.compile("h.l+o"), lambda request: "found")], "found"),
    "the first": ([("bye", "no"), ("hello", "1st"), ("hello", "2nd")], "1st"),
    "a plan by rule": ({"hello": PLAN}, json.dumps(PLAN.to_dict())),
    "a function by rule": ({"hello": later}, "later"),
    "a rule for all": ({"": "anything"}, "anything"),
}


@pytest.mark.parametrize("answer, text", ANSWERS.values(), ids=ANSWERS)
async def test_answers_may_take_many_forms(answer: Any, text: str):
    assert await say(ready(answer), "well, hello there") == text


async def test_a_reply_can_be_cut_off_refused_and_counted():
    cut = ready(lambda request: ScriptedReply(text="ha", finish_reason="length"))
    with pytest.raises(ModelAnswerError, match="cut off"):
        await say(cut, "hello")
    refused = ready(lambda request: ScriptedReply(refusal="I would rather not"))
    with pytest.raises(ModelAnswerError, match="I would rather not"):
        await say(refused, "hello")
    counted = ScriptedReply(text="yes", input_tokens=1_000, output_tokens=0)
    answer = await ready(lambda r: counted).chat([{"role": "user", "content": "x"}])
    assert (answer.input_tokens, answer.output_tokens) == (1_000, 0)


async def test_the_delay_is_waited_for_without_stopping_others():
    model = ready(lambda request: "yes", delay=0.2)
    began = time.perf_counter()
    await asyncio.gather(*(say(model, "hello") for _ in range(5)))
    assert 0.2 <= time.perf_counter() - began < 0.8


# --- requests ---


async def test_the_request_tells_all_that_was_asked():
    asked: list[ScriptedRequest] = []
    schema = {"type": "object"}
    model = ready(lambda request: asked.append(request) or "yes")
    results = fence.fence({"trends": "up", "chart": "<Figure>"})
    parts = [{"type": "text", "text": "Write."}, {"type": "text", "text": results}]
    await model.chat(
        [
            {"role": "system", "content": "You write."},
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": None},
            {"role": "user", "content": parts},
        ],
        response_format={"type": "json_schema", "json_schema": {"schema": schema}},
    )
    request = asked[0]
    assert request.system == "You write."
    assert request.prompt == f"Write.\n{results}"
    assert request.results == {"trends": "up", "chart": "<Figure>"}
    assert request.schema == schema
    assert request.model == "scripted (simulated)"
    assert len(request.messages) == 4


def test_an_empty_request_has_empty_parts():
    request = ScriptedRequest(messages=())
    assert (request.system, request.prompt, request.results) == ("", "", {})
    assert request.schema is None
    for form in ({}, {"type": "json_object"}, {"json_schema": None}):
        assert ScriptedRequest(messages=(), response_format=form).schema is None


async def test_rules_do_not_match_what_is_fenced_as_data():
    model = ready([("summary", "wrong"), ("chart", "right")])
    prompt = "Make a chart.\n\n" + fence.fence({"notes": "the summary of it"})
    assert await say(model, prompt) == "right"


# --- mistakes in a script ---


async def test_a_request_without_a_rule_is_shown_with_the_patterns():
    model = ready([("plan", "x"), (re.compile("sum+ary"), "y")])
    with pytest.raises(ModelError) as caught:
        await say(model, "Draw the\nchart " + "x" * 1_000)
    assert "'Draw the chart xxx" in str(caught.value)
    assert "'plan', 'sum+ary'" in str(caught.value)
    assert len(str(caught.value)) < 400


async def test_its_own_error_shows_and_is_not_tried_again():
    calls: list[int] = []

    def broken(request: ScriptedRequest) -> str:
        calls.append(1)
        return str(1 / 0)

    with pytest.raises(ModelError, match=r"ZeroDivisionError") as caught:
        await say(ready(broken), "hello")
    assert len(calls) == 1
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    shown = "".join(traceback.format_exception(caught.value))
    assert "return str(1 / 0)" in shown
    assert "httpx2" not in shown


async def test_a_model_error_of_its_own_stays_as_it_is():
    mine = ModelError("mine", status_code=429)

    def limited(request: ScriptedRequest) -> str:
        raise mine

    with pytest.raises(ModelError) as caught:
        await say(ready(limited), "hello")
    assert caught.value is mine


async def test_a_timeout_of_its_own_is_not_taken_for_the_deadline():
    def slow(request: ScriptedRequest) -> str:
        raise TimeoutError("mine")

    with pytest.raises(ModelError, match=r"TimeoutError\('mine'\)"):
        await say(ready(slow), "hello")


@pytest.mark.parametrize("nothing", [None, 3, object()])
async def test_a_function_that_answers_nothing_is_told_so(nothing: Any):
    with pytest.raises(ModelError, match="must answer with text"):
        await say(ready(lambda request: nothing), "hello")


def test_it_shows_its_name():
    assert repr(ScriptedModel({"": "yes"}, "teacher")) == "ScriptedModel('teacher')"


@pytest.mark.parametrize(
    "answer", ["text", b"bytes", 3, None, PLAN, [("a",)], ["ab"], [(1, "x")], {1: "x"}]
)
def test_what_is_no_script_is_refused(answer: Any):
    with pytest.raises(ModelNotConfiguredError, match="function from request"):
        ScriptedModel(answer)
