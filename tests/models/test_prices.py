"""What a call costs: published prices, the price of a script, and what nobody knows."""

import sys
from typing import Any

import pytest

from models.fake_server import Say, completion, serving
from nbagents import reporting
from nbagents.models import ChatModel, ScriptedModel, ScriptedReply, prices, resolve
from nbagents.models.answer import Usage
from nbagents.models.server import OpenAIServer

HELLO = [{"role": "user", "content": "hello"}]
MILLIONS = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
GPT_4O = 2.50 + 10.00  # US dollars for a million tokens in, and a million out
KEY = "sk-test-0123456789abcdef"


class Listener(reporting.Reporter):
    """Keeps the costs it is told of."""

    def __init__(self) -> None:
        self.costs: list[float | None] = []

    def answered(self, *_: Any, cost: float | None = None) -> None:
        self.costs.append(cost)


@pytest.fixture
def costs() -> Any:
    heard = Listener()
    token = reporting.current.set(heard)
    yield heard.costs
    reporting.current.reset(token)


def ready(model: Any, **options: Any) -> ChatModel:
    found = resolve(model, api_key=KEY, **options)
    assert found is not None
    return found


# --- published prices ---

PUBLISHED = {
    "at OpenAI": ("gpt-4o", None, GPT_4O),
    "by its dated name": ("gpt-4o-2024-08-06", None, GPT_4O),
    "at OpenAI by address": ("gpt-4o", "https://api.openai.com/v1", GPT_4O),
    "with a password": ("gpt-4o", "https://me:pw@api.openai.com:443/v1", GPT_4O),
    "in capitals": ("gpt-4o", "https://API.OpenAI.com/v1", GPT_4O),
    "at Azure": ("gpt-4o", "https://me.openai.azure.com/openai/v1", GPT_4O),
    "as OpenRouter calls it": (
        "openai/gpt-4o",
        "https://openrouter.ai/api/v1",
        GPT_4O,
    ),
    "by name at a gateway": ("gpt-4o", "https://llm.example.com/v1", GPT_4O),
    "an unknown model": ("gpt-x", None, None),
    "unknown everywhere": ("gpt-x", "https://llm.example.com/v1", None),
    "a model of somebody else": ("gpt-4o", "https://api.groq.com/openai/v1", None),
    "paid by the month": ("gpt-4o", "https://api.githubcopilot.com", None),
    "localhost": ("gpt-4o", "http://localhost:11434/v1", None),
    "loopback": ("gpt-4o", "http://127.0.0.1:8000/v1", None),
    "loopback in IPv6": ("gpt-4o", "http://[::1]:8000/v1", None),
    "a private network": ("gpt-4o", "http://192.168.1.7:8000/v1", None),
    "a neighbour": ("gpt-4o", "http://gpu-box:8000/v1", None),
    "from a container": ("gpt-4o", "http://host.docker.internal:8000/v1", None),
}


@pytest.mark.parametrize("model, address, cost", PUBLISHED.values(), ids=PUBLISHED)
def test_a_price_is_that_of_the_model_at_its_server(
    model: str, address: str | None, cost: float | None
):
    assert prices.published(MILLIONS, [model], address) == cost


def test_the_most_exact_name_that_is_known_counts():
    assert prices.published(MILLIONS, ["gpt-x", "gpt-4o"], None) == GPT_4O
    cheap = prices.published(MILLIONS, ["gpt-4o-mini", "gpt-4o"], None)
    assert cheap is not None
    assert cheap < GPT_4O


USED = {
    "no input": (Usage(output_tokens=5), None),
    "no output": (Usage(input_tokens=5), None),
    "nothing told": (Usage(), None),
    "nothing used": (Usage(input_tokens=0, output_tokens=0), 0.0),
    "from the cache": (
        Usage(input_tokens=1_000, output_tokens=100, cached_tokens=600),
        (400 * 2.50 + 600 * 1.25 + 100 * 10.00) / 1_000_000,
    ),
    "nothing cached": (
        Usage(input_tokens=1_000, output_tokens=100, cached_tokens=0),
        (1_000 * 2.50 + 100 * 10.00) / 1_000_000,
    ),
    "more cached than sent": (
        Usage(input_tokens=10, output_tokens=1, cached_tokens=11),
        None,
    ),
}


