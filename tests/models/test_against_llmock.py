"""The same calls against a mock server that somebody else wrote."""

import asyncio
from typing import Any

import pytest

from nbagents.errors import ModelError
from nbagents.models import ChatModel, resolve

HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def model(llmock: Any) -> ChatModel:
    model = resolve("gpt-4o", base_url=llmock.base_url("openai"), deadline=5)
    assert model is not None
    return model


async def ask(model: ChatModel) -> Any:
    async with asyncio.timeout(10):
        return await model.chat(HELLO)


async def test_an_answer_has_text_and_tokens(model: ChatModel):
    answer = await ask(model)
    assert answer.text
    assert answer.input_tokens
    assert answer.output_tokens


async def test_a_rate_limit_that_passes_is_waited_for(model: ChatModel, llmock: Any):
    llmock.rate_limit(times=2, retry_after=0.05)
    assert (await ask(model)).text
    llmock.assert_resilient()


async def test_an_outage_ends_in_an_error(model: ChatModel, llmock: Any):
    llmock.outage()
    with pytest.raises(ModelError, match="failed on its side") as caught:
        await ask(model)
    assert caught.value.status_code == 503
