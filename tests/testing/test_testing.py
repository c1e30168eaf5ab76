"""nbagents.testing: what other people's tests are written with."""

import asyncio
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

import nbagents
import nbagents.testing
from models.page import check
from nbagents import (
    Agent,
    ModelError,
    ModelNotConfiguredError,
    Orchestrator,
    Plan,
    Task,
)
from nbagents.testing import (
    ScriptedError,
    ScriptedModel,
    ScriptedReply,
    ScriptedRequest,
    SpyModel,
    in_turn,
)

PLAN = Plan([Task("t", "Do it", "a")])
HELLO: Any = [{"role": "user", "content": "hello"}]


def run_of(model: Any, **options: Any) -> Any:
    agent = Agent.llm("a", "Does it", **options)
    return Orchestrator([agent], model=model, journal=None).run(PLAN)


def test_the_page_shows_what_it_says():
    assert check("testing.md") == 6


def test_what_is_public_is_sorted_explained_and_on_the_page():
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
    names = nbagents.testing.__all__
    assert names == sorted(names)
    for name in names:
        assert getattr(nbagents.testing, name).__doc__
        if name != "ScriptedRequest":
            assert name in page


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "error, words, status, wait",
    [
        (ScriptedError("slow", status=429, retry_after=3), "too many", 429, 3),
        (ScriptedError(), "failed on its side", 500, None),
        (ScriptedError("no", status=401), "did not accept the key", 401, None),
        (
            ScriptedError("long", status=400, code="context_length_exceeded"),
            "longer than model",
            400,
            None,
        ),
    ],
)
def test_an_error_is_that_of_a_server(
    error: ScriptedError, words: str, status: int, wait: Any, stream: bool
):
    failed = run_of(SpyModel({"": error}), stream=stream)["t"].error.exception
    assert isinstance(failed, ModelError)
    assert words in str(failed)
    assert (failed.status_code, failed.retry_after) == (status, wait)


def test_a_function_may_raise_it():
    def answer(request: ScriptedRequest) -> str:
        raise ScriptedError("no", status=403)

    assert "HTTP 403" in str(run_of(ScriptedModel(answer))["t"].error)


@pytest.mark.parametrize("status", [200, 600, "500", True, None])
def test_a_status_that_is_no_error_is_refused(status: Any):
    with pytest.raises(ValueError, match="status must be one of an error"):
        ScriptedError(status=status)


def test_an_error_travels_with_all_that_it_says():
    error = ScriptedError("slow", status=429, code="c", retry_after=1.5)
    again = pickle.loads(pickle.dumps(error))
    assert again.digest_parts() == error.digest_parts() == ("slow", 429, "c", 1.5)


@pytest.mark.parametrize("stream", [True, False])
def test_a_broken_answer_may_be_mended_by_a_retry(stream: bool):
    broken = ScriptedReply(text="half of it", broken=True)
    run = run_of(SpyModel(in_turn(broken, "whole")), stream=stream, retry=2)
    assert run["t"].result == "whole"
    assert len(run["t"].attempts) == 2


def test_a_spy_remembers_what_it_was_asked():
    spy = SpyModel("yes")
    run_of(spy, temperature=0)
    (request,) = spy.requests
    assert "Do it" in request.prompt
    assert spy.prompts == [request.prompt]


def test_answers_take_turns_and_need_one():
    answer = in_turn("a", "b")
    nothing = ScriptedRequest(messages=())
    assert [answer(nothing) for _ in range(3)] == ["a", "b", "b"]
    with pytest.raises(ValueError, match="at least one"):
        in_turn()


def test_offline_a_real_model_is_not_reached(offline: None):
    agent = Agent.llm("a", "Does it", model="gpt-4o")
    with pytest.raises(ModelNotConfiguredError, match="there is no key"):
        Orchestrator([agent], journal=None).run(PLAN)


def test_offline_holds_for_those_who_bring_a_key(offline: None):
    agent = Agent.llm("a", "Does it")
    team = Orchestrator([agent], model="gpt-4o", api_key="sk-0123456", journal=None)
    assert "this test is offline" in str(team.run(PLAN)["t"].error)
    client = nbagents.client(api_key="sk-0123456", sync=True, max_retries=0)
    with pytest.raises(openai.InternalServerError, match="offline"):
        client.chat.completions.create(model="m", messages=HELLO)
    client.close()


async def test_a_client_of_ones_own_gets_the_errors_as_well():
    async with nbagents.client(SpyModel({"": ScriptedError(status=401)})) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.chat.completions.create(model="m", messages=HELLO)
        assert asyncio.get_running_loop().is_running()


TESTS = """
import nbagents
from nbagents import Agent, Orchestrator, Plan, Task

def test_it(scripted_model, offline):
    model = scripted_model("yes")
    plan = Plan([Task("t", "Do it", "a")])
    run = Orchestrator([Agent.llm("a", "b")], model=model, journal=None).run(plan)
    assert run["t"].result == "yes"
    assert "Do it" in model.prompts[0]
"""


def test_the_plugin_brings_its_fixtures_to_other_test_suites(tmp_path: Path):
    (tmp_path / "conftest.py").write_text(
        'pytest_plugins = ["nbagents.testing.plugin"]\n'
    )
    (tmp_path / "test_theirs.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"OPENAI_API_KEY": "sk-not-to-be-used"},
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_nothing_loads_pytest_but_who_asks_for_it():
    code = "import sys, nbagents, nbagents.testing; assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