@pytest.mark.parametrize("used, cost", USED.values(), ids=USED)
def test_tokens_that_are_not_told_are_not_guessed(used: Usage, cost: float | None):
    assert prices.published(used, ["gpt-4o"], None) == pytest.approx(cost)


# --- from the answer of a server ---


@pytest.fixture
def at_openai(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let calls to OpenAI be answered here."""
    from openai import AsyncOpenAI

    def connect(url: str) -> None:
        def client(self: OpenAIServer) -> AsyncOpenAI:
            return AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0)

        monkeypatch.setattr(OpenAIServer, "client", client)

    return connect


SENT = {
    "as ever": ({}, 7 * 2.50 + 3 * 10.00),
    "cached": (
        {"prompt_tokens_details": {"cached_tokens": 4}},
        3 * 2.5 + 4 * 1.25 + 30,
    ),
    "odd details": ({"prompt_tokens_details": "none"}, 7 * 2.50 + 3 * 10.00),
    "no input told": ({"prompt_tokens": None}, None),
}


@pytest.mark.parametrize("usage, millionths", SENT.values(), ids=SENT)
async def test_an_answer_is_reported_with_what_it_cost(
    at_openai: Any,
    costs: list[float | None],
    usage: dict[str, Any],
    millionths: float | None,
):
    body = completion()
    body["usage"].update(usage)
    with serving(Say(body=body)) as server:
        at_openai(server.url)
        await ready("gpt-4o").chat(HELLO)
    expected = None if millionths is None else millionths / 1_000_000
    assert costs == [pytest.approx(expected)]


async def test_the_model_that_answered_is_paid_not_the_one_that_was_asked(
    at_openai: Any, costs: list[float | None]
):
    with serving(Say(body={**completion(), "model": "gpt-4o-2024-08-06"})) as server:
        at_openai(server.url)
        await ready("gpt-x").chat(HELLO)
    assert costs == [pytest.approx((7 * 2.50 + 3 * 10.00) / 1_000_000)]


async def test_a_server_on_this_machine_has_no_known_price(
    costs: list[float | None],
):
    with serving(Say(body={**completion(), "model": "gpt-4o"})) as server:
        await ready("gpt-4o", base_url=server.url).chat(HELLO)
    assert costs == [None]


@pytest.mark.parametrize("broken", [None, object()], ids=["missing", "changed"])
async def test_a_broken_list_of_prices_costs_no_answer(
    at_openai: Any,
    costs: list[float | None],
    monkeypatch: pytest.MonkeyPatch,
    broken: Any,
):
    with serving(Say(body=completion())) as server:
        at_openai(server.url)
        monkeypatch.setitem(sys.modules, "genai_prices", broken)
        assert (await ready("gpt-4o").chat(HELLO)).text == "hello"
    assert costs == [None]


# --- a scripted model ---

PRICES = {
    "without a price": (None, 0.0),
    "for nothing": ((0, 0), 0.0),
    "input only": ((2, 0), 0.002),
    "both": ((2.5, 10.0), 0.0025 + 0.001),
}


@pytest.mark.parametrize("price, cost", PRICES.values(), ids=PRICES)
async def test_a_scripted_model_costs_what_it_says(
    costs: list[float | None], price: Any, cost: float
):
    reply = ScriptedReply(text="yes", input_tokens=1_000, output_tokens=100)
    await ready(ScriptedModel(lambda request: reply, price=price)).chat(HELLO)
    assert costs == [pytest.approx(cost)]


async def test_the_name_of_a_scripted_model_has_no_price(costs: list[float | None]):
    await ready(ScriptedModel(lambda request: "yes", "gpt-4o")).chat(HELLO)
    assert costs == [0.0]


@pytest.mark.parametrize(
    "price",
    [(1,), (1, 2, 3), (-1, 2), (1, float("nan")), (float("inf"), 1), 3, "12", ("1", 2)],
)
def test_what_is_no_price_is_refused_with_what_is_one(price: Any):
    with pytest.raises(ValueError, match="two numbers from 0 up") as caught:
        ScriptedModel(lambda request: "yes", price=price)
    assert "price=(2.5, 10.0)" in caught.value.__notes__[0]
