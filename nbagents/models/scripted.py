"""A model made of rules or a function: for lessons and tests without a key.

What a user writes is here; `transport` serves it through the real openai client,
so all code between an agent and the wire is the code that a real model uses.
"""

import inspect
import json
import math
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from nbagents.errors import ModelError, ModelNotConfiguredError
from nbagents.graph import Plan
from nbagents.models import fence
from nbagents.models.scripted_error import ScriptedError
from nbagents.redaction import Discreet, clipped, redacted

Pattern = str | re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedRequest(Discreet):
    """What a scripted model is asked.

    Attributes:
        messages: The conversation, as sent.
        model: Name of the model that was asked for.
        response_format: The form the answer must have; `None` for free text.
        tools: The tools that may be called, as openai sends them.
    """

    messages: tuple[Mapping[str, Any], ...]
    model: str = ""
    response_format: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()

    @property
    def system(self) -> str:
        """Text of the system messages; empty when there are none."""
        return "\n\n".join(map(_text, self._of_role("system")))

    @property
    def prompt(self) -> str:
        """Text of the last user message; empty when there is none."""
        return _text(_last(self._of_role("user")))

    @property
    def results(self) -> dict[str, str]:
        """The results of earlier tasks in the prompt, as text, by id of the task."""
        return fence.unfence(self.prompt)

    @property
    def returned(self) -> list[str]:
        """What the tools returned that were called since the last user message."""
        last = max(
            (n for n, each in enumerate(self.messages) if each.get("role") == "user"),
            default=-1,
        )
        since = self.messages[last + 1 :]
        return [_text(each) for each in since if each.get("role") == "tool"]

    @property
    def images(self) -> list[bytes]:
        """The pictures and files in the last user message."""
        content = _last(self._of_role("user")).get("content")
        parts: list[Any] = content if isinstance(content, list) else []
        urls = [(each.get("image_url") or {}).get("url") for each in parts]
        files = [(each.get("file") or {}).get("file_data") for each in parts]
        return [b64decode(each.partition(",")[2]) for each in (*urls, *files) if each]

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON schema of the answer; `None` when the request has none."""
        return ((self.response_format or {}).get("json_schema") or {}).get("schema")

    def _of_role(self, role: str) -> list[Mapping[str, Any]]:
        return [message for message in self.messages if message.get("role") == role]


@dataclass(frozen=True, slots=True)
class ScriptedReply(Discreet):
    """An answer with more to it than its text.

    Attributes:
        text: What the model says.
        finish_reason: Why it stopped: `"stop"`, `"length"`, `"content_filter"`.
        refusal: What it says instead of an answer; `None` when it answers.
        input_tokens: `None` counts them.
        output_tokens: `None` counts them.
        chunks: The pieces in which the text comes where it is streamed, instead of
            `text`; `None` makes pieces of the words, if there is time between them.
        delay: Seconds until it comes, besides those of its model.
        calls: Tools that the model calls, as pairs of a name and of its arguments: a
            dict, or text as a model may get it wrong.
        images: Pictures that the model makes, as the bytes of PNG files.
        broken: Whether the connection breaks before the end.
    """

    text: str = ""
    _: KW_ONLY
    finish_reason: str = "stop"
    refusal: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    images: Sequence[bytes] = field(default=(), repr=False)
    broken: bool = False

    def __post_init__(self) -> None:
        if self.chunks is not None:
            object.__setattr__(self, "text", "".join(self.chunks))


Reply = str | Plan | ScriptedReply | ScriptedError | Mapping[str, Any] | list[Any]
Answering = Callable[[ScriptedRequest], Reply | Awaitable[Reply]]
Rules = (
    Mapping[str, Reply | Answering]  # so that a dict of texts is one
    | Mapping[Pattern, Reply | Answering]
    | Iterable[tuple[Pattern, Reply | Answering]]
)


class ScriptedModel:
    """A stand-in for a language model that needs no key and no network.

    It answers by a function of yours, or by rules; views say that it is
    simulated.

    Args:
        answer: A function, plain or async, from a `ScriptedRequest` to the
            answer: text, a `Plan`, a dict or list (sent as JSON), a
            `ScriptedReply`, or a `ScriptedError` of `nbagents.testing`. Or rules, as a
            dict or as pairs `(pattern, answer)`: the first pattern found in the last
            user message answers, with such a function or such a value. A pattern is a
            text or a compiled regular expression; what is fenced as data is not
            searched. A plain function should return at once: while it runs, no other
            task can.
        name: What views call it, beside "(simulated)".
        delay: Seconds each answer takes, so that a run can be watched.
        price: US dollars for a million input tokens and for a million output
            tokens, for lessons about cost; `None`: it costs nothing.

    Raises:
        ModelNotConfiguredError: `answer` is neither a function nor rules.
        ValueError: `price` is not two finite numbers from 0 up.

    Example:
        >>> ScriptedModel({"plan": {"tasks": []}, "summary": "Sales rose."})
        ScriptedModel('scripted')
    """

    def __init__(
        self,
        answer: Answering | Rules,
        name: str = "scripted",
        *,
        delay: float = 0.0,
        price: tuple[float, float] | None = None,
    ) -> None:
        self.name = name
        self.delay = delay
        self.price = None if price is None else _price(price)
        self._rules: list[tuple[Pattern, Reply | Answering]] = _rules(answer)

    async def reply(self, request: ScriptedRequest) -> ScriptedReply:
        """Return what the script answers to `request`, at once.

        How long that is to take is `pause_of` the reply.

        Raises:
            ModelError: No rule matches, its function failed, or gave no answer.
        """
        answer = self._find(request)
        if callable(answer):
            answer = await self._call(answer, request)
        return _as_reply(answer, self.name)

    def pause_of(self, reply: ScriptedReply) -> float:
        """Return how many seconds `reply` is to take."""
        return self.delay + reply.delay

    async def _call(self, function: Answering, request: ScriptedRequest) -> Reply:
        try:
            answer = function(request)
            return await answer if inspect.isawaitable(answer) else answer
        except (ModelError, ScriptedError):
            raise
        except Exception as error:
            message = f"the scripted model '{self.name}' failed: {error!r}"
            raise ModelError(message) from error

    def _find(self, request: ScriptedRequest) -> Reply | Answering:
        asked = fence.outside(request.prompt)
        for pattern, answer in self._rules:
            if pattern in asked if isinstance(pattern, str) else pattern.search(asked):
                return answer
        start = " ".join(redacted(request.prompt).split())[:200]
        known = ", ".join(repr(_source(pattern)) for pattern, _ in self._rules)
        raise ModelError(
            f"the scripted model '{self.name}' has no rule for the request "
            f"{start!r} (its patterns: {known or 'none'})"
        ).with_note("Add a rule; one with the pattern '' answers everything.")

    def digest_parts(self) -> tuple[Any, ...]:
        """Return what makes it answer otherwise."""
        return self.name, self._rules

    def __repr__(self) -> str:
        return f"ScriptedModel({self.name!r})"


def tokens(text: str) -> int:
    """Return about how many tokens `text` is: a quarter of its characters, up.

    Source: OpenAI's rule of thumb for English, "1 token is about 4 characters".
    """
    return -(-len(text) // 4)


def _text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whether it is one text or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content)


def _last(messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return messages[-1] if messages else {}


def _price(given: Any) -> tuple[float, float]:
    pair = given if isinstance(given, tuple | list) else ()
    amounts = [
        each for each in pair if isinstance(each, int | float) and 0 <= each < math.inf
    ]
    if len(pair) != 2 or len(amounts) != 2:  # noqa: PLR2004
        error = ValueError(
            "price must be two numbers from 0 up, US dollars for a million input and "
            f"a million output tokens, not {clipped(given, 80)}"
        )
        error.add_note("Try: ScriptedModel(..., price=(2.5, 10.0))")
        raise error
    return float(amounts[0]), float(amounts[1])


def _rules(answer: Any) -> list[tuple[Pattern, Any]]:
    if callable(answer):
        return [("", answer)]
    if isinstance(answer, str | bytes | Plan) or not isinstance(answer, Iterable):
        raise _not_rules(f"not {type(answer).__name__}")
    rules = list(answer.items() if isinstance(answer, Mapping) else answer)
    for rule in rules:
        pair = isinstance(rule, tuple | list) and len(rule) == 2  # noqa: PLR2004
        if not (pair and isinstance(rule[0], str | re.Pattern)):
            raise _not_rules(f"and this is no such pair: {clipped(rule, 80)}")
    return [(pattern, reply) for pattern, reply in rules]


def _not_rules(but: str) -> ModelNotConfiguredError:
    return ModelNotConfiguredError(
        "a scripted model needs a function from request to answer, or rules as "
        f"pairs (pattern, answer), {but}"
    ).with_note('Try: ScriptedModel(lambda request: "hello")')


def _as_reply(answer: Any, name: str) -> ScriptedReply:
    if isinstance(answer, ScriptedError):
        raise answer
    if isinstance(answer, ScriptedReply):
        return answer
    if isinstance(answer, str):
        return ScriptedReply(text=answer)
    if isinstance(answer, Plan):
        answer = answer.to_dict()
    if isinstance(answer, Mapping | list):
        return ScriptedReply(text=json.dumps(answer, ensure_ascii=False))
    message = (
        f"the scripted model '{name}' must answer with text, a Plan, a dict, a list "
        f"or a ScriptedReply, not {type(answer).__name__}"
    )
    raise ModelError(message).with_note("Does its function return on every path?")


def _source(pattern: Pattern) -> str:
    return pattern if isinstance(pattern, str) else pattern.pattern
