"""Clients of openai that an agent uses: whom they ask counts, not that they did."""

from typing import Any

import openai
import pytest

from models.fake_server import Say, completion, events, serving, streamed
from nbagents.digests import fingerprint

HELLO: Any = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def agent_with(client: Any) -> Any:
    def ask(task: str, context: Any) -> Any:
        return client.chat.completions.create(**HELLO)

    return ask


def mark(client: Any) -> str:
    return fingerprint(agent_with(client)).digest


def test_a_client_that_was_used_makes_no_other_agent() -> None:
    answers = Say(body=completion()), events(streamed("hel", "lo"))
    with (
        serving(*answers) as server,
        openai.OpenAI(api_key="k", base_url=server.url) as client,
    ):
        before = mark(client)
        client.chat.completions.create(**HELLO)
        assert [*client.chat.completions.create(**HELLO, stream=True)]
        assert mark(client) == before
        assert mark(client.with_options(max_retries=client.max_retries)) == before


async def test_neither_does_an_async_one() -> None:
    with serving(Say(body=completion())) as server:
        async with openai.AsyncOpenAI(api_key="k", base_url=server.url) as client:
            before = mark(client)
            await client.chat.completions.create(**HELLO)
            assert mark(client) == before


@pytest.mark.parametrize(
    "other",
    [
        {"base_url": "http://127.0.0.1:2/v1"},
        {"max_retries": 0},
        {"timeout": 3},
        {"organization": "else"},
        {"default_headers": {"x": "y"}},
        {"default_query": {"x": "y"}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_one_that_asks_in_another_way_makes_another_agent(other: Any) -> None:
    given: Any = {"api_key": "k", "base_url": "http://127.0.0.1:1/v1"}
    with openai.OpenAI(**given) as one, openai.OpenAI(**{**given, **other}) as another:
        assert mark(one) != mark(another)


async def test_a_client_of_another_kind_makes_another_agent() -> None:
    given: Any = {"api_key": "k", "base_url": "http://127.0.0.1:1/v1"}
    with openai.OpenAI(**given) as one:
        async with openai.AsyncOpenAI(**given) as other:
            assert mark(one) != mark(other)
